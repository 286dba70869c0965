"""The page of a dataset: what each of its parts says, to whom, and what stands there where there is nothing to say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.unit.viewer.conftest import ViewerOf
from tests.unit.viewer.made_datasets import answers, entry, origin, profile
from tests.unit.viewer.showing import Viewer, links, piece, pieces, problem, words

from dsgrid.viewer.pages import dataset as page
from dsgrid.viewer.pages.dataset import checks, gaps, profiles, sample, storage, versions
from dsgrid.viewer.pages.dataset.about import time_line
from dsgrid.viewer.pages.dataset.overview import flat, metric_table

HOSTILE = '<img src=x onerror="alert(1)">'
OWN = "/datasets/homes@1.1.0"


def part(viewer: Viewer, tab: str, query: str = "", **given: Any) -> Any:
    """Return a part of the page that comes after the page itself."""
    with viewer.at(f"/datasets/homes?tab={tab}{query}") as visit:
        wanted = {"reference": visit.reference, "tab": tab, "params": dict(visit.params)}
        own = page.visit_to(wanted)
        return page.LATER[tab](own, own.ask.get("/datasets/homes"))


def test_the_head_says_what_it_is_and_how_large(viewer_of: ViewerOf) -> None:
    shown = viewer_of(answers()).show("/datasets/homes")
    text = words(shown)
    assert [words(each) for each in pieces(shown, "H1")] == ["homes"]
    assert "105,120" in text
    assert "5.1 MB" in text
    assert "1 hour, UTC-07:00, 2018-01-01 00:00 to 2018-12-31 23:00" in text
    assert links(shown)["Ask this dataset"] == "/build?dataset=homes%401.1.0"
    assert links(shown)["Load shape"] == "/datasets/homes?tab=shape"


def test_an_older_version_says_so_and_leads_to_the_same_part_of_the_newest(viewer_of: ViewerOf) -> None:
    old = {"/datasets/homes@1.0.0": entry(version="1.0.0"), "/datasets/homes@1.0.0/origin": origin()}
    shown = viewer_of(answers(**old)).show("/datasets/homes@1.0.0?tab=profiles")
    assert links(shown)["Go to 1.1.0, the newest"] == "/datasets/homes?tab=profiles"
    assert "older version" not in words(viewer_of(answers()).show("/datasets/homes"))


def test_the_overview_has_dimensions_metrics_and_metadata(viewer_of: ViewerOf) -> None:
    shown = viewer_of(answers()).show("/datasets/homes")
    found, text = links(shown), words(shown)
    assert found["county"] == "/dimensions/homes/county@1.0.0"
    assert "Origin: organization" in text
    assert found["https://doi.org/10.1/x"] == "https://doi.org/10.1/x"
    assert "No project has this version" in text
    assert "aaaaaaaaaaaa…" in text


def test_submissions_have_their_mappings_and_what_needs_none(viewer_of: ViewerOf) -> None:
    mapped = {
        "type": "geography",
        "base": "state",
        "mapping": "p/h/county:state@1.0.0",
        "kind": "one_to_one",
        "associations": 2,
    }
    plain = {"type": "model_year", "base": "year", "mapping": None, "kind": None, "associations": None}
    one = {
        "project_id": "p",
        "project_version": "2.0.0",
        "status": "invalidated",
        "reason": "a record is gone",
        "registered_at": "2026-11-26T20:39:36Z",
        "submitter": "ada",
        "log_message": "Homes",
        "wrap_time": True,
        "is_current": False,
        "time_rules": {"align": "same_date"},
        "mappings": [mapped, plain],
    }
    shown = viewer_of(answers(**{f"{OWN}/origin": origin(submissions=[one])})).show("/datasets/homes")
    text = words(shown)
    assert links(shown)["p/h/county:state@1.0.0"] == "/mappings/p/h/county:state@1.0.0"
    assert links(shown)["p@2.0.0"] == "/projects/p@2.0.0"
    for said in (
        "invalidated",
        "a record is gone",
        "model year as year",
        "wrap_time = true, align = same_date",
        "older version of the project",
    ):
        assert said in text


def test_texts_of_the_registry_are_texts(viewer_of: ViewerOf) -> None:
    metadata = {"url": "javascript:alert(1)", "tags": [HOSTILE], HOSTILE: HOSTILE}
    own = origin()
    told = answers(
        **{
            "/datasets/homes": entry(description=HOSTILE, metadata=metadata),
            f"{OWN}/origin": {**own, "registration": {**own["registration"], "log_message": HOSTILE}},
        }
    )
    shown = viewer_of(told).show("/datasets/homes")
    assert words(shown).count(HOSTILE) >= 4
    assert all(not str(each.href).startswith("javascript:") for each in pieces(shown, "A"))
    assert pieces(shown, "Markdown", "DangerouslySetInnerHTML") == []


def test_metadata_are_flat_and_lists_of_tables_are_counted() -> None:
    tree = {"origin": {"authors": ["A", "B"]}, "sources": [{"title": "x"}, {"title": "y"}], "none": None}
    assert dict(flat(tree)) == {
        "origin.authors": ["A", "B"],
        "sources 1.title": "x",
        "sources 2.title": "y",
        "none": None,
    }


def test_many_metrics_are_not_all_on_the_page() -> None:
    records = [{"id": f"m{number}", "name": "", "unit": "kWh"} for number in range(3)]
    assert "3 of 2,500 metrics" in words(metric_table(records, 2_500, "all"))
    assert "metrics;" not in words(metric_table(records, 3, "all"))


@pytest.mark.parametrize(
    ("time", "line"),
    [
        ({"kind": "none"}, "none"),
        ({"kind": "annual", "start": "2018", "end": "2040"}, "annual, 2018 to 2040"),
        ({"kind": "annual", "start": "2018", "end": "2018"}, "annual, 2018"),
        ({"kind": "annual", "years": ["2018", "2030"]}, "annual, 2018 and 2030"),
        ({"kind": "annual", "years": ["2018", "2019", "2020"]}, "annual, 2018 to 2020"),
        ({"kind": "annual", "years": ["2020", "2025", "2030"]}, "annual, 2020 to 2030 (3 years)"),
        (
            {"kind": "representative", "by": ["month", "day_of_week", "hour"], "step": "1h", "zone": "geography"},
            "1 hour, typical month × day of week × hour, the zone of each geography",
        ),
        (
            {
                "kind": "datetime",
                "step": "15min",
                "zone": "UTC",
                "ranges": [{"start": "a", "end": "b"}, {"start": "c", "end": "d"}],
            },
            "15 minutes, UTC, a to d",
        ),
    ],
)
def test_time_is_told_in_a_line(time: Mapping[str, Any], line: str) -> None:
    assert time_line(time) == line


def test_a_part_that_there_is_not_is_told_with_those_that_there_are(viewer_of: ViewerOf) -> None:
    text = words(viewer_of(answers()).show("/datasets/homes?tab=shapes"))
    assert 'no part "shapes"' in text
    assert "Load shape" in text


def test_a_dataset_that_there_is_not_is_told_in_the_words_of_the_server(viewer_of: ViewerOf) -> None:
    gone = {"/datasets/home": problem(404, "not found", 'no dataset "home"; did you mean "homes"?')}
    shown = viewer_of(gone).show("/datasets/home")
    assert 'did you mean "homes"' in words(shown)
    assert len(pieces(shown, "H1")) == 1


def test_an_empty_registry_has_no_grid_of_datasets(viewer_of: ViewerOf) -> None:
    shown = viewer_of({"/datasets": {"items": [], "total": 0, "next": None}}).show("/datasets")
    assert "no datasets yet" in words(shown)
    assert len(pieces(shown, "H1")) == 1


# Profiles -------------------------------------------------------------------------------------------------------------


def test_profiles_have_shares_of_zeros_and_of_combinations(viewer_of: ViewerOf) -> None:
    told = answers(
        **{
            f"{OWN}/profiles": {"items": [profile("cooling", 10.0), profile("lights", 30.0)]},
            f"{OWN}/zeros": {"items": [{"metric": "cooling", "zeros": 6_570}]},
        }
    )
    shown = part(viewer_of(told), "profiles")
    rows = {row["metric"]: row for row in piece(shown, "dataset-profiles").rowData}
    assert (rows["cooling"]["zeros"], rows["lights"]["zeros"], rows["cooling"]["filled"]) == (25.0, 0.0, 75.0)
    assert "75.0 %" in words(shown)
    assert "in all 40 kWh" in words(shown)


def test_of_very_many_metrics_the_largest_sums_are_told_and_the_rest_together() -> None:
    shown = profiles.sums([profile(f"use_{number:04d}", float(number)) for number in range(3_200)])
    assert len(pieces(shown, "Tr")) == 32
    assert "3,200 metrics in kWh: in all 5,118,400 kWh" in words(shown)
    assert "use_3199 3,199 0.1 %" in words(shown)
    assert "3,170 others 5,022,865 98.1 %" in words(shown)
    # A browser stands still with thousands of components: all of it is one.
    assert len(shown.children) == 1
    assert getattr(shown.children[0], "data-drawn", None)


def test_profiles_stand_where_zeros_are_not_counted(viewer_of: ViewerOf) -> None:
    told = {
        f"{OWN}/profiles": {"items": [profile("cooling", 10.0)]},
        f"{OWN}/zeros": problem(400, "bad request", "too many"),
    }
    shown = part(viewer_of(answers(**told)), "profiles")
    assert "zeros" not in [each["field"] for each in piece(shown, "dataset-profiles").columnDefs]


def test_zeros_of_many_values_are_counted_when_asked(viewer_of: ViewerOf) -> None:
    large = {**profile("cooling", 10.0), "values": profiles.COUNTED + 1}
    shown = part(viewer_of(answers(**{f"{OWN}/profiles": {"items": [large]}})), "profiles")
    assert words(piece(shown, "dataset-profiles-count")) == "Count zeros"


def test_without_profiles_the_reason_is_told(viewer_of: ViewerOf) -> None:
    assert "no profiles" in words(part(viewer_of(answers(**{f"{OWN}/profiles": {"items": []}})), "profiles"))


def test_what_does_not_add_up_has_no_sums_by_unit(viewer_of: ViewerOf) -> None:
    power = entry(time={**entry()["time"], "measurement": "mean"})
    told = {
        "/datasets/homes": power,
        f"{OWN}/profiles": {"items": [profile("cooling", 1.0)]},
        f"{OWN}/zeros": {"items": []},
    }
    assert "Sums by unit" not in words(part(viewer_of(answers(**told)), "profiles"))


# What is missing ------------------------------------------------------------------------------------------------------


def missing(**more: Any) -> dict[str, Any]:
    patterns = [{"ids": {"geography": ["g1"], "subsector": ["hospital"]}, "combinations": 8}]
    return {
        "combinations": 100,
        "missing": 8,
        "declared": 8,
        "expected": False,
        "is_searched": True,
        "patterns": patterns,
        "more": 0,
        "whole": True,
        **more,
    }


def test_what_is_missing_is_told_as_patterns_with_a_download(viewer_of: ViewerOf) -> None:
    shown = part(viewer_of(answers(**{f"{OWN}/gaps": missing()})), "missing")
    assert "all of  geography  g1  with  subsector  hospital" in words(shown)
    assert links(shown)["Download CSV"] == "/download/datasets/homes@1.1.0/missing?format=csv"


def test_where_nothing_is_missing_that_is_said(viewer_of: ViewerOf) -> None:
    shown = part(viewer_of(answers(**{f"{OWN}/gaps": missing(missing=0, declared=0, patterns=[])})), "missing")
    assert "every combination of records has data" in words(shown)
    assert "Patterns" not in words(shown)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"is_searched": False, "patterns": []}, "too many combinations"),
        ({"is_searched": False, "whole": False}, "these are the declared rows"),
        ({"patterns": [], "missing": 100}, "All combinations are missing"),
        ({"more": 1_200}, "1,200 more patterns"),
        ({"whole": False}, "do not explain all"),
        ({"missing": 5}, "in several patterns"),
    ],
)
def test_patterns_say_what_they_leave_out(more: dict[str, Any], said: str) -> None:
    assert said in words(gaps.patterns(missing(**more)))


def test_a_pattern_of_many_ids_names_the_first_and_counts_the_others() -> None:
    text = words(gaps.phrase({"geography": [f"g{number}" for number in range(3_200)]}))
    assert "g7" in text
    assert "g8" not in text
    assert "and 3,192 more" in text


# Layout, checks, sample, history --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "One table. Stacked: one column of values, a row for each."),
        (
            {"pivot": "metric", "null_cells": True},
            "One table. Pivoted: each metric has a column of values. An empty cell means",
        ),
        ({"two_tables": True, "scaling_factor": True}, "and the factor that its values are to be multiplied with."),
    ],
)
def test_a_layout_is_told_in_words(more: dict[str, Any], said: str) -> None:
    layout = {"two_tables": False, "pivot": None, "fact_types": [], "lookup_types": [], "trivial": [], **more}
    assert said in storage.in_words(layout)


def test_few_files_are_a_table_and_many_a_grid(viewer_of: ViewerOf) -> None:
    one = {"path": "facts/0.parquet", "role": "facts", "bytes": 1, "rows": 1, "sha256": "c" * 64}
    with viewer_of().at() as visit:
        assert pieces(storage.files(visit, [one]), "Table")
        assert len(pieces(storage.files(visit, [one] * 4_000), "AgGrid")[0].rowData) == 4_000


def test_row_groups_that_nobody_counted_are_not_told(viewer_of: ViewerOf) -> None:
    table = {"role": "facts", "files": 9_000, "rows": 1, "bytes": 1, "row_groups": None, "columns": []}
    layout = {"two_tables": False, "pivot": None, "fact_types": [], "lookup_types": [], "trivial": []}
    told = answers(
        **{f"{OWN}/storage": {"layout": layout, "tables": [table], "engine": None, "tzdata": None, "summary": None}}
    )
    text = words(part(viewer_of(told), "layout"))
    assert "9,000 files" in text
    assert "row group" not in text
    assert "the amount over the period" in text


CHECKED = {
    "job": "register_dataset",
    "checked_at": "2026-11-26T20:39:36Z",
    "dsgrid_version": "0.1.0",
    "checks": [{"check": "keys", "says": "no row lacks an id", "state": "passed", "found": ""}],
    "own": [],
}


@pytest.mark.parametrize(
    ("role", "may"), [("contributor", True), ("admin", True), ("analyst", False), ("reader", False)]
)
def test_only_who_may_is_offered_to_check_again_and_others_are_told_why_not(
    viewer_of: ViewerOf, role: str, may: bool
) -> None:
    shown = part(viewer_of(answers(**{f"{OWN}/checks": CHECKED}), role=role), "checks")
    assert ("Check again" in words(shown)) == may
    assert (f"yours is {role}" in words(shown)) == (not may)


def test_what_is_a_part_of_another_registry_was_checked_there() -> None:
    assert "where the dataset was registered" in words(checks.passed({**CHECKED, "job": "filter_registry"}))


def test_spoilt_files_are_told_with_what_to_do() -> None:
    wrong = {"message": "the file is missing", "where": "facts/0.parquet", "remedy": "restore it"}
    found = {"checksums": True, "files": 2, "bytes": 10, "seconds": 0.1, "clean": False, "problems": [wrong]}
    text = words(checks.verified(found))
    assert "not as published" in text
    assert "restore it" in text
    assert "not as published" not in words(checks.verified({**found, "clean": True}))


def test_the_choice_of_rows_survives_its_address() -> None:
    choice = sample.Choice(20, ("geography=CO,CA", "value>5"), ("geography", "value"))
    assert sample.Choice.of(choice.params) == choice
    assert all(not each for each in sample.Choice().params.values())


@pytest.mark.parametrize(("said", "rows"), [("-3", 50), ("x", 50), ("0", 1), ("9999999", sample.MOST), ("", 50)])
def test_any_number_of_rows_is_one_that_the_server_gives(said: str, rows: int) -> None:
    assert sample.Choice.of({"rows": said}).rows == rows


def test_the_sample_has_units_and_says_what_holds_of_all_rows(viewer_of: ViewerOf) -> None:
    told = {"items": [{"geography": "g1", "cooling": 1.5}], "total": 40, "remarks": ["all rows: sector = com"]}
    shown = part(viewer_of(answers(**{f"{OWN}/rows": told})), "sample")
    assert "1 row  of 40" in words(shown) or "1 row of 40" in words(shown)
    assert "all rows: sector = com" in words(shown)
    titles = [each["headerName"] for each in piece(shown, "dataset-sample-grid").columnDefs]
    assert titles == ["geography", "cooling, kWh"]


def test_a_wrong_test_leaves_the_form_where_it_is(viewer_of: ViewerOf) -> None:
    told = {f"{OWN}/rows": problem(400, "bad request", 'there is no column "colour"')}
    shown = part(viewer_of(answers(**told)), "sample", "&where=colour%3Dred")
    assert 'no column "colour"' in words(shown)
    assert piece(shown, "dataset-sample-where").value == "colour=red"


def version(number: str, **more: Any) -> dict[str, Any]:
    return {
        "version": number,
        "level": "minor",
        "registered_at": "2026-11-26T20:39:36Z",
        "submitter": "ada",
        "log_message": "why",
        "removed": None,
        "events": [],
        **more,
    }


def test_the_history_is_newest_first_and_links_to_what_changed(viewer_of: ViewerOf) -> None:
    told = {
        "/datasets/homes/history": {
            "versions": [version("1.0.0", removed={"by": "ada"}), version("1.1.0"), version("1.2.0")]
        }
    }
    shown = part(viewer_of(answers(**told)), "history")
    assert [words(each) for each in pieces(shown, "Strong")] == ["1.2.0", "1.1.0", "1.0.0"]
    assert "/datasets/homes?tab=history&old=1.1.0&new=1.2.0" in links(shown).values()
    # What was removed has no page.
    assert "1.0.0" not in links(shown)
    assert "removed" in words(shown)


def test_the_difference_of_two_versions_is_a_table() -> None:
    change = {"part": "metadata", "key": "tags", "kind": "changed", "old": ["a"], "new": {"b": 1}}
    found = {"old": "1", "new": "2", "level": "patch", "counts": {"changed": 1, "added": 0}, "changes": [change]}
    text = words(versions.difference(found))
    assert "1 changed. " in text
    assert "b = 1" in text
    assert "do not differ" in words(versions.difference({**found, "changes": []}))
