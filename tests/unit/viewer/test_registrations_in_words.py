"""What registrations registered and removed, in a line."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.viewer.showing import links, words

from dsgrid.viewer.parts.registrations import registered


def thing(kind: str, id_: str, version: str = "1.0.0") -> dict[str, str]:
    return {"kind": kind, "id": id_, "version": version}


def line(viewer_of: Any, things: list[Any], counts: dict[str, int], removed: list[Any] | None = None) -> Any:
    told = {"job": "some_job", "registered": things, "counts": counts, "removed": removed or []}
    with viewer_of({}).at("/") as visit:
        return registered(visit, told)


@pytest.mark.parametrize(
    ("things", "counts", "said"),
    [
        (
            [thing("project", "p"), thing("dimension", "p/a")],
            {"project": 1, "dimension": 17},
            "project p@1.0.0 17 dimensions",
        ),
        ([thing("submission", "p/d")], {"submission": 1, "mapping": 1}, "d to p 1 mapping"),
        (
            [thing("dataset", "d"), thing("submission", "p/d")],
            {"dataset": 1, "submission": 1, "dimension": 8},
            "dataset d@1.0.0 to p 8 dimensions",
        ),
        (
            [thing("dataset", f"d{n}") for n in range(3)],
            {"dataset": 60},
            "dataset d0@1.0.0 dataset d1@1.0.0 58 more datasets",
        ),
        ([thing("dimension", "x/county")], {"dimension": 1}, "dimension x/county@1.0.0"),
        ([], {}, "some_job"),
    ],
)
def test_what_matters_is_named_and_the_rest_is_counted(viewer_of, things, counts, said):
    assert " ".join(words(line(viewer_of, things, counts)).replace(" , ", " ").split()) == said


def test_things_are_links_to_their_versions(viewer_of):
    found = links(
        line(viewer_of, [thing("dataset", "d", "2.0.0"), thing("submission", "p/d")], {"dataset": 1, "submission": 1})
    )
    assert found == {"d@2.0.0": "/datasets/d@2.0.0", "p": "/projects/p"}


def test_what_was_removed_is_no_link(viewer_of):
    shown = line(viewer_of, [], {}, [thing("dataset", "old"), thing("dimension", "old/county")])
    assert words(shown) == "removed dataset old@1.0.0 and 1 more"
    assert links(shown) == {}
