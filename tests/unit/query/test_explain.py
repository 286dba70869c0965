"""What `dsgrid explain` says: every stage with its rows, what is read and joined, and why."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from explaining import GROWING, grown_project, growth, in_two_tables, of_one_year, plans_of
from reference.example import HEAD, dataset, pivoted, project

from dsgrid.cli import run
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.operations.explain import Explained
from dsgrid.query.explain import document, explain
from dsgrid.query.jobs import engine_jobs
from dsgrid.query.plan import Plans
from dsgrid.query.stage_rows import stage_rows

TESTS = Path(__file__).parents[2]
TO_STATE = '[[step]]\nby = ["state", "end_use", "annual"]\n'
TO_COUNTY = '[[step]]\nby = ["county", "end_use", "time_mst"]\n'
PEAK = '[[step]]\nfunction = "max"\nby = ["state", "end_use"]\n'
BOTH_SCENARIOS = Mapping("duplication", (Association("reference", "reference"), Association("reference", "high")))


def _expression(text: str, *more: str) -> str:
    return HEAD.replace('datasets = ["homes"]', "\n".join([f'expression = "{text}"', *more]))


def _pair() -> tuple[Any, ...]:
    of = project()
    return dataset(of), dataset(of, "shops")


def _labelled(text: str) -> dict[str, list[str]]:
    """Return what stands behind each label of a report, with the lines that continue it."""
    found: dict[str, list[str]] = {}
    label = ""
    for line in text.splitlines():
        label = line[:12].strip() or label
        found.setdefault(label, []).append(line[12:].strip())
    return found


def _source(plans: Plans) -> dict[str, Any]:
    (found,) = document(plans)["contractions"][0]["sources"]
    return dict(found)


def test_only_the_columns_that_the_result_needs_are_said_to_be_read() -> None:
    scan = _source(plans_of(TO_STATE))["scan"]
    assert (scan["columns"], scan["columns_stored"]) == (["geography", "metric", "value"], 5)
    assert "3 of 5 columns, about 0.0 MB: geography, metric, value" in explain(plans_of(TO_STATE))


def test_bytes_are_those_of_labels_and_values_that_are_read_of_the_records_that_are_left() -> None:
    of = project()
    one = pivoted(dataset(of))
    files = tuple(replace(file, bytes=9_000) for file in one.dataset.files)
    one = replace(one, dataset=replace(one.dataset, files=files))
    whole = _source(plans_of(TO_STATE, one, of=of))["scan"]
    assert (whole["bytes"], whole["bytes_read_about"]) == (9_000, 6_000), "two values, and not the timestamp"
    filtered = TO_STATE + '[[where]]\ndimension = "county"\nequals = "36061"\n'
    assert _source(plans_of(filtered, one, of=of))["scan"]["bytes_read_about"] == 2_000, "one of three counties"


def test_filters_on_records_and_on_time_are_told_as_predicates_of_the_scan() -> None:
    text = TO_STATE + (
        '[[where]]\ndimension = "county"\nin = ["06037"]\n'
        '[[where]]\ndimension = "time_mst"\nat_least = "2018-07-01 02:00"\n'
    )
    found = _source(plans_of(text))
    assert found["scan"]["predicates"] == [
        "geography in (06037)",
        "timestamp between 2018-07-01 09:00 and 2018-07-01 10:00 UTC",
    ]
    said = explain(plans_of(text))
    assert "  where county.id in 06037: keeps 1 of 3 records of county" in said
    assert "  where time_mst at least 2018-07-01 02:00: on the project's time" in said
    assert "2 pruned before the scan by the filter" in said


def test_long_lists_of_ids_are_pushed_as_their_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    text = TO_STATE + '[[where]]\ndimension = "county"\nin = ["06037", "36061"]\n'
    assert _source(plans_of(text))["scan"]["predicates"] == ["geography in (06037, 36061)"]
    monkeypatch.setattr("dsgrid.query.scan.LONGEST_PREDICATE", 1)
    assert _source(plans_of(text))["scan"]["predicates"] == [
        "geography between 06037 and 36061, the ends of 2 of 3 ids"
    ]


def test_filters_on_records_of_a_lookup_are_told_as_a_predicate_on_ids() -> None:
    of = project()
    stored = in_two_tables(dataset(of))
    whole = _source(plans_of(TO_STATE, stored, of=of))
    assert (whole["tables"], whole["scan"]["predicates"]) == (2, [])
    assert ("lookup", "id", 6) in [(one["table"], one["by"], one["rows"]) for one in whole["joins"]]
    text = TO_STATE + '[[where]]\ndimension = "county"\nequals = "36061"\n'
    scan = _source(plans_of(text, stored, of=of))["scan"]
    assert scan["predicates"] == ["id in (what the filters leave of the lookup's 6 rows)"]
    assert scan["columns"] == ["id", "metric", "value"]


def test_without_a_filter_the_scan_has_no_predicate() -> None:
    assert _source(plans_of(TO_STATE))["scan"]["predicates"] == []
    assert "pushed" not in _labelled(explain(plans_of(TO_STATE)))


def test_joins_are_told_by_stage_with_the_rows_of_their_tables() -> None:
    of = project()
    text = '[[step]]\nby = ["state", "end_use", "scenario"]\n'
    source = _source(plans_of(text, dataset(of, scenario=BOTH_SCENARIOS), of=of))
    assert [(one["stage"], one["table"], one["rows"], one["kind"]) for one in source["joins"]] == [
        ("scan", "geography", 3, "case"),
        ("scan", "metric", 2, "case"),
        ("expand", "scenario", 2, "case"),
    ]


def test_what_is_expanded_is_told_with_its_reason() -> None:
    of = project()
    text = '[[step]]\nby = ["state", "end_use", "scenario"]\n'
    expand = _source(plans_of(text, dataset(of, scenario=BOTH_SCENARIOS), of=of))["expand"]
    assert (expand["types"], expand["rows_before"], expand["rows"]) == (["scenario"], 4, 8)
    assert expand["why"] == ["scenario: all facts are of one record, which becomes 2 when rows are few"]


def test_a_contraction_that_would_sum_nothing_is_left_out_with_its_reason() -> None:
    contract = _source(plans_of(""))["contract"]
    assert contract == {
        "needed": False,
        "rows": 48,
        "value_columns": 1,
        "values": 48,
        "exact": True,
        "shuffle_bytes": 0,
        "why": "no two of the 48 values share a key",
    }
    assert "left out: no two of the 48 values share a key" in explain(plans_of(""))


def test_a_projection_is_told_with_its_factors_and_is_not_read_for_them() -> None:
    of = grown_project()
    text = '[[step]]\nby = ["state", "end_use", "model_year"]\n'
    plans = plans_of(text, of_one_year(dataset(of)), growth(of), of=of, head=GROWING)
    source = _source(plans)
    assert (source["name"], source["dataset"], source["kind"]) == ("later", "homes@1.0.0", "exponential_growth")
    (multiply,) = source["multiply"]
    assert (multiply["places"], multiply["places_with_a_factor"]) == (4, 4)
    assert multiply["classes"] == {"subsector": 2, "model_year": 2}
    said = explain(plans)
    assert "source later = homes@1.0.0 (one table, stacked)" in said
    assert "exponential_growth by growth@1.0.0 from 2018: 4 of 4 places have a factor" in said
    assert "rates are the stored sums of growth@1.0.0: none of its facts is read" in said


def test_adjustments_are_told_where_they_are_multiplied() -> None:
    text = TO_STATE + (
        '[[adjust]]\nmultiply = 2\nwhere = { county = "06037" }\n'
        '[[adjust]]\nmultiply = 3\nwhere = { county = "06037", building_type = "flat" }\n'
    )
    said = explain(plans_of(text))
    assert "3 records -> 3 keys, weighted, 1 adjusted" in said
    assert "  multiply  1 adjustment: 4 of 4 places have a factor (2 of geography, 2 of subsector)" in said


@pytest.mark.parametrize(
    ("expression", "more", "said"),
    [
        ("homes - shops", (), "both have the same base combinations and slots, which the driver has checked"),
        ("homes - shops", ("fill = 0",), "what one side lacks counts as 0 (fill = 0)"),
        ("homes | shops", ('overlap = "sum"',), 'what is in both is summed (overlap = "sum")'),
        ("homes / shops", (), "both have the same base combinations and slots, which the driver has checked"),
    ],
)
def test_what_is_known_of_the_keys_of_operands_is_told(expression: str, more: tuple[str, ...], said: str) -> None:
    plans = plans_of(PEAK, *_pair(), head=_expression(expression, *more))
    assert _labelled(explain(plans))["expression"] == [expression, said]
    assert [one["found"] for one in document(plans)["contractions"][0]["expression"]["checked"]] == [said]


def test_a_union_whose_parts_share_nothing_was_checked_on_the_driver() -> None:
    of = project()
    plans = plans_of(TO_STATE, dataset(of, counties=("06037",)), dataset(of, "shops", counties=("36061",)), of=of)
    assert "expression" not in explain(plans), "one dataset is no expression"
    head = HEAD.replace('["homes"]', '["homes", "shops"]')
    both = dataset(of, counties=("06037",)), dataset(of, "shops", counties=("36061",))
    said = explain(plans_of(TO_STATE, *both, of=of, head=head))
    assert "no base combination is in both, which the driver has checked" in said
    assert "union of 2 datasets; no two share a row, so nothing is summed" in said


def test_sources_with_scales_are_told_to_be_added_up() -> None:
    found = _labelled(explain(plans_of(TO_STATE, *_pair(), head=_expression("homes * 1.5 - shops"))))
    assert found["scale"] == ["x 1.5", "x -1"]
    assert any("2 sources added up, then sum rows with equal keys" in line for line in _flat(found))


def _flat(found: dict[str, list[str]]) -> list[str]:
    return [f"{label}{' ' if len(label) < 12 else ''}{text}" for label, texts in found.items() for text in texts]


def test_a_quotient_is_combined_after_the_sources_and_nothing_is_foretold() -> None:
    plans = plans_of(PEAK, *_pair(), head=_expression("homes / shops + 2"))
    found = _labelled(explain(plans))
    assert found["combine"] == ["(homes / shops) + 2, row by row: 48 rows"]
    result = document(plans)["results"][0]
    assert not result["foretold"]
    assert result["why_not_foretold"].startswith("a product, a quotient or an added number")


def test_sums_and_their_filters_are_part_of_the_contraction_up_to_a_barrier() -> None:
    text = (
        f'{TO_COUNTY}[[step]]\nby = ["state", "end_use", "time_mst"]\n'
        f'{PEAK}[[step.where]]\ndimension = "state"\nequals = "CA"\n'
        '[result]\n[[result.where]]\ndimension = "value"\nabove = 1\n'
    )
    plans = plans_of(text)
    steps = document(plans)["results"][0]["steps"]
    assert [(one["step"], one["folded"]) for one in steps] == [
        (1, True),
        (2, True),
        (3, True),
        (3, False),
        (None, False),
    ]
    peak, last = steps[3:]
    assert (peak["function"], peak["rows_before"], peak["rows"], peak["exact"]) == ("max", 8, 2, True)
    assert peak["columns_before"] == ["state", "end_use", "time_mst"]
    assert peak["columns"] == ["state", "end_use"]
    assert (last["filter"], last["rows"], last["exact"]) == ("value above 1", 2, False)
    found = _labelled(explain(plans))
    assert found["step 2"][0].endswith("part of the contraction, as a sum of sums is one sum")
    assert found["step 3"][0] == "max by state, end_use: 8 -> 2 rows"
    assert "a max is no sum, so the table of the step before is computed first" in explain(plans)
    assert "expects   nothing is foretold: a filter between the steps" in explain(plans)


def test_a_first_step_that_is_no_sum_sees_the_base_level() -> None:
    found = _labelled(explain(plans_of(PEAK)))
    base = "county, sector, building_type, end_use, scenario, model_year, weather_year, time_mst"
    assert found["table"] == [f"48 rows of {base}"]
    assert found["step 1"] == ["max by state, end_use: 48 -> 4 rows"]
    assert "a max is no sum, so the table with every base dimension and slot is computed first" in explain(
        plans_of(PEAK)
    )
    assert "carried through the steps that are no sums, and compared at the end" in explain(plans_of(PEAK))


def test_a_column_that_waited_for_a_later_step_is_a_column_of_the_result() -> None:
    plans = plans_of('[[step]]\nfunction = "max"\nby = ["end_use", "annual"]\n')
    (result,) = document(plans)["results"]
    assert result["columns"] == ["end_use", "annual"]
    assert "annual" in result["table"]["hidden"]
    assert "annual" not in result["table"]["columns"]


def test_names_are_decoded_on_the_driver_unless_there_are_many_rows() -> None:
    plan = plans_of(TO_STATE).first
    assert "  decode    on the driver, without a join" in explain(plan)
    assert "  decode    1 join of codes with names" in explain(replace(plan, rows=5_000_000))


def test_rows_of_percentiles_are_counted_through_the_steps_that_follow() -> None:
    text = '[[step]]\nfunction = "percentile"\npercentiles = [25, 50, 75]\nby = ["county", "end_use"]\n'
    kept = plans_of(f'{text}[[step]]\nby = ["state", "end_use", "percentile"]\n').first
    assert kept.stage_rows == ((48, True), (18, True), (12, True))
    one = plans_of(
        f'{text}[[step]]\nby = ["state", "end_use"]\n[[step.where]]\ndimension = "percentile"\nequals = "75"\n'
    )
    assert one.first.stage_rows == ((48, True), (18, True), (6, True), (4, True))


def test_a_table_that_is_persisted_is_told_and_takes_a_job() -> None:
    plans = plans_of(f'[[step]]\npersist = true\nby = ["county", "end_use", "time_mst"]\n{PEAK}')
    assert "persisted: written, and read again" in explain(plans)
    assert engine_jobs(plans) == document(plans)["engine_jobs"] == 2
    assert engine_jobs(plans_of(TO_COUNTY + PEAK)) == 1


def test_results_that_share_a_contraction_are_told_after_it() -> None:
    text = TO_STATE + (
        '[[results.peak.step]]\nby = ["county", "end_use", "annual"]\n'
        '[[results.peak.step]]\nfunction = "max"\nby = ["state", "end_use"]\n'
    )
    plans = plans_of(text)
    found = document(plans)
    assert found["shared"]
    assert [one["rows"] for one in found["contractions"]] == [6]
    assert [(one["name"], one["contraction"], one["rows"]) for one in found["results"]] == [
        ("example", 0, 4),
        ("peak", 0, 4),
    ]
    said = explain(plans)
    assert said.count("source homes@1.0.0") == 1
    assert "shared      by 2 results: 6 rows" in said
    assert said.index("\n[result]\n") < said.index("\n[results.peak]\n")
    assert said.endswith("engine      3 jobs in all")


def test_results_whose_common_table_is_large_have_contractions_of_their_own() -> None:
    plans = plans_of(TO_STATE + '[[results.peak.step]]\nfunction = "max"\nby = ["county", "end_use"]\n')
    found = document(plans)
    assert not found["shared"]
    assert [one["contraction"] for one in found["results"]] == [0, 1]
    said = explain(plans)
    assert said.count("source homes@1.0.0") == 2
    assert "not shared  the table that all could follow has more than 25% as many rows as there are values" in said


def test_a_filter_on_time_is_why_nothing_is_foretold() -> None:
    text = TO_STATE + '[[where]]\ndimension = "hour_of_day"\nequals = 1\n'
    (result,) = document(plans_of(text))["results"]
    assert (result["foretold"], result["expects"]) == (False, [])
    assert "a filter on time takes a part" in result["why_not_foretold"]


def test_a_source_of_which_nothing_is_left_is_told_to_be_skipped() -> None:
    of = project()
    head = HEAD.replace('["homes"]', '["homes", "shops"]')
    both = dataset(of, counties=("06037",)), dataset(of, "shops", counties=("36061",))
    said = explain(plans_of(f'{TO_STATE}[[where]]\ndimension = "county"\nequals = "06037"\n', *both, of=of, head=head))
    assert said.count("  skipped   nothing of it reaches the result, so it is not read") == 1


def test_the_manifest_has_the_stages_that_take_place() -> None:
    plan = plans_of(PEAK).first
    assert [(one["of"], one["stage"], one["rows"], one["exact"]) for one in stage_rows(plan)] == [
        ("homes", "scan", 48, True),
        ("example", "max", 4, True),
    ]
    assert [one["stage"] for one in stage_rows(plans_of(TO_STATE).first)] == ["scan", "contract"]
    both = plans_of(PEAK, *_pair(), head=_expression("homes / shops")).first
    assert [one["stage"] for one in stage_rows(both) if one["of"] == "example"] == ["combine", "max"]


QUERIES = {
    "sum": (TO_STATE, HEAD),
    "difference": (TO_STATE, _expression("homes * 1.5 - shops")),
    "quotient": (PEAK, _expression("homes / shops")),
    "mean": ('[[step]]\nfunction = "mean"\nby = ["state", "end_use"]\n', HEAD),
    "time": (f'{TO_COUNTY}[[where]]\ndimension = "hour_of_day"\nin = [1, 2]\n', HEAD),
}


@pytest.mark.parametrize("name", QUERIES)
def test_the_document_is_what_json_has(name: str) -> None:
    text, head = QUERIES[name]
    found = Explained(plans_of(text, *_pair(), head=head)).document()
    assert json.loads(json.dumps(found, allow_nan=False)) == found


@pytest.mark.parametrize("name", QUERIES)
def test_lines_have_no_blanks_at_their_ends_and_values_stand_in_one_column(name: str) -> None:
    text, head = QUERIES[name]
    for line in explain(plans_of(text, *_pair(), head=head)).splitlines():
        assert line == line.rstrip()
        if line.startswith("  ") and not line.startswith(("    ", "  where")):
            assert line[11] == " ", line
            assert line[12] != " ", line


def test_the_command_prints_the_document_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    explained = Explained(plans_of(TO_STATE))
    monkeypatch.setattr("dsgrid.operations.explain.explain", lambda *_, **__: explained)
    spec = tmp_path / "query.toml"
    spec.touch()
    assert run(["explain", str(spec), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == explained.document()
    assert run(["explain", str(spec)]) == 0
    assert capsys.readouterr().out == f"{explained.report()}\n"


def test_explaining_imports_no_engine() -> None:
    program = (
        f"import sys; sys.path[:0] = [{str(TESTS)!r}, {str(Path(__file__).parent)!r}]\n"
        "from explaining import plans_of\nfrom dsgrid.operations.explain import Explained\n"
        f"found = Explained(plans_of({PEAK!r}))\nassert found.report() and found.document()\n"
        "print(*sorted(name for name in sys.modules if name.startswith('pyspark')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
