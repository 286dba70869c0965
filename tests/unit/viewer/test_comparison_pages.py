"""The pages that compare two results, over a whole server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from tests.unit.api.made_results import COLUMNS, hourly_table, stored_job, write_result
from tests.unit.viewer.conftest import ViewerOf
from tests.unit.viewer.showing import Viewer, links, pieces, words
from tests.unit.viewer.test_figures_of_viewers import only

from dsgrid.viewer.pages import comparison
from dsgrid.viewer.pages.comparison import drawing
from dsgrid.viewer.pages.comparison.chooser import alike_first
from dsgrid.viewer.pages.comparison.found import found_part, in_common, percent
from dsgrid.viewer.pages.comparison.pair import pair_of
from dsgrid.viewer.pages.result.place import Place
from dsgrid.viewer.parts.picture_choice import PictureChoice

Make = Callable[..., str]


@pytest.fixture
def viewer(real_viewer_of: ViewerOf) -> Viewer:
    return real_viewer_of("analyst")


@pytest.fixture
def made(shared_app: FastAPI, viewer: Viewer) -> Make:
    """Makes results of the analyst's with hours and a factor, and returns the id of the job."""

    def result(hours: int = 24, factor: float = 1.0, further: bool = False) -> str:
        def make(run: Path) -> None:
            table = hourly_table(hours)
            values = [factor * one for one in table.column("value").to_pylist()]
            table = table.set_column(3, "value", [values])
            write_result(run, [table], adds_up=True, results=["peaks"] if further else [])
            if further:
                write_result(run / "peaks", [hourly_table(2)], query="peaks")

        return stored_job(shared_app.state.context.state, make, user="viewer-analyst").id

    return result


def compared(viewer: Viewer, first: str, second: str, **params: str) -> Any:
    with viewer.at("/compare") as visit:
        pair = pair_of(f"{first}/{second}", params)
        return found_part(visit.ask.get(f"{pair.first.path}/diff", **pair.asked()), visit)


def test_equal_results_are_said_to_be_equal(viewer: Viewer, made: Make) -> None:
    told = words(compared(viewer, made(), made()))
    assert told.startswith("equal")
    assert "all 24 values that both have are the same" in told
    assert "Where they differ" not in told


def test_differences_are_told_with_their_size_and_their_place(viewer: Viewer, made: Make) -> None:
    shown = compared(viewer, made(), made(20, 2.0))
    told = words(shown)
    assert told.startswith("different")
    assert "20 of 20 values differ, by up to 50 % of the greater one; 4 rows only A has." in told
    assert "Only in A: 4 rows" in told
    (totals,) = [one for one in pieces(shown, "Table") if "Totals" in words(one)]
    assert "282" in words(totals)
    grid = only(shown, "AgGrid")
    assert [row["#difference"] for row in grid.rowData][:2] == [19.25, 18.25]
    assert grid.rowData[0]["#relative"] == 100.0


def test_results_of_different_detail_say_what_would_compare(viewer: Viewer, made: Make, shared_app: FastAPI) -> None:
    def coarse(run: Path) -> None:
        kept = ("state", "value")
        columns = [each for each in COLUMNS if each["name"] in kept]
        write_result(run, [hourly_table(3).select(kept)], columns=columns, adds_up=True)

    first = made()
    second = stored_job(shared_app.state.context.state, coarse, user="viewer-analyst").id
    with viewer.at("/compare") as visit:
        pair = pair_of(f"{first}/{second}", {})
        shown = comparison.compared(visit, pair)
        assert "A has several values" in words(shown)
        assert "--" not in words(shown)
        (way,) = pieces(shown, "Link")
        assert "duplicates=sum" in way.href
        assert "hourly" not in way.href
    assert "3 of 3 values differ" in words(compared(viewer, first, second, keys="state", duplicates="sum"))


def test_the_tolerance_of_the_address_is_the_one_that_counts(viewer: Viewer, made: Make) -> None:
    first, second = made(), made(24, 1.005)
    assert words(compared(viewer, first, second)).startswith("different")
    assert words(compared(viewer, first, second, rtol="0.01")).startswith("equal within tolerance")
    shown = viewer.show(f"/compare/{first}/{second}?rtol=0.02&ignore=days")
    chosen, _alike = (one for one in pieces(shown, "Option") if one.selected)
    assert chosen.value == "0.02"
    (field,) = [one for one in pieces(shown, "Input") if one.name == "ignore"]
    assert field.value == "days"


def test_a_comparison_names_both_and_can_be_turned_round(viewer: Viewer, made: Make) -> None:
    first, second = made(further=True), made(further=True)
    shown = viewer.show(f"/compare/{first}/{second}?a=peaks&b=peaks&rtol=0.01")
    assert words(only(shown, "H1")) == "peaks, twice"
    found = links(shown)
    assert found["Swap A and B"] == f"/compare/{second}/{first}?a=peaks&b=peaks&rtol=0.01"
    assert found["peaks (peaks)"] == f"/results/{second}/peaks"


def test_the_pictures_of_both_are_one(viewer: Viewer, made: Make) -> None:
    pair = pair_of(f"{made()}/{made(24, 2.0)}", {})
    with viewer.at("/compare") as visit:
        form, shown = drawing.drawn(visit, pair, PictureChoice(), difference=False)
        assert [words(one) for one in pieces(shown, "Button") if one.className == "colour"] == ["A", "B"]
        form, shown = drawing.drawn(visit, pair, PictureChoice("bar", "state", ""), difference=True)
    assert "Values are those of B minus those of A" in words(shown)
    pressed = [words(one) for one in pieces(form, "Button") if getattr(one, "aria-pressed", "") == "true"]
    assert pressed[:2] == ["B − A", "Bars"]


def test_what_cannot_be_drawn_together_says_why(viewer: Viewer, made: Make, shared_app: FastAPI) -> None:
    columns = [
        {"name": "sector", "type": "sector", "holds": "string"},
        {"name": "value", "type": "value", "holds": "float64"},
    ]

    def other(run: Path) -> None:
        import pyarrow as pa

        write_result(run, [pa.table({"sector": ["com"], "value": [1.0]})], columns=columns)

    second = stored_job(shared_app.state.context.state, other, user="viewer-analyst").id
    with viewer.at("/compare") as visit:
        _, shown = drawing.drawn(visit, pair_of(f"{made()}/{second}", {}), PictureChoice(), difference=False)
    assert "where they have the same columns" in words(shown)


def test_what_one_is_compared_with_is_chosen_from_the_other_results(viewer: Viewer, made: Make) -> None:
    first, second = made(), made()
    found = [one.href for one in pieces(viewer.show(f"/compare/{first}?a=peaks"), "Link")]
    assert f"/compare/{first}/{second}?a=peaks" in found or "there is no further result" in words(
        viewer.show(f"/compare/{first}?a=peaks")
    )
    found = [one.href for one in pieces(viewer.show(f"/compare/{first}"), "Link")]
    assert f"/compare/{first}/{second}" in found
    assert f"/compare/{first}/{first}" not in found


def test_results_of_the_same_name_come_first_and_gone_ones_not_at_all() -> None:
    def job(id_: str, name: str, **more: Any) -> dict[str, Any]:
        return {"id": id_, "name": name, "kind": "query", "results_removed_at": None, **more}

    jobs = [
        job("1", "other"),
        job("2", "load"),
        job("3", "load", results_removed_at="2026-01-01"),
        job("4", "load", kind="dump"),
        job("5", "load"),
    ]
    assert [one["id"] for one in alike_first(jobs, "5", "load")] == ["2", "1"]


def test_what_is_gone_or_of_others_is_not_compared(viewer: Viewer, made: Make) -> None:
    own = made()
    assert "Your jobs" in links(viewer.show("/compare"))
    for reference in (f"{own}/0000000000000000", f"0000000000000000/{own}", "%3Cb%3E/%3Ci%3E", f"{own}/{own}/x"):
        shown = viewer.show(f"/compare/{reference}")
        assert len(pieces(shown, "H1")) == 1, reference
        assert "no job" in words(shown) or "there is no" in words(shown), reference


def test_a_pair_is_what_the_address_says() -> None:
    pair = pair_of("ab/cd", {"a": "x", "b": "y", "rtol": "0.1", "ignore": "days"})
    assert (pair.first, pair.second) == (Place("ab", "x"), Place("cd", "y"))
    told = {"with_": "cd", "result": "y", "rtol": "0.1", "ignore": "days"}
    assert pair.asked() == {**told, "keys": None, "duplicates": None}
    summed = pair_of("ab/cd", {"keys": "state", "duplicates": "sum"})
    assert summed.asked() == {**dict.fromkeys(told), "with_": "cd", "result": "", "keys": "state", "duplicates": "sum"}
    assert pair_of("ab", {}).second.job == ""


def test_what_rows_have_in_common_is_told_in_words() -> None:
    pattern = {"key": "state", "values": ["CA", None], "count": 2, "of": 50, "whole": 2}
    assert in_common(pattern) == "state: CA, (none), with all their rows"
    assert in_common({**pattern, "values": [], "count": 30, "whole": 4}) == (
        "state: 30 of its 50 values, 4 of them with all their rows"
    )
    assert in_common({**pattern, "values": list(range(20)), "count": 20, "whole": 0}).endswith("7 and 12 more")
    assert percent(None) == "–"
    assert percent(-0.123456) == "-12.35 %"
