"""Rules of a submission for time: what is wrong is told at the rule's key, and an edited rule is a change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from annual_sales import YEAR
from changing import Bench, job, planned_lines, refused
from tests.project_specs import DATASET, SUBMISSION, changed, submission

from dsgrid.errors import RegistryError
from dsgrid.operations.apply import apply
from dsgrid.operations.diff import diff
from dsgrid.operations.plan import plan
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.time.rules import TimeRules
from dsgrid.toml_text import dumps

OWN = DATASET["time"]
QUARTERS = {**OWN, "step": "15min", "end": "2018-01-02 23:45"}
LONGER = {**OWN, "end": "2018-01-03 23:00"}


def with_rules(rules: dict[str, Any], time: dict[str, Any] = OWN) -> Any:
    """Return a submission of the offices, with rules and another time."""
    others = {name: value for name, value in rules.items() if name != "wrap_time"}
    spec = changed(SUBMISSION, "mapping/time", others) if others else SUBMISSION
    spec = changed(spec, "wrap_time", True) if "wrap_time" in rules else spec
    return submission(spec, data=changed(DATASET, "time", time))


# What is wrong is told where it stands -------------------------------------------------------------------------------

WRONG = {
    "a rule of profiles": ({"spring_forward": "drop"}, OWN, "spring_forward", "`spring_forward` means nothing from in"),
    "a rule of the other direction": (
        {"fall_back": "sum"},
        {**OWN, "clock": "profile"},
        "fall_back",
        'fall_back = "sum" means nothing where a profile becomes instants',
    ),
    "readings that are none": ({"interpolate": True}, OWN, "interpolate", 'both sides are "total"'),
    "a rule beside another": (
        {"align": "same_weekday", "leap_day": "repeat"},
        OWN,
        "leap_day",
        'leap_day means nothing with align = "same_weekday"',
    ),
    "holidays of no typical days": ({"holidays": "weekend"}, OWN, "holidays", "`holidays` means nothing from instants"),
    "a rule for what has no time": ({"trim": True}, {"kind": "none"}, "trim", "`trim` means nothing from no time to"),
    "a year that is wrapped": (
        {"wrap_time": True, "spread": "flat"},
        YEAR,
        "wrap_time",
        "`wrap_time` means nothing from annual values to instants",
    ),
    "means that are spread": (
        {"spread": "flat"},
        {**YEAR, "measurement": "mean"},
        "spread",
        "an annual mean holds for every hour: it is repeated, not spread",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_rule_that_means_nothing_is_refused_at_its_key(case: str) -> None:
    rules, time, key, sentence = WRONG[case]
    problem, *_ = refused(lambda: with_rules(rules, time))
    assert problem.key == (key if key == "wrap_time" else f"mapping.time.{key}")
    assert sentence in problem.message


MISSING = {
    "another step": (QUARTERS, "resample = true sums totals"),
    "more than the project has": (LONGER, "24 slots of the dataset lie outside of the project's time; trim = true"),
    "another year": (
        {**OWN, "ranges": [{"start": "2012-01-01 00:00", "end": "2012-01-02 23:00", "weather_year": "2018"}]},
        'align = "same_date" or align = "same_weekday"',
    ),
    "one hour off": ({**OWN, "interval": "period_ending"}, "wrap_time = true would move 1 of its 48 slots"),
    "a year": (YEAR, 'say spread = "flat", or name a dataset as `shape`'),
}
for _time, _ in MISSING.values():
    if "ranges" in _time:
        del _time["start"], _time["end"]


@pytest.mark.parametrize("case", MISSING)
def test_a_rule_that_is_missing_is_named_with_what_it_would_do(case: str) -> None:
    time, sentence = MISSING[case]
    (problem,) = refused(lambda: with_rules({}, time))
    assert problem.key == "dataset"
    assert sentence in problem.message


def test_where_other_rules_stand_the_missing_one_is_told() -> None:
    (problem,) = refused(lambda: with_rules({"trim": True}, {**QUARTERS, "end": "2018-01-03 23:45"}))
    assert (problem.key, "resample = true" in problem.message) == ("mapping.time", True)


@pytest.mark.parametrize(
    ("rules", "time"),
    [
        ({"resample": True}, QUARTERS),
        ({"trim": True}, LONGER),
        ({"wrap_time": True}, {**OWN, "interval": "period_ending"}),
        ({"spread": "flat"}, YEAR),
    ],
)
def test_with_the_rule_that_was_missing_the_dataset_is_accepted(rules: dict[str, Any], time: dict[str, Any]) -> None:
    wanted = {("wrap" if name == "wrap_time" else name): value for name, value in rules.items()}
    assert with_rules(rules, time).time.given == wanted


def test_the_place_of_a_wrong_rule_is_its_line(bench: Bench, tmp_path: Path) -> None:
    spec = tmp_path / "submit.toml"
    spec.write_text(dumps(job("submit_dataset", changed(SUBMISSION, "mapping/time", {"fall_back": "mean"}))))
    (problem,) = refused(lambda: submit_dataset(spec, registry=bench.folder))
    line = 1 + spec.read_text().splitlines().index('fall_back = "mean"')
    assert problem.where == f"{spec}:{line}:13"


# Edited rules --------------------------------------------------------------------------------------------------------


def test_a_rule_that_is_added_or_taken_back_is_a_major_change_with_a_line(bench: Bench) -> None:
    trimming = changed(SUBMISSION, "mapping/time", {"trim": True})
    wrapping = changed(trimming, "wrap_time", True)
    for number, (spec, lines) in enumerate(
        [
            (trimming, ["mapping.time (major): 1 key changed", "  ~ trim  false -> true"]),
            (wrapping, ["submission (major): 1 key changed", "  ~ wrap_time  false -> true"]),
            (trimming, ["submission (major): 1 key changed", "  ~ wrap_time  true -> false"]),
            (SUBMISSION, ["mapping.time (major): 1 key changed", "  ~ trim  true -> false"]),
        ],
        start=2,
    ):
        versions = f"project two_counties {number - 1}.0.0 -> {number}.0.0"
        assert planned_lines(bench, spec) == [
            f"  submission of dataset offices 1.0.0 to {versions} (major)",
            *(f"    {line}" for line in lines),
            f"  {versions}",
            'to apply it, give --allow major, or write allow = "major" into [change]',
        ]
        with pytest.raises(RegistryError, match="--allow major"):
            apply(job("submit_dataset", spec), registry=bench.folder)
        apply(job("submit_dataset", spec), registry=bench.folder, allow="major")
        assert "nothing to do" in plan(job("submit_dataset", spec), registry=bench.folder).report()
        shown = diff(bench.folder, "two_counties", f"{number - 1}", f"{number}").report().splitlines()
        where = f"datasets.offices{'.mapping.time' if 'mapping.time' in lines[0] else ''}"
        assert shown[2:] == [lines[0].replace("mapping.time", where).replace("submission", where), lines[1]]
    with bench.open() as registry:
        kept = [registry.submission("two_counties", "offices", f"{number}").time for number in range(1, 6)]
    assert kept == [
        TimeRules(),
        TimeRules(trim=True),
        TimeRules(trim=True, wrap=True),
        TimeRules(trim=True),
        TimeRules(),
    ]


def test_a_submission_of_an_older_version_keeps_its_rules(bench: Bench) -> None:
    apply(
        job("submit_dataset", changed(SUBMISSION, "mapping/time", {"trim": True})), registry=bench.folder, allow="major"
    )
    older = changed(changed(SUBMISSION, "project", "two_counties@1"), "mapping/time", {"resample": True})
    with pytest.raises(RegistryError, match=r"only those of the newest version \(2\.0\.0\) can be changed"):
        plan(job("submit_dataset", older), registry=bench.folder)


def test_another_time_of_the_project_is_a_major_change_that_says_what_it_was(bench: Bench) -> None:
    report = bench.plan_project(lambda spec: spec["time"].update(zone="-06:00", interval="period_ending")).report()
    assert "~ zone  -07:00 -> -06:00" in report
    assert "~ interval  period_beginning -> period_ending" in report
    assert "invalidated: dataset offices 1.0.0" in report
