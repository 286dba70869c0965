"""Where the boxes of a graph stand."""

from __future__ import annotations

import time
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from dsgrid.viewer.pages.lineage.drawing import HEIGHT
from dsgrid.viewer.pages.lineage.layers import TALLEST, Link, laid_out, without_detours

KEYS = [f"n{number}" for number in range(12)]
# From earlier boxes to later ones: there are no circles.
graphs = st.lists(st.sampled_from(list(combinations(KEYS, 2))), max_size=30, unique=True)
any_graphs = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)), max_size=30, unique=True)


def reached(links: list[Link] | tuple[Link, ...], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        here = waiting.pop()
        for one, other in links:
            if one == here and other not in found:
                found.add(other)
                waiting.append(other)
    return found


@given(graphs)
def test_what_leads_elsewhere_stands_left_of_it_and_no_boxes_lie_over_each_other(links: list[Link]) -> None:
    widths = {key: 60.0 + 10 * number for number, key in enumerate(KEYS)}
    found = laid_out(KEYS, links, widths)
    assert set(found.places) == set(KEYS)
    for one, other in links:
        left, right = found.places[one][0] + found.widths[one] / 2, found.places[other][0] - found.widths[other] / 2
        assert left < right, (one, other)
    for one, other in combinations(KEYS, 2):
        (x, y), (u, v) = found.places[one], found.places[other]
        assert abs(y - v) >= HEIGHT or abs(x - u) >= (found.widths[one] + found.widths[other]) / 2
    assert laid_out(KEYS, links, widths) == found


@given(graphs)
def test_links_that_follow_from_others_are_left_out_and_all_is_reached_as_before(links: list[Link]) -> None:
    kept = without_detours(KEYS, links)
    assert set(kept) <= set(links)
    for key in KEYS:
        assert reached(kept, key) == reached(links, key)
    # And none is left that could go, too.
    for link in kept:
        others = [each for each in kept if each != link]
        assert link[1] not in reached(others, link[0])


@given(any_graphs)
def test_circles_are_drawn_all_the_same(links: list[Link]) -> None:
    found = laid_out(KEYS, links, dict.fromkeys(KEYS, 60.0))
    assert set(found.places) == set(KEYS)
    assert set(found.links) <= set(links)


def test_boxes_of_a_layer_stand_in_the_order_of_what_they_are_linked_to() -> None:
    keys = ["a", "b", "c", "x", "y", "z"]
    found = laid_out(keys, [("a", "z"), ("b", "y"), ("c", "x")], dict.fromkeys(keys, 60.0))
    heights = {key: found.places[key][1] for key in keys}
    assert [heights["a"], heights["b"], heights["c"]] == [heights["z"], heights["y"], heights["x"]]


def test_a_tall_layer_is_wrapped_into_columns() -> None:
    keys = ["root", *(f"n{number}" for number in range(2 * TALLEST + 1))]
    found = laid_out(keys, [("root", key) for key in keys[1:]], dict.fromkeys(keys, 60.0))
    columns = {found.places[key][0] for key in keys[1:]}
    assert len(columns) == 3
    assert max(abs(y) for _, y in found.places.values()) <= TALLEST * HEIGHT


def test_hundreds_of_mappings_are_laid_out_at_once() -> None:
    mappings = [f"m{number}" for number in range(400)]
    dimensions = [f"d{number}" for number in range(600)]
    keys = ["root", *mappings, *dimensions]
    links = [("root", key) for key in keys[1:]]
    links += [(key, dimensions[(number + step) % 600]) for number, key in enumerate(mappings) for step in (0, 7)]
    began = time.perf_counter()
    found = laid_out(keys, links, dict.fromkeys(keys, 60.0))
    assert time.perf_counter() - began < 2.0
    assert len(found.places) == 1001
