"""Reports of queries: what is read of them, what is refused and in which words, what is said before they run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from reference.small import HOURS, records, small_dataset, small_project
from reference.small_plans import HOMES, HOMES_DATA, OF, query_of, sources_of
from reference.stored import Stored

from dsgrid.dimensions.dimension import Dimension
from dsgrid.errors import SpecError
from dsgrid.query.explain import document, explain
from dsgrid.query.fingerprint import fingerprint
from dsgrid.query.jobs import engine_jobs
from dsgrid.query.plan import Plans
from dsgrid.query.planner import plan_results
from dsgrid.query.reports.load import Load
from dsgrid.registry.model import Project
from dsgrid.spec.schemas.report import KINDS
from dsgrid.time.dimension import AnnualTime, RepresentativeTime

TWO_YEARS = small_dataset(OF, "homes", {**HOMES, ("a", "house", "cool", "2021"): (1, 1, 1, 1)})
HEATED = small_dataset(OF, "homes", {**HOMES, ("a", "house", "heat", "2020"): (1, 1, 1, 1)})
SHOPS = small_dataset(OF, "shops", {("a", "flat", "cool", "2020"): (1, 1, 1, 1)})
NO_TABLE = "[result]\ntable = false\n"
GUIDE = Path(__file__).parents[3] / "docs" / "reports.md"


def reported(text: str, *stored: Stored, of: Project = OF) -> Plans:
    """Return the plans of a query, of which reports are a part."""
    query = query_of(text)
    known = stored or (HOMES_DATA,)
    return plan_results(query, of, sources_of(query, *known), [sources_of(one, *known) for one in query.benchmarks])


def report(text: str) -> str:
    return f"[[report]]\n{text}\n"


def refusals(text: str, stored: Sequence[Stored] = (HOMES_DATA,), of: Project = OF) -> list[str]:
    """Return everything that is wrong with a query, without its places in the file."""
    with pytest.raises(SpecError) as caught:
        reported(text, *stored, of=of)
    found = [str(problem) for problem in caught.value.problems]
    assert all(one.startswith("query.toml:") for one in found)
    return [one.partition(": ")[2] for one in found]


def of_time(time: object) -> tuple[Project, tuple[Stored, ...]]:
    """Return a project with another time, and a dataset of the same."""
    of = small_project(time=time)  # type: ignore[arg-type]
    count = {"annual": 1, "representative": 24}.get(time.kind, 4)  # type: ignore[attr-defined]
    return of, (small_dataset(of, "homes", {(place, "house", "cool", "2020"): (1,) * count for place in "abc"}),)


# What is asked -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'kind = "peak_load"\npoints = 3',
            'report[0].points: `points` goes with the kind "load_duration", not with "peak_load"',
        ),
        (
            'kind = "annual_summary"\nperiod = "monthly"',
            'report[0].period: `period` goes with the kind "peak_load" or "load_duration" or "load_factor", not with '
            '"annual_summary"',
        ),
        (
            'kind = "load_factor"\ncoincident_with = []',
            'report[0].coincident_with: `coincident_with` goes with the kind "peak_load", not with "load_factor"',
        ),
        (
            'kind = "calibration"\nby = ["county"]',
            "report[0]: a calibration needs `against`: the datasets that the values are compared with",
        ),
        (
            'kind = "peak_load"\nname = "load"\n[[report]]\nkind = "load_factor"\nname = "Load"',
            'report[1].name: report[0] has the folder "Load" already; give the report another `name`',
        ),
        (
            'kind = "peak_load"\n[results.peak_load]\nstep = [{ by = ["county"] }]',
            'report[0]: the further result "peak_load" has the folder "peak_load" already; give the report another '
            "`name`",
        ),
        (
            'kind = "peak_laod"',
            'report[0].kind: found "peak_laod", expected one of "peak_load", "load_duration", "annual_summary", '
            '"load_factor", "calibration"; did you mean "peak_load"?',
        ),
        ('kind = "load_duration"\npoints = 1', "report[0].points: found the integer 1, expected at least 2"),
        (
            'kind = "calibration"\nagainst = ["homes"]\ntolerance_percent = inf',
            "report[0].tolerance_percent: found inf, expected a number that is finite",
        ),
    ],
)
def test_a_report_has_the_options_of_its_kind_and_a_folder_of_its_own(text: str, message: str) -> None:
    assert refusals(report(text)) == [message]


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (
            "",
            [
                "result.table: table = false leaves nothing to be written; ask for a [[report]], or a further result "
                "in [results]"
            ],
        ),
        (
            'sort = ["county"]\n[[step]]\nby = ["county"]\n[[report]]\nkind = "peak_load"',
            [
                "step[0]: steps make the query's own table, which table = false leaves out",
                "result.sort: `sort` is about the query's own table, which table = false leaves out",
            ],
        ),
    ],
)
def test_a_query_without_a_table_asks_for_something_else_and_nothing_of_the_table(
    text: str, messages: list[str]
) -> None:
    assert refusals(NO_TABLE + text) == messages


# What it is made of --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('by = ["conty"]', 'report[0].by[0]: no dimension "conty" in project small; did you mean "county"?'),
        ('by = ["county", "county"]', 'report[0].by: "county" is there twice'),
        (
            'by = ["county", "daily"]',
            'report[0].by[1]: "daily" is about time, and `by` names the groups; period = "daily" reports for each of '
            "them",
        ),
        ('by = ["hours"]', 'report[0].by[0]: "hours" is about time, and `by` names the groups'),
        ('by = ["hourly"]', 'report[0].by[0]: "hourly" is about time, and `by` names the groups'),
        (
            'by = ["coast"]',
            'report[0].by[0]: "coast" counts 1 records of "county" more than once, such as "b": several of its records '
            "hold them in full; set allow_double_counting = true if that is what is meant",
        ),
        (
            'by = ["county"]\ncoincident_with = ["conty"]',
            'report[0].coincident_with[0]: "conty" is not in `by`, whose columns a system is made by; did you mean '
            '"county"?',
        ),
        (
            'by = ["county"]\nunit = "kg"',
            'report[0].unit: "cool": no conversion from "kWh" to "kg": one is energy, the other mass',
        ),
    ],
)
def test_the_groups_of_a_load_are_known_and_no_times(text: str, message: str) -> None:
    found = refusals(report(f'kind = "peak_load"\n{text}'))
    assert [one for one in found if one == message], found


def test_years_are_summed_only_when_that_is_said_and_a_system_is_of_one_year() -> None:
    text = 'kind = "peak_load"\nby = ["county"]'
    assert refusals(report(text), (TWO_YEARS,)) == [
        'report[0]: "year" has 2 records and is in neither `by` nor `over`; summing model_years needs over = '
        '["model_year"]'
    ]
    assert reported(report(f'{text}\nover = ["model_year"]'), TWO_YEARS).others
    text = 'kind = "peak_load"\nby = ["county", "year"]\ncoincident_with = []'
    assert refusals(report(text), (TWO_YEARS,)) == [
        'report[0].coincident_with: "year" has 2 records, and a system is of one model_year at a time; name it in '
        "`coincident_with`"
    ]


def test_units_are_not_mixed_in_a_group_nor_in_a_system() -> None:
    assert refusals(report('kind = "load_factor"'), (HEATED,)) == [
        'report[0]: summing over "end_use" mixes kWh and MWh; keep "end_use" or set unit = "kWh"'
    ]
    text = 'kind = "peak_load"\nby = ["end_use"]\ncoincident_with = []'
    assert refusals(report(text), (HEATED,)) == [
        'report[0].coincident_with: the sum over "end_use" mixes kWh and MWh; keep "end_use", or set one unit in '
        "[result]"
    ]
    plans = reported(report(f'{text}\nunit = "MWh"'), HEATED)
    assert plans.others[0].shown.axis("metric").units == ("MWh", "MWh")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "calibration"])
def test_what_does_not_add_up_is_no_load(kind: str) -> None:
    metric = Dimension("weather_kind", "metric", "weather_variable", records("temperature", unit=("degC",)))
    of = small_project(metric=metric)
    stored = small_dataset(of, "homes", {(county, "house", "temperature", "2020"): (1, 2, 3, 4) for county in "abc"})
    said = "values of this metric do not add up, so they are no load that could be reported"
    assert refusals(report(f'kind = "{kind}"\nby = ["county"]'), (stored,), of) == [f"report[0].kind: {said}"]
    quotient = 'expression = "homes / homes"\n' + report(f'kind = "{kind}"\nby = ["county", "building"]')
    assert "quotients do not add up" in refusals(quotient)[-1]


@pytest.mark.parametrize("kind", ["peak_load", "load_duration", "load_factor"])
def test_a_load_has_slots_within_a_year(kind: str) -> None:
    of, stored = of_time(AnnualTime("sales", (2018,), "total"))
    text = report(f'kind = "{kind}"\nby = ["county"]')
    assert refusals(text, stored, of) == [
        f"report[0].kind: a {kind.replace('_', ' ')} needs a load with slots within a year, but the time of small is "
        "the years 2018; annual_summary reports on years"
    ]


def test_years_without_hours_are_summed_up_without_a_range_of_loads() -> None:
    of, stored = of_time(AnnualTime("sales", (2018,), "total"))
    plans = reported(report('kind = "annual_summary"\nby = ["county"]'), *stored, of=of)
    assert _columns(plans) == ["county", "annual", "total", "share_of_total", "unit"]


def test_what_is_no_total_has_no_annual_summary_but_a_load_factor() -> None:
    of, stored = of_time(replace(HOURS, measurement="mean"))
    assert refusals(report('kind = "annual_summary"'), stored, of) == [
        'report[0].kind: values of the measurement "mean" do not add up over time, so a year has no total; load_factor '
        "reports their mean and their peak"
    ]
    assert reported(report('kind = "load_factor"'), *stored, of=of).others


def test_of_typical_periods_the_peak_is_reported_and_nothing_that_counts_hours() -> None:
    week = RepresentativeTime(
        "week", ("day_of_week", "hour"), timedelta(hours=1), "-07:00", "period_beginning", "total"
    )
    of = small_project(time=week)
    stored = (small_dataset(of, "homes", {("a", "house", "cool", "2020"): tuple(range(168))}),)
    plans = reported(report('kind = "peak_load"\nperiod = "day_of_week"'), *stored, of=of)
    assert _columns(plans) == ["day_of_week", "hour_of_day", "peak", "ties", "unit"]
    for kind in ("load_duration", "load_factor", "annual_summary"):
        (said,) = refusals(report(f'kind = "{kind}"'), stored, of)
        assert said == (
            "report[0].kind: the time of small is of typical periods, and it is not known how often each occurs; of "
            "those a peak_load can be reported"
        )


def test_loads_on_several_clocks_have_no_coincident_peak() -> None:
    text = '[result]\nzone = "geography"\n' + report('kind = "peak_load"\nby = ["county"]\ncoincident_with = []')
    assert refusals(text) == [
        "report[0].coincident_with: a coincident peak compares loads at one instant, but time is told on the clock of "
        'each geography; give [result] a zone such as "UTC"'
    ]
    assert reported(text.replace("geography", "UTC")).others


def test_a_group_is_not_called_like_a_column_of_the_report() -> None:
    of = replace(OF, base=tuple(replace(one, name="Peak") if one.name == "county" else one for one in OF.base))
    of = replace(of, supplemental=())
    stored = small_dataset(of, "homes", HOMES)
    text = report('kind = "peak_load"\nby = ["Peak"]')
    assert refusals(text, (stored,), of) == ['report[0].by[0]: "Peak" is the name of a column that the report adds']


# Calibrations --------------------------------------------------------------------------------------------------------


def test_a_benchmark_that_has_no_key_in_common_is_refused_with_examples_of_both() -> None:
    other = small_dataset(OF, "shops", {("c", "flat", "cool", "2021"): (1, 1, 1, 1)})
    own = small_dataset(OF, "homes", {("a", "house", "cool", "2020"): (1, 2, 3, 4)})
    text = report('kind = "calibration"\nby = ["county", "year"]\nagainst = ["shops"]')
    assert refusals(text, (own, other)) == [
        f'report[0].against: nothing can be compared: the values have {name} "{one}", the benchmark has "{theirs}"; '
        "keep columns that both have, or bring the benchmark to the same records with a mapping"
        for name, one, theirs in (("county", "a", "c"), ("year", "2020", "2021"))
    ]


def test_a_benchmark_in_other_units_is_refused() -> None:
    own = small_dataset(OF, "homes", {("a", "house", "cool", "2020"): (1, 2, 3, 4)})
    other = small_dataset(OF, "shops", {("a", "house", "heat", "2020"): (1, 2, 3, 4)})
    text = report('kind = "calibration"\nby = ["county"]\nagainst = ["shops"]')
    assert refusals(text, (own, other)) == [
        "report[0].against: the values are in kWh, those of the benchmark in MWh; set `unit`"
    ]
    assert reported(report('kind = "calibration"\nby = ["county"]\nagainst = ["shops"]\nunit = "MWh"'), own, other)


def test_filters_of_a_benchmark_leave_the_values_alone_and_those_of_the_query_the_benchmark() -> None:
    other = small_dataset(OF, "shops", HOMES)
    text = (
        '[[where]]\ndimension = "county"\nequals = "a"\n[[report]]\nkind = "calibration"\nby = ["county"]\n'
        'against = ["shops"]\n[[report.where]]\ndimension = "building"\nequals = "house"\n'
    )
    plan = reported(text, HOMES_DATA, other).others[0]
    assert plan.benchmark is not None
    assert [key for (key,) in plan.shown.axis("geography").keys] == ["a"]
    assert [key for (key,) in plan.benchmark.shown.axis("geography").keys] == ["a", "b", "c"]
    assert plan.sources[0].factor("subsector").base_ids == ("house", "flat")
    assert plan.benchmark.sources[0].factor("subsector").base_ids == ("house",)


# What is said of it --------------------------------------------------------------------------------------------------

EVERY = NO_TABLE + "".join(
    report(f'kind = "{kind}"\nby = ["county"]' + ('\nagainst = ["shops"]' if kind == "calibration" else ""))
    for kind in KINDS
)


def _columns(plans: Plans) -> list[str]:
    return list(document(plans)["results"][1]["columns"])


def test_a_plan_says_of_each_report_what_it_is_of_and_that_there_is_no_table() -> None:
    plans = reported(EVERY, HOMES_DATA, SHOPS)
    said = explain(plans)
    for line in (
        "table       none, as table = false says: reports and further results alone",
        "[[report]] peak_load",
        "report      peak load by county: of 12 loads",
        "report      annual summary by county: of 12 loads",
        "report      calibration by county: 3 values",
        "            against shops@1.0.0: 1 values",
        "  columns   county, hours, peak, ties, unit",
    ):
        assert line in said.splitlines(), said
    assert [one["has_table"] for one in document(plans)["results"]] == [False, True, True, True, True, True]
    assert document(plans)["results"][0]["engine_jobs"] == 0
    assert engine_jobs(plans) == sum(one["engine_jobs"] for one in document(plans)["results"]) + (
        plans.shared is not None
    )


def test_the_load_of_each_slot_is_told_apart_and_a_period_is_known_of_each() -> None:
    plans = reported(report('kind = "peak_load"\nby = ["state"]\nperiod = "daily"'))
    load = Load(plans.others[0])
    assert [str(day) for (day,) in load.periods] == ["2018-06-30", "2018-07-01"]
    assert [number for _, number in sorted(load.period_numbers())] == [0, 0, 1, 1]
    assert load.hours == 1.0


CHANGES = {
    "by": ('by = ["county"]', 'by = ["state"]'),
    "period": ('period = "daily"', 'period = "monthly"'),
    "system": ("coincident_with = []", 'coincident_with = ["county"]'),
    "unit": ('unit = "MWh"', 'unit = "GWh"'),
    "format": ('format = "csv"', 'format = "parquet"'),
    "benchmark": ('against = ["shops"]', 'against = ["homes"]'),
    "filter of the benchmark": ('equals = "a"', 'equals = "b"'),
    "tolerance": ("tolerance_percent = 5", "tolerance_percent = 6"),
    "points": ("points = 5", "points = 6"),
    "kind": ('kind = "load_factor"', 'kind = "annual_summary"'),
    "table": ("table = false", "table = true"),
}
WHOLE = """[result]
table = false
[[report]]
kind = "peak_load"
by = ["county"]
period = "daily"
coincident_with = []
unit = "MWh"
format = "csv"
[[report]]
kind = "load_duration"
points = 5
[[report]]
kind = "load_factor"
name = "third"
[[report]]
kind = "calibration"
against = ["shops"]
tolerance_percent = 5
[[report.where]]
dimension = "county"
equals = "a"
"""


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_changes_in_a_report_makes_another_query_for_the_cache(what: str) -> None:
    old, new = CHANGES[what]
    assert WHOLE.count(old) == 1
    assert fingerprint(query_of(WHOLE)) == fingerprint(query_of(f"# moved\n{WHOLE}"))
    assert fingerprint(query_of(WHOLE)) != fingerprint(query_of(WHOLE.replace(old, new)))


def test_every_kind_and_every_option_is_in_the_guide() -> None:
    text = GUIDE.read_text("utf-8")
    keys = (
        "by",
        "over",
        "period",
        "coincident_with",
        "points",
        "against",
        "where",
        "tolerance_percent",
        "unit",
        "format",
    )
    for name in (*KINDS, *keys):
        assert f"`{name}`" in text, name
