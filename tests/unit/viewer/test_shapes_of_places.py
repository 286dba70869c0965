"""Which shapes records have: by their ids in all the ways that they are written, and by their names."""

from __future__ import annotations

import itertools
import json
from collections import Counter

import pytest

from dsgrid.viewer.parts.shapes import FOLDER, all_places, bounds_of, shapes_for, state_of, title_of


@pytest.mark.parametrize(
    "id_", ["06037", "6037", "G0600370", "0500000US06037"], ids=["fips", "without zero", "nhgis", "census"]
)
def test_counties_are_known_by_their_codes(id_):
    found = shapes_for([id_])
    assert found is not None
    assert (found.level, dict(found.places), found.file) == ("counties", {id_: "06037"}, "assets/shapes/counties.json")


@pytest.mark.parametrize("id_", ["CA", "ca", "US-CA", "G060", "0400000US06", "California", "california"])
def test_states_are_known_by_their_codes_and_names(id_):
    found = shapes_for([id_])
    assert found is not None
    assert (found.level, dict(found.places)) == ("states", {id_: "CA"})


@pytest.mark.parametrize(
    ("name", "state", "place"),
    [
        ("LOS ANGELES", "CA", "06037"),
        ("Los Angeles County", "California", "06037"),
        ("Doña Ana", "NM", "35013"),
        ("Dona Ana", "35", "35013"),
        ("Saint Louis", "MO", "29189"),
        ("St. Louis city", "MO", "29510"),
        ("Alexandria", "VA", "51510"),
        ("LaSalle Parish", "LA", "22059"),
        ("Kings County, NY", "", "36047"),
    ],
)
def test_counties_without_codes_are_known_by_name_within_their_state(name, state, place):
    found = shapes_for(["z1"], [name], [state])
    assert found is not None
    assert dict(found.places) == {"z1": place}


def test_a_name_alone_is_no_county():
    assert shapes_for(["z1", "z2"], ["Orange", "Kings"]) is None


def test_records_without_a_shape_are_told_in_their_order():
    found = shapes_for(["99999", "06037", "36047", "nowhere", "09001", "09110"])
    assert found is not None
    # Connecticut's planning regions came after these shapes.
    assert found.without == ("99999", "nowhere", "09110")


def test_counties_that_have_changed_their_name_are_the_same_place():
    found = shapes_for(["46113", "02270"])
    assert found is not None
    assert list(found.places.values()) == ["46102", "02158"]


@pytest.mark.parametrize(
    "ids",
    [[], ["p1", "p2", "p3"], ["01", "02", "03", "04"], ["CA", "x1", "x2"], ["conus"], ["", " "]],
    ids=["none", "zones", "climate zones", "mostly others", "a country", "blank"],
)
def test_what_is_mostly_something_else_is_no_map(ids):
    assert shapes_for(ids) is None


def test_a_code_wins_over_a_name_that_says_something_else():
    assert dict(shapes_for(["06037"], ["Kings County"], ["NY"]).places) == {"06037": "06037"}


def test_shapes_have_names_and_states():
    assert title_of("counties", "06037") == "Los Angeles, CA"
    assert title_of("states", "CA") == "California"
    assert title_of("counties", "nowhere") == "nowhere"
    assert (state_of("counties", "36047"), state_of("states", "NY")) == ("NY", "NY")
    west, south, east, north = bounds_of("states", ["CA", "NV"])
    assert (round(west), round(south), round(east), round(north)) == (-124, 33, -114, 42)


@pytest.mark.parametrize(("level", "number", "largest"), [("states", 51, 150_000), ("counties", 3_142, 900_000)])
def test_files_of_shapes_are_whole_and_small_and_share_their_borders(level, number, largest):
    path = FOLDER / f"{level}.json"
    assert path.stat().st_size < largest
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    assert len({each["id"] for each in features}) == len(features) == number == len(all_places(level))
    edges: Counter[tuple] = Counter()
    for each in features:
        parts = each["geometry"]["coordinates"]
        for part in [parts] if each["geometry"]["type"] == "Polygon" else parts:
            for ring in part:
                assert ring[0] == ring[-1]
                assert len(ring) >= 4
                assert all(-180 <= x <= 180 and 18 <= y <= 72 for x, y in ring)
                edges.update(tuple(sorted((tuple(a), tuple(b)))) for a, b in itertools.pairwise(ring))
            # Clockwise outside: a browser would colour everything but the shape.
            assert _area(part[0]) < 0
    # An edge is a border of two shapes, or the coast of one.
    assert set(edges.values()) <= {1, 2}
    assert sum(count == 2 for count in edges.values()) > len(features)


def _area(ring):
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring)) / 2
