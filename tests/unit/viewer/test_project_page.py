"""The page of a project: what it shows of what the server says, and what its address means."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from tests.unit.viewer.conftest import ViewerOf
from tests.unit.viewer.showing import Viewer, links, pieces, problem, words

from dsgrid.viewer.pages.project.cells import COLUMNS, cell, share
from dsgrid.viewer.pages.project.changes import changes, in_line
from dsgrid.viewer.pages.project.coverage import coarser, first_dimension
from dsgrid.viewer.pages.project.datasets import chosen_rows
from dsgrid.viewer.pages.project.heat import figure, shares
from dsgrid.viewer.pages.project.overview import years_in_words
from dsgrid.viewer.pages.project.requirements import how_many
from dsgrid.viewer.pages.project.told import breakable, nested, span_of
from dsgrid.viewer.pages.project.versions import pair

TABS = ("overview", "dimensions", "datasets", "requirements", "coverage", "versions")
ODD = 'lab/homes:2018 "<b>&'


def version(number: str) -> dict[str, Any]:
    return {
        "version": number,
        "registered_at": "2026-11-26T20:39:35Z",
        "submitter": "ann",
        "log_message": f"As {number}",
    }


def project(**changed: Any) -> dict[str, Any]:
    return {
        "project": "two",
        "version": "1.0.0",
        "name": "Two",
        "description": "",
        **{name: text for name, text in version("1.0.0").items() if name != "version"},
        "time": {"name": "time", "kind": "none"},
        "base": [
            {"name": "sector", "type": "sector", "class": "sector", "records": 2, "dimension": "two/sector@1.0.0"}
        ],
        "supplemental": [],
        "subsets": [],
        "datasets": [],
        "metadata": {},
        "used_by": [],
        "versions": [version("1.0.0")],
        **changed,
    }


def dataset(id_: str = "homes", **changed: Any) -> dict[str, Any]:
    return {
        "dataset": id_,
        "version": "1.0.0",
        "status": "accepted",
        "required": True,
        "reason": "",
        "submitted_at": "2026-11-26T20:39:35Z",
        "submitter": "ann",
        "kind": "modeled",
        "metric_class": "energy_end_use",
        "rows": 1_471_680,
        "bytes": 5_126_212,
        "missing": 36,
        "registered_at": "2026-11-26T20:39:35Z",
        "description": "Homes of all kinds",
        **changed,
    }


def covered(**changed: Any) -> dict[str, Any]:
    row = {"dataset": "homes", "version": "1.0.0", "status": "accepted", "base": "sector", "is_other": False}
    row |= {"required": [768, 0], "present": [668, 0], "reached": [True, True]}
    sums = {"required": 768, "present": 668, "full": 0, "part": 1, "none": 0, "beyond": 1}
    return {
        "reference": "two@1.0.0",
        "dimension": {"name": "sector", "kind": "base"},
        "total": 2,
        "gaps": 1,
        "first": 0,
        "records": [{"id": "com", "name": "Commercial"}, {"id": "res", "name": "Residential"}],
        "datasets": [{**row, "sums": sums, **changed}],
    }


def called(viewer: Viewer, output: str, trigger: str, value: Any) -> Any:
    """Return what a callback puts into a place, as the browser asks for it."""
    asked = {
        "output": f"{output}.children",
        "outputs": {"id": output, "property": "children"},
        "inputs": [{"id": trigger, "property": "data", "value": value}],
        "changedPropIds": [f"{trigger}.data"],
    }
    answer = viewer.client.post("/_dash-update-component", json=asked)
    assert answer.status_code == 200, answer.data
    return answer.json["response"][output]["children"]


# The whole page ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tab", TABS)
def test_each_part_of_a_real_project_is_shown_to_a_reader_under_one_heading(real_viewer_of: ViewerOf, tab: str) -> None:
    shown = real_viewer_of("reader").show(f"/projects/two_counties?tab={tab}")
    assert [words(each) for each in pieces(shown, "H1")] == ["Two counties"]
    assert not [each for each in pieces(shown) if "failed" in (getattr(each, "className", None) or "")], words(shown)
    assert links(shown)["Ask this project"] == "/build?project=two_counties"
    assert links(shown)["Lineage"] == "/lineage/project%20two_counties@1.0.0"
    chosen = [each for each in pieces(shown, "Link") if getattr(each, "className", "") == "tab chosen"]
    assert [words(each).lower() for each in chosen] == [tab]


def test_a_tab_that_there_is_not_shows_the_first(viewer_of: ViewerOf) -> None:
    shown = viewer_of({"/projects/two": project()}).show("/projects/two?tab=nothing")
    assert "The project requires no datasets" in words(shown)


def test_a_project_that_there_is_not_is_told_by_the_server(viewer_of: ViewerOf) -> None:
    shown = viewer_of({"/projects/to": problem(404, "not found", 'no project "to"; did you mean "two"')}).show(
        "/projects/to"
    )
    assert 'did you mean "two"' in words(shown)
    assert [words(each) for each in pieces(shown, "H1")] == ["to"]


def test_without_a_reference_the_page_leads_to_the_projects(viewer_of: ViewerOf) -> None:
    assert links(viewer_of().show("/projects"))["All projects"] == "/"


def test_an_older_version_leads_to_the_newest_and_to_what_changed(viewer_of: ViewerOf) -> None:
    old = project(versions=[version("1.1.0"), version("1.0.0")])
    shown = viewer_of({"/projects/two@1.0.0": old}).show("/projects/two@1.0.0?tab=coverage")
    found = links(shown)
    assert "an older version" in words(shown)
    assert found["Show the newest, 1.1.0"] == "/projects/two?tab=coverage"
    assert found["What changed since"] == "/projects/two?tab=versions&old=1.0.0&new=1.1.0"
    assert found["Ask this project"] == "/build?project=two%401.0.0"
    newest = viewer_of({"/projects/two": project()}).show("/projects/two")
    assert "older" not in words(newest)


def test_odd_characters_are_text_and_part_of_addresses(viewer_of: ViewerOf) -> None:
    told = project(description="<script>alert(1)</script>", metadata={"origin": {"url": "javascript:alert(1)"}})
    answers = {"/projects/two": told, "/projects/two/datasets": {"items": [dataset(ODD)]}}
    viewer = viewer_of(answers)
    shown = viewer.show("/projects/two")
    assert "<script>alert(1)</script>" in words(shown)
    assert not any(str(each).startswith("javascript") for each in links(shown).values())
    rows = viewer.show("/projects/two?tab=datasets")
    assert "/datasets/lab/homes:2018%20%22%3Cb%3E%26@1.0.0" in links(rows).values()


# Its parts -----------------------------------------------------------------------------------------------------------


def test_the_overview_says_what_is_submitted_and_what_is_not(viewer_of: ViewerOf) -> None:
    rows = [
        {"dataset": "homes", "submitted": "1.0.0", "status": "accepted", "reason": ""},
        {"dataset": "shops", "submitted": "", "status": "invalidated", "reason": "does not fit"},
        {"dataset": "cars", "submitted": "", "status": "not submitted", "reason": ""},
    ]
    used = [{"kind": "dataset", "id": "made", "version": "1.0.0"}, {"kind": "query", "id": "q", "version": "r1"}]
    metadata = {"tags": ["loads"], "origin": {"doi": "https://doi.org/10.1234/5"}}
    shown = viewer_of({"/projects/two": project(datasets=rows, used_by=used, metadata=metadata)}).show("/projects/two")
    found = links(shown)
    assert "1 of 3 datasets" in words(shown)
    assert (found["homes"], found["shops"], "cars" in found) == ("/datasets/homes@1.0.0", "/datasets/shops", False)
    assert (found["made@1.0.0"], found["https://doi.org/10.1234/5"]) == (
        "/datasets/made@1.0.0",
        "https://doi.org/10.1234/5",
    )
    assert "loads" in words(shown)


def test_datasets_are_chosen_by_their_state_and_by_words() -> None:
    rows = [dataset(), dataset("shops", status="unregistered", version="", description=None), dataset("cars")]
    assert [row["dataset"] for row in chosen_rows(rows, "accepted", "")] == ["homes", "cars"]
    assert [row["dataset"] for row in chosen_rows(rows, "", "KINDS homes")] == ["homes", "cars"]
    assert [row["dataset"] for row in chosen_rows(rows, "unregistered", "shop")] == ["shops"]
    assert chosen_rows(rows, "accepted", "shops") == []


def test_datasets_have_numbers_with_separators_and_units(viewer_of: ViewerOf) -> None:
    lost = dataset("shops", status="invalidated", reason='lacks "2050"', submitted_at=None)
    answers = {"/projects/two": project(), "/projects/two/datasets": {"items": [dataset(), lost]}}
    viewer = viewer_of(answers)
    shown = words(viewer.show("/projects/two?tab=datasets"))
    for said in ("1,471,680", "5.1 MB", "2026-11-26 20:39 UTC", 'lacks "2050"', "2 datasets, 2,943,360 rows"):
        assert said in shown
    assert "1 of 2 datasets" in words(viewer.show("/projects/two?tab=datasets&status=invalidated"))
    nothing = viewer.show("/projects/two?tab=datasets&search=boats")
    assert links(nothing)["Show all datasets"] == "/projects/two?tab=datasets"


def test_requirements_name_few_records_of_all_datasets_and_all_of_one(viewer_of: ViewerOf) -> None:
    def type_(name: str, required: int, of: int, shown: int) -> dict[str, Any]:
        records = [{"id": f"r{number}", "name": f"Record {number}"} for number in range(shown)]
        return {
            "type": name,
            "base": ["sector"],
            "is_all": required == of,
            "required": required,
            "of": of,
            "records": records,
        }

    together = [[type_("metric", 1, 8, 1), type_("scenario", 2, 2, 2)]]

    def answer(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/requirements"):
            return httpx.Response(
                200, json={"name": "ada", "role": "reader"} if "/me" in str(request.url) else project()
            )
        shown = min(40, int(request.url.params["records"]))
        types = [type_("sector", 1, 2, 1), type_("geography", 3108, 3108, shown), type_("subsector", 45, 90, shown)]
        return httpx.Response(200, json={"items": [{"dataset": "homes", "types": types, "together": together}]})

    viewer = viewer_of(answer)
    every = viewer.show("/projects/two?tab=requirements")
    assert "all 3,108" in words(every)
    assert "45 of 90 Record 0, Record 1, Record 2 …" in words(every)
    assert links(every)["homes"] == "/projects/two?tab=requirements&dataset=homes"
    one = viewer.show("/projects/two?tab=requirements&dataset=homes")
    assert "Record 39" in words(one)
    assert "and 3,068 more" in words(one)
    assert "Combinations" in words(one)
    assert "all 2 Record 0, Record 1" in words(one)


def test_coverage_is_asked_for_when_the_page_is_there_and_tells_numbers_in_each_cell(viewer_of: ViewerOf) -> None:
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        if request.url.path.endswith("/me"):
            return httpx.Response(200, json={"name": "ada", "role": "reader"})
        if request.url.path.endswith("/coverage"):
            return httpx.Response(200, json=covered())
        return httpx.Response(200, json=project(datasets=[{"dataset": "homes"}]))

    viewer = viewer_of(answer)
    shown = viewer.show("/projects/two?tab=coverage&gaps=yes&first=60")
    assert not [url for url in asked if url.path.endswith("/coverage")], "the page does not wait for it"
    (store,) = pieces(shown, "Store")
    told = json.dumps(called(viewer, "project-coverage", "project-coverage-asked", store.data))
    assert "668 of 768" in told
    assert "87%" in told
    assert "has data, none is required" in told
    (url,) = [url for url in asked if url.path.endswith("/coverage")]
    assert dict(url.params) == {"dimension": "sector", "gaps": "true", "first": "60", "limit": str(COLUMNS)}


def test_coverage_says_why_there_is_nothing_to_show(viewer_of: ViewerOf) -> None:
    viewer = viewer_of({"/projects/two": project(), "/projects/two/coverage": covered()})
    assert "nothing to cover yet" in words(viewer.show("/projects/two?tab=coverage"))
    asked = {"reference": "two", "dimension": "sector", "dataset": "boats"}
    told = json.dumps(called(viewer, "project-coverage", "project-coverage-asked", asked))
    assert "No dataset of this project has" in told
    gone = viewer_of({"/projects/two/coverage": problem(404, "not found", 'no dimension "x"')})
    told = json.dumps(called(gone, "project-coverage", "project-coverage-asked", {**asked, "dimension": "x"}))
    assert 'no dimension \\"x\\"' in told


def test_many_records_are_a_picture_and_pages_of_a_table(viewer_of: ViewerOf) -> None:
    records = [{"id": f"c{number}", "name": f"County {number}"} for number in range(COLUMNS)]
    row = covered(required=[2] * COLUMNS, present=[1] * COLUMNS, reached=[True] * COLUMNS)
    answers = {"/projects/two/coverage": {**row, "records": records, "total": 3108, "first": COLUMNS}}
    viewer = viewer_of(answers)
    asked = {"reference": "two", "dimension": "county", "coarser": ["state"]}
    told = json.dumps(called(viewer, "project-coverage", "project-coverage-asked", asked))
    assert "3,108 records of sector are more than a table has room for" in told
    assert "/projects/two?tab=coverage&dimension=state" in told
    assert "61 to 120 of 3,108" in told
    assert "first=3060" in told
    drawn = json.dumps(called(viewer, "project-coverage-heat", "project-coverage-whole", asked))
    assert '"heatmap"' in drawn


def test_a_composite_is_marked_in_the_coverage_and_nothing_is_due(viewer_of: ViewerOf) -> None:
    row = covered(required=[0, 0], present=[0, 0], reached=[True, False])
    (dataset,) = row["datasets"]
    sums = {**dataset["sums"], "required": 0, "present": 0}
    offices = {**dataset, "dataset": "offices", "status": "composite", "sums": sums}
    viewer = viewer_of({"/projects/two/coverage": {**row, "datasets": [dataset, offices]}})
    asked = {"reference": "two", "dimension": "sector"}
    told = json.dumps(called(viewer, "project-coverage", "project-coverage-asked", asked))
    assert "The result of a query, which other queries can read." in told
    assert "nothing required" in told
    assert '"due"' not in told
    drawn = json.dumps(called(viewer, "project-coverage-heat", "project-coverage-whole", asked))
    assert "offices" not in drawn, "of what is required it has no share"


def test_versions_are_told_with_what_happened_and_two_of_them_are_compared(viewer_of: ViewerOf) -> None:
    event = {"action": "invalidated", "dataset_id": "homes", "dataset_version": "1.0.0", "reason": "lacks 2050"}
    event |= {"number": 2, "registered_at": "2026-11-26T20:39:35Z", "submitter": "ann", "log_message": "Again"}
    gone = {"registered_at": "2026-11-27T20:39:35Z", "submitter": "cyd", "log_message": "A mistake"}
    rows = [
        {**version("1.0.0"), "level": "new", "number": 1, "job": "", "removed": None, "aliases": [], "events": []},
        {**version("1.0.1"), "level": "patch", "number": 3, "job": "", "removed": gone, "aliases": [], "events": []},
        {
            **version("1.1.0"),
            "level": "minor",
            "number": 2,
            "job": "",
            "removed": None,
            "aliases": [],
            "events": [event],
        },
    ]
    diff = {"old": "1.0.0", "new": "1.1.0", "id": "two", "kind": "project", "level": "patch"}
    diff |= {"counts": {"added": 0, "removed": 0, "changed": 1}, "changes": []}
    answers = {"/projects/two": project(), "/projects/two/history": {"versions": rows}, "/projects/two/diff": diff}
    viewer = viewer_of(answers)
    shown = viewer.show("/projects/two?tab=versions")
    said = words(shown)
    assert said.index("As 1.1.0") < said.index("As 1.0.0"), "the newest first"
    assert "lacks 2050" in said
    assert "2026-11-27 20:39 UTC by cyd: A mistake" in said
    assert "1.0.1" not in links(shown), "what was removed has no page"
    (store,) = pieces(shown, "Store")
    assert store.data == {"id": "two", "old": "1.0.0", "new": "1.1.0"}
    assert "1 changed" in json.dumps(called(viewer, "project-diff", "project-diff-asked", store.data))


# Pure ----------------------------------------------------------------------------------------------------------------


def test_a_share_is_never_rounded_to_nothing_or_to_all() -> None:
    assert [share(part, 1000) for part in (0, 1, 10, 500, 999, 1000)] == ["0%", "<1%", "1%", "50%", ">99%", "100%"]
    assert shares([1000] * 4, [0, 1, 999, 1000]) == [0, 0.001, 0.999, 1]
    assert shares([10**7, 10**7], [1, 10**7 - 1]) == [0.001, 0.999]
    assert shares([0, 5], [0, 0], is_there=False) == [None, -1]


@pytest.mark.parametrize(
    ("required", "present", "is_reached", "is_there", "kind"),
    [
        (8, 8, True, True, "full"),
        (8, 4, True, True, "part"),
        (8, 0, False, True, "none"),
        (8, 0, False, False, "due"),
        (0, 0, True, True, "beyond"),
        (0, 0, False, True, "free"),
        (None, None, True, True, "unknown"),
    ],
)
def test_each_cell_says_how_much_is_there(
    required: int | None, present: int | None, is_reached: bool, is_there: bool, kind: str
) -> None:
    assert cell(required, present, is_reached, is_there).kind == kind


def test_the_dimension_that_is_shown_first_has_some_records_and_not_too_many() -> None:
    bases = [
        {"name": "county", "type": "geography", "records": 3108},
        {"name": "year", "type": "model_year", "records": 3},
    ]
    assert first_dimension([*bases, {"name": "use", "type": "sector", "records": 1}]) == "year"
    assert first_dimension([*bases, {"name": "use", "type": "sector", "records": 2}]) == "use"
    assert first_dimension(bases[:1]) == "county"


def test_coarser_dimensions_are_those_of_the_same_base_that_fit_a_table() -> None:
    sizes = {"state": 49, "zone": 134, "all": 1}
    told = {"supplemental": [{"name": name, "of": "county", "records": size} for name, size in sizes.items()]}
    assert coarser(told, "county") == ["state"]
    assert coarser(told, "sector") == []


@pytest.mark.parametrize(
    ("old", "new", "chosen"),
    [
        ("", "", ("2.0.0", "3.0.0")),
        ("1.0.0", "", ("1.0.0", "3.0.0")),
        ("", "2.0.0", ("1.0.0", "2.0.0")),
        ("", "1.0.0", ("3.0.0", "1.0.0")),
        ("9", "8", ("2.0.0", "3.0.0")),
    ],
)
def test_the_versions_to_compare_are_those_named_or_the_newest_and_the_one_before(
    old: str, new: str, chosen: tuple[str, str]
) -> None:
    assert pair(["1.0.0", "2.0.0", "3.0.0"], old, new) == chosen
    assert pair(["1.0.0"], old, new) is None


def test_changes_stand_in_their_parts_with_what_was_before_and_after() -> None:
    def change(action: str, where: str, key: str, old: Any = None, new: Any = None) -> dict[str, Any]:
        what = "key" if key == "name" else "record"
        return {"action": action, "what": what, "where": where, "key": key, "level": "minor", "old": old, "new": new}

    many = [change("added", "base.county", f"c{number}", new={"name": f"County {number}"}) for number in range(20)]
    found = {"id": "two", "old": "1.0.0", "new": "1.1.0", "level": "minor"}
    found |= {
        "counts": {"added": 30, "removed": 0, "changed": 1},
        "changes": [change("changed", "", "name", "A", "B"), *many],
    }
    shown = changes(found)
    assert [words(each) for each in pieces(shown, "H3")] == ["The project itself 1 changed", "base.county 20 added"]
    assert (words(pieces(shown, "Del")), words(pieces(shown, "Ins"))) == ("A", "B")
    assert "c19 : name: County 19" in words(shown)
    assert "The first 21 changes of 31" in words(shown)
    same = changes({**found, "counts": {"added": 0, "removed": 0, "changed": 0}, "changes": []})
    assert "hold the same" in words(same)


def test_values_are_written_in_a_line_without_what_is_empty() -> None:
    assert in_line({"sector": ["com", "res"], "together": [], "on": True}) == "sector: com, res; on: yes"
    assert in_line([{"a": 1.0}, {"b": [2, 0.25]}]) == "(a: 1), (b: 2, 0.25)"


def test_the_picture_tells_datasets_with_alike_names_apart() -> None:
    ids = [f"growth_factors_of_{name}_energy_use_in_all_counties" for name in ("commercial", "residential")]
    rows = [{"dataset": id_, "version": "1.0.0", "status": "accepted", "required": [1], "present": [1]} for id_ in ids]
    drawn = figure(rows, [{"id": "06037", "name": "Los Angeles"}], "county")
    assert drawn["data"][0]["y"] == [f"{id_}@1.0.0" for id_ in ids]
    assert drawn["data"][0]["x"] == ["Los Angeles (06037)"]
    assert all(len(text) <= 44 for text in drawn["layout"]["yaxis"]["ticktext"])


def test_small_words() -> None:
    assert years_in_words(["2018", "2030"], 5) == "2018, 2030 and 3 more"
    assert how_many({"required": 3108, "of": 3108, "is_all": True}) == "all 3,108"
    assert how_many({"required": 0, "of": 3108, "is_all": False}) == "none"
    assert span_of(
        {"kind": "datetime", "start": "2018-01-01", "end": "2018-12-31", "step": "1h", "zone": "-07:00"}
    ) == ("2018-01-01 to 2018-12-31 (UTC-07:00), every hour")
    assert span_of({"kind": "annual", "years": [2010, 2020]}) == "annual, 2010 and 2020"
    assert span_of({"kind": "annual", "years": [*range(2020, 2051, 5)]}) == "annual, 2020 to 2050 (7 years)"
    assert "".join(each for each in breakable("a_b/c:d-e") if isinstance(each, str)) == "a_b/c:d-e"
    assert words(nested({"a_b": [1, 2], "c": [{"d": None}]})) == "a b 1, 2 c d –"
