"""The lineage of things: what is drawn, what is drawn as one, and the lists that say the same."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import httpx
import pytest
from tests.unit.viewer.conftest import ViewerOf
from tests.unit.viewer.showing import links, piece, pieces, problem, words

from dsgrid.viewer.pages.lineage.drawing import LONGEST, drawn, shortened
from dsgrid.viewer.pages.lineage.graph import CROWD, LARGE, Thing, Walk, boxes_of, crowds, overview_of, walk_of
from dsgrid.viewer.pages.lineage.panel import group_panel, panel, thing_of
from dsgrid.viewer.pages.lineage.tree import MOST, tree

HOSTILE = "<script>alert(1)</script>"


def node(kind: str, id_: str, version: str = "1.0.0", **more: bool) -> dict[str, Any]:
    return {"kind": kind, "id": id_, "version": version, "derived": False, "composite": False, **more}


def link(parent: dict[str, Any], child: dict[str, Any]) -> dict[str, Any]:
    plain = [{name: each[name] for name in ("kind", "id", "version")} for each in (parent, child)]
    return {"parent": plain[0], "child": plain[1]}


def document(mappings: int = 2, datasets: int = 2) -> dict[str, Any]:
    project = node("project", "p")
    state = node("dimension", "p/state")
    used = [node("mapping", f"p/m{number}") for number in range(mappings)]
    above = [node("submission", f"p/d{number}", "1.0.0+1.0.0") for number in range(datasets)]
    found = [link(project, each) for each in (*used, state)]
    found += [link(each, state) for each in used]
    found += [link(each, project) for each in above]
    return {"root": node("project", "p"), "nodes": [project, state, *used, *above], "links": found, "others": []}


def test_a_walk_knows_both_ways_from_its_root() -> None:
    walk = walk_of(document())
    assert {thing.id for thing in walk.reached(up=True)} == {"p/d0", "p/d1"}
    assert {thing.id for thing in walk.reached(up=False)} == {"p/m0", "p/m1", "p/state"}


def test_a_small_graph_is_drawn_thing_by_thing() -> None:
    walk = walk_of(document())
    boxes, drawn_links = boxes_of(walk, frozenset())
    assert [len(box.things) for box in boxes] == [1] * len(walk.things)
    assert len(drawn_links) == len(walk.links)
    assert crowds(walk) == {}


def test_many_of_a_kind_are_one_box_until_they_are_opened() -> None:
    walk = walk_of(document(mappings=LARGE, datasets=CROWD + 1))
    boxes, drawn_links = boxes_of(walk, frozenset())
    assert {(box.kind, len(box.things)) for box in boxes} == {
        ("project", 1),
        ("dimension", 1),
        ("mapping", LARGE),
        ("submission", CROWD + 1),
    }
    assert len(drawn_links) == 4
    opened, _ = boxes_of(walk, frozenset({"mapping"}))
    assert sorted(len(box.things) for box in opened if box.kind == "mapping") == [1] * LARGE
    assert crowds(walk) == {"submission": CROWD + 1, "mapping": LARGE}


def test_every_thing_is_in_exactly_one_box_and_the_root_in_its_own() -> None:
    root = Thing("dataset", "d0", "1.0.0")
    things = (root, *(Thing("dataset", f"e{number}", "1.0.0") for number in range(LARGE)))
    boxes, _ = boxes_of(Walk(root, things, tuple((root, each) for each in things[1:])), frozenset())
    assert sorted(thing for box in boxes for thing in box.things) == sorted(things)
    assert [box.things for box in boxes if box.is_root] == [(root,)]


def test_what_needs_the_root_and_what_it_is_made_of_are_never_one_box() -> None:
    root = Thing("project", "p", "1.0.0")
    above = [Thing("dataset", f"a{number}", "1.0.0") for number in range(LARGE)]
    below = [Thing("dataset", f"b{number}", "1.0.0") for number in range(LARGE)]
    walk = Walk(root, (root, *above, *below), (*((one, root) for one in above), *((root, one) for one in below)))
    boxes, drawn_links = boxes_of(walk, frozenset())
    assert sorted(len(box.things) for box in boxes) == [1, LARGE, LARGE]
    assert len(drawn_links) == 2


def test_an_overview_has_all_projects_and_datasets_also_those_that_nobody_submitted() -> None:
    projects = [{"id": "p", "version": "2.0.0"}]
    datasets = [{"id": "d", "version": "1.1.0"}, {"id": "alone", "version": "1.0.0"}]

    def submission(project: str, dataset: str) -> dict[str, str]:
        return {"project_id": "p", "project_version": project, "dataset_id": "d", "dataset_version": dataset}

    walk = overview_of(projects, datasets, [submission("1.0.0", "1.0.0"), submission("2.0.0", "1.0.0")])
    assert {(one.id, one.version) for one in walk.things} == {
        ("p", "2.0.0"),
        ("d", "1.1.0"),
        ("d", "1.0.0"),
        ("alone", "1.0.0"),
    }
    assert [(one.id, other.version) for one, other in walk.links] == [("p", "1.0.0")]


def test_labels_leave_out_what_is_known_and_say_versions_where_there_are_several() -> None:
    found = document()
    found["nodes"].append(node("mapping", "p/m0", "1.1.0"))
    found["nodes"].append(node("dataset", "made", derived=True))
    labels = {each["data"]["label"] for each in drawn(walk_of(found), frozenset())[0] if "label" in each["data"]}
    assert {"p@1.0.0", "m0@1.0.0", "m0@1.1.0", "m1", "state", "made (derived)"} <= labels


def test_long_labels_lose_their_middle_and_stay_short() -> None:
    assert shortened("abcdefghij", 10) == "abcdefghij"
    assert shortened("abcdefghijk", 10) == "abcd…ghijk"
    found = document()
    found["nodes"].append(node("dimension", "x" * 300 + "/end"))
    for each in drawn(walk_of(found), frozenset())[0]:
        assert len(each["data"].get("label", "")) <= LONGEST


def test_long_labels_that_are_alike_but_for_their_middles_say_what_differs() -> None:
    ids = [f"aeo2021_reference_{sector}_energy_use_growth_factors" for sector in ("commercial", "residential")]
    found = document()
    found["nodes"] += [node("dataset", id_) for id_ in (*ids, "comstock_conus_2022_of_all_counties_reference")]
    walk = walk_of(found)
    labels = [each["data"]["label"] for each in drawn(walk, frozenset())[0] if each["data"].get("kind") == "dataset"]
    assert len(set(labels)) == 3
    assert sorted("comm" in each for each in labels) == [False, False, True]
    assert sum(len(each) > LONGEST for each in labels) == 2


def test_links_are_drawn_between_boxes_that_are_there() -> None:
    elements, layout = drawn(walk_of(document()), frozenset())
    keys = {each["data"]["id"] for each in elements if "source" not in each["data"]}
    found = {(each["data"]["source"], each["data"]["target"]) for each in elements if "source" in each["data"]}
    assert {end for each in found for end in each} <= keys
    assert found == set(layout.links)


def bends(elements: list[dict[str, Any]]) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """Return the points at which links bend, from how Cytoscape is told of them."""
    boxes = {each["data"]["id"]: each for each in elements if "source" not in each["data"]}
    found = {}
    for each in elements:
        data = each["data"]
        if "source" in data:
            one, other = boxes[data["source"]], boxes[data["target"]]
            x, y = one["position"]["x"] + one["data"]["width"] / 2, one["position"]["y"]
            dx, dy = other["position"]["x"] - other["data"]["width"] / 2 - x, other["position"]["y"] - y
            long = (dx * dx + dy * dy) ** 0.5
            found[data["source"], data["target"]] = [
                (x + along * dx - beside * dy / long, y + along * dy + beside * dx / long)
                for along, beside in zip(data["weights"], data["distances"], strict=True)
            ]
    return found


def test_links_leave_and_arrive_level_also_behind_the_columns_of_a_tall_layer() -> None:
    things = [Thing("dataset", f"d{number}", "1.0.0") for number in range(60)]
    root, top = Thing("project", "p", "1.0.0"), Thing("query", "q", "1.0.0")
    for links_ in ([(root, each) for each in things], [(each, root) for each in things]):
        walk = Walk(root, (root, top, *things), (*links_, (top, root)))
        elements, _ = drawn(walk, frozenset({"dataset"}))
        heights = {each["data"]["id"]: each["position"].get("y") for each in elements if "position" in each}
        for (one, other), points in bends(elements).items():
            assert points[0][1] == pytest.approx(heights[one], abs=1e-6)
            assert points[-1][1] == pytest.approx(heights[other], abs=1e-6)
            assert all(left[0] <= right[0] + 1e-6 for left, right in pairwise(points))


def test_lists_have_all_that_is_reached_and_say_what_stands_above() -> None:
    walk = walk_of(document())
    shown = tree(walk, up=False, href=lambda thing: thing.reference)
    assert [words(each) for each in pieces(shown, "Link")] == [
        "p/m0@1.0.0",
        "p/state@1.0.0",
        "p/m1@1.0.0",
        "p/state@1.0.0",
        "p/state@1.0.0",
    ]
    assert words(shown).count("(above)") == 2
    assert set(links(tree(walk, up=True, href=lambda thing: thing.reference))) == {
        "p/d0@1.0.0+1.0.0",
        "p/d1@1.0.0+1.0.0",
    }


def test_lists_of_a_thing_that_needs_nothing_are_none() -> None:
    root = Thing("dimension", "d", "1.0.0")
    assert tree(Walk(root, (root,), ()), up=False, href=str) is None


def test_lists_end_somewhere_and_say_so() -> None:
    root = Thing("project", "p", "1.0.0")
    things = tuple(Thing("dimension", f"d{number}", "1.0.0") for number in range(MOST + 5))
    shown = tree(Walk(root, (root, *things), tuple((root, each) for each in things)), up=False, href=str)
    assert len(pieces(shown, "Link")) == MOST
    assert "Only the first 1,500 lines" in words(shown)


@pytest.mark.parametrize(
    "thing",
    [
        Thing("mapping", "p/d/region:county", "1.0.0"),
        Thing("submission", "p/d", "1.0.0+2.1.0"),
        Thing("query", "an odd @ name", "20261126T220953Z-5dd0cac1"),
    ],
)
def test_a_reference_names_one_thing(thing: Thing) -> None:
    assert thing_of(thing.reference) == thing


def test_a_submission_leads_to_its_project_and_its_dataset(viewer_of: ViewerOf) -> None:
    with viewer_of({}).at("/lineage/p") as visit:
        ways = links(panel(visit, Thing("submission", "p/d", "1.0.0+2.1.0"), is_root=False))
    assert ways["Open the project"] == "/projects/p@1.0.0"
    assert ways["Open the dataset"] == "/datasets/d@2.1.0"
    assert ways["Centre here"] == "/lineage/submission%20p/d@1.0.0+2.1.0"


def test_what_is_told_of_a_thing_is_asked_of_the_server_and_its_error_shown_in_place(viewer_of: ViewerOf) -> None:
    told = {"description": HOSTILE, "records": 3_234, "type": "geography", "registered_at": "2026-11-26T20:39:35Z"}
    with viewer_of({"/dimensions/p/state@1.0.0": told}).at("/") as visit:
        shown = panel(visit, Thing("dimension", "p/state", "1.0.0"), is_root=True)
        broken = panel(visit, Thing("dimension", "p/county", "1.0.0"), is_root=False)
    assert f"{HOSTILE} type geography records 3,234 registered 2026-11-26 20:39 UTC" in words(shown)
    assert "Centre here" not in links(shown)
    assert "nothing is at" in words(broken)
    assert links(broken)["Open the dimension"] == "/dimensions/p/county@1.0.0"


def test_many_that_are_drawn_as_one_can_be_drawn_all(viewer_of: ViewerOf) -> None:
    with viewer_of({}).at("/") as visit:
        shown = group_panel(visit, "mapping", 43, "/lineage/p?open=mapping")
    assert "43 mappings" in words(shown)
    assert links(shown)["Draw all mappings"] == "/lineage/p?open=mapping"


def test_what_stands_in_the_address_is_what_the_server_is_asked(viewer_of: ViewerOf) -> None:
    asked: list[tuple[str, dict[str, str]]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/me":
            return httpx.Response(200, json={"name": "ada", "role": "reader"})
        asked.append((request.url.path, dict(request.url.params)))
        return httpx.Response(200, json=document() if request.url.path.endswith("/graph") else {})

    shown = viewer_of(answer).show("/lineage/project%20p@1.0.0?walk=down&depth=2&at=2026-01-01")
    assert asked[0] == ("/v1/entries/project p@1.0.0/graph", {"up": "false", "depth": "2", "at": "2026-01-01"})
    ways = links(shown)
    assert ways["needed by"] == "/lineage/project%20p@1.0.0?walk=up&depth=2&at=2026-01-01"
    assert ways["all"] == "/lineage/project%20p@1.0.0?walk=down&at=2026-01-01"
    # What is followed from there keeps the way.
    assert ways["p/m0@1.0.0"] == "/lineage/mapping%20p/m0@1.0.0?walk=down&depth=2&at=2026-01-01"
    assert "Needed by" not in [words(each) for each in pieces(shown, "H3")]


@pytest.mark.parametrize("query", ["depth=0", "depth=-1", "depth=many", "walk=sideways", "open=nothing,,"])
def test_odd_words_in_the_address_are_no_defect(viewer_of: ViewerOf, query: str) -> None:
    shown = viewer_of({"/entries/p/graph": document()}).show(f"/lineage/p?{query}")
    assert "defect" not in words(shown)
    assert len(pieces(shown, "H1")) == 1


def test_an_id_of_several_kinds_asks_which_is_meant(viewer_of: ViewerOf) -> None:
    detail = '"homes" is the id of things of several kinds; use one of: "project homes", "dataset homes"'
    told = problem(400, "bad request", detail, error="UsageError")
    shown = viewer_of({"/entries/homes/graph": told}).show("/lineage/homes")
    assert {name: way for name, way in links(shown).items() if name != "Lineage"} == {
        "project": "/lineage/project%20homes",
        "dataset": "/lineage/dataset%20homes",
    }


def test_what_is_not_there_is_said_in_the_words_of_the_server(viewer_of: ViewerOf) -> None:
    told = problem(404, "not found", 'nothing in the registry has the id "x"; did you mean "xx"?')
    assert 'did you mean "xx"?' in words(viewer_of({"/entries/x/graph": told}).show("/lineage/x"))


def test_an_empty_registry_has_an_overview_that_says_so(viewer_of: ViewerOf) -> None:
    nothing = {"items": [], "total": 0, "next": None}
    shown = viewer_of({"/projects": nothing, "/datasets": nothing, "/submissions": nothing}).show("/lineage")
    assert "The registry is empty" in words(shown)


def test_the_lineage_of_a_whole_servers_things_is_drawn(real_viewer_of: ViewerOf) -> None:
    viewer = real_viewer_of("reader")
    overview = viewer.show("/lineage")
    ways = [way for way in links(overview).values() if way.startswith("/lineage/")]
    assert ways
    for way in ways:
        shown = viewer.show(way)
        assert piece(shown, "lineage-graph").elements
        assert "defect" not in words(shown)
