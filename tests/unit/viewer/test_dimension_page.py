"""The page of a dimension."""

from __future__ import annotations

import pytest
from tests.unit.viewer.showing import links, piece, pieces, problem, words

from dsgrid.viewer.pages.dimension import colourings, parts_of
from dsgrid.viewer.parts.grid import ids
from dsgrid.viewer.parts.sides import mapped_name

HEAD = {
    "dimension": "conus/county",
    "version": "1.0.0",
    "name": "county",
    "description": "All <b>counties</b>",
    "registered_at": "2026-11-26T20:39:35.270376Z",
    "submitter": "ada",
    "log_message": "first",
    "used_by": [],
    "versions": [{"version": "1.1.0"}, {"version": "1.0.0"}],
}
RECORDS = [
    {"id": "06037", "name": "Los Angeles", "state": "CA", "homes": 3_300_000},
    {"id": "36047", "name": "Kings", "state": "NY", "homes": 972_000},
]
COUNTY = {**HEAD, "type": "geography", "class": "county", "records": 2, "all_records": RECORDS}
TIME = {
    **HEAD,
    "dimension": "conus/time",
    "type": "time",
    "time": {
        "kind": "datetime",
        "start": "2018-01-01 00:00",
        "end": "2018-12-31 23:00",
        "step": "1h",
        "zone": "-05:00",
        "interval": "period_ending",
        "measurement": "total",
    },
}
USES = [
    {"kind": "project", "id": "conus", "version": "2.0.0", "role": "base", "name": "county", "of": ""},
    {"kind": "mapping", "id": "conus/county:state", "version": "1.0.0", "role": "from", "of": "conus/state@1.0.0"},
    {"kind": "mapping", "id": "conus/zip:county", "version": "1.0.0", "role": "to", "of": "conus/zip@1.0.0"},
]
ANSWERS = {
    "/dimensions/conus/county": COUNTY,
    "/dimensions/conus/county@1.0.0/uses": {"items": USES, "total": 3, "next": None},
    "/dimensions/conus/county@1.0.0/records": {"items": RECORDS, "total": 2, "next": None},
    "/mappings/conus/county:state@1.0.0/sums": {
        "items": [{"id": "06037", "main": "CA"}, {"id": "36047", "main": None}],
        "total": 2,
        "next": None,
    },
    "/dimensions/conus/time": TIME,
    "/dimensions/conus/time@1.0.0/uses": {"items": [], "total": 0, "next": None},
}


def test_a_dimension_says_what_it_is_and_for_whom(viewer_of):
    shown = viewer_of(ANSWERS).show("/dimensions/conus/county")
    said = words(shown)
    assert words(pieces(shown, "H1")) == "conus/county"
    assert "Dimension · geography" in said
    assert "base dimension of 1 project" in said
    assert "2026-11-26 20:39 UTC, ada" in said
    assert "All <b>counties</b>" in said


def test_a_newer_version_is_pointed_at(viewer_of):
    shown = viewer_of(ANSWERS).show("/dimensions/conus/county")
    assert links(shown)["conus/county@1.1.0"] == "/dimensions/conus/county@1.1.0"


def test_records_are_a_grid_with_the_attributes_as_columns(viewer_of):
    shown = viewer_of(ANSWERS).show("/dimensions/conus/county")
    found = piece(shown, ids("dimension-records"))
    assert [each["field"] for each in found.columnDefs] == ["id", "name", "state", "homes"]
    assert found.columnDefs[3]["type"] == "rightAligned"
    assert piece(shown, {"grid": "dimension-records", "part": "source"}).data["path"] == (
        "/dimensions/conus/county@1.0.0/records"
    )


def test_only_geographies_with_shapes_have_a_map():
    assert "map" in parts_of(COUNTY)
    assert "map" not in parts_of({**COUNTY, "type": "sector"})
    assert "map" not in parts_of({**COUNTY, "all_records": [{"id": "p1", "name": "p1"}]})
    assert "map" not in parts_of({**COUNTY, "records": 0, "all_records": []})


def test_a_map_is_coloured_by_an_attribute_or_by_the_target_of_a_mapping(viewer_of):
    viewer = viewer_of(ANSWERS)
    (graph,) = pieces(viewer.show("/dimensions/conus/county?tab=map"), "Graph")
    assert graph.figure["data"][-1]["z"] == [3_300_000, 972_000]
    address = "/dimensions/conus/county?tab=map&colour=m:conus/county:state@1.0.0"
    (graph,) = pieces(viewer.show(address), "Graph")
    assert [trace["locations"] for trace in graph.figure["data"][2:]] == [["36047"], ["06037"]]
    assert "state: CA" in graph.figure["data"][-1]["text"][0]


def test_a_colour_that_there_is_not_is_the_first_that_there_is(viewer_of):
    (graph,) = pieces(viewer_of(ANSWERS).show("/dimensions/conus/county?tab=map&colour=a:gone"), "Graph")
    assert graph.figure["data"][-1]["z"] == [3_300_000, 972_000]


def test_what_colours_a_map_is_numbers_first_and_nothing_that_differs_everywhere():
    records = [
        {"id": f"{number}", "name": "", "state": "CA", "key": f"k{number}", "homes": number, "none": None}
        for number in range(200)
    ]
    groups = colourings(records, USES)
    assert [name for _, name in groups["Attributes"]] == ["homes", "state"]
    assert groups["Where it is mapped to"] == [("m:conus/county:state@1.0.0", "conus/county:state@1.0.0")]
    assert groups["What is mapped to it"] == [("f:conus/zip:county@1.0.0", "conus/zip:county@1.0.0")]
    assert len(groups["Number of associations"]) == 2
    assert colourings([], []) == {}


@pytest.mark.parametrize(
    ("reference", "name"), [("conus/county:state@1.0.0", "state"), ("c/d/a:b", "b"), ("census/up@1.0.0", "up")]
)
def test_the_target_of_a_mapping_has_the_end_of_its_name(reference, name):
    assert mapped_name(reference) == name


def test_what_uses_it_is_told_with_links(viewer_of):
    shown = viewer_of(ANSWERS).show("/dimensions/conus/county?tab=uses")
    found = links(shown)
    assert found["conus@2.0.0"] == "/projects/conus@2.0.0"
    assert found["conus/county:state@1.0.0"] == "/mappings/conus/county:state@1.0.0"
    assert found["conus/zip@1.0.0"] == "/dimensions/conus/zip@1.0.0"
    assert "base dimension county" in words(shown)


def test_a_time_dimension_is_told_in_words(viewer_of):
    shown = viewer_of(ANSWERS).show("/dimensions/conus/time")
    said = words(shown)
    assert "2018-01-01 00:00 to 2018-12-31 23:00" in said
    assert "UTC-05:00" in said
    assert "the end of its period" in said
    assert "Map" not in links(shown)
    assert "used by no project and no dataset" in said


def test_versions_are_listed_with_what_they_differ_in(viewer_of):
    history = [
        {
            "version": each,
            "level": "new",
            "registered_at": None,
            "submitter": "ada",
            "log_message": why,
            "removed": gone,
        }
        for each, why, gone in (("1.0.0", "first", None), ("1.0.1", "wrong", {"by": "ada"}), ("1.1.0", "more", None))
    ]
    change = {"change": "added", "key": "09001"}
    difference = {"old": "1.0.0", "new": "1.1.0", "level": "minor", "counts": {"records": 1}, "changes": [change]}
    answers = {
        **ANSWERS,
        "/dimensions/conus/county/history": {"versions": history},
        "/dimensions/conus/county/diff": difference,
    }
    shown = viewer_of(answers).show("/dimensions/conus/county?tab=versions")
    found = links(shown)
    assert found["1.1.0"] == "/dimensions/conus/county@1.1.0"
    assert "1.0.1" not in found
    assert "removed" in words(shown)
    assert "A minor update: 1 records" in words(shown)
    assert "09001" in words(shown)


def test_a_dimension_that_there_is_not_says_so_with_its_name(viewer_of):
    answers = {"/dimensions/conus/city": problem(404, "not found", 'no dimension "conus/city"')}
    shown = viewer_of(answers).show("/dimensions/conus/city")
    assert 'no dimension "conus/city"' in words(shown)
    assert len(pieces(shown, "H1")) == 1


def test_without_an_id_all_dimensions_are_listed(viewer_of):
    shown = viewer_of().show("/dimensions")
    assert piece(shown, {"grid": "dimension-all", "part": "source"}).data["path"] == "/dimensions"


def test_the_page_of_a_real_server_is_shown(real_viewer_of):
    viewer = real_viewer_of("reader")
    for tab in ("records", "uses", "versions"):
        shown = viewer.show(f"/dimensions/two_counties/county?tab={tab}")
        assert words(pieces(shown, "H1")) == "two_counties/county"
        assert not [each for each in pieces(shown) if getattr(each, "role", "") == "alert"], words(shown)
