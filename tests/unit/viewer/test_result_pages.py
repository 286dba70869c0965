"""The pages of results over a whole server: what they show, and what they say where there is nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from fastapi import FastAPI
from tests.unit.api.made_results import hourly_table, stored_job, write_result
from tests.unit.viewer.conftest import ViewerOf
from tests.unit.viewer.showing import Viewer, links, pieces, problem, words
from tests.unit.viewer.test_figures_of_viewers import column, only

from dsgrid.api.job import Outcome
from dsgrid.viewer.pages.result import mapping, plotting
from dsgrid.viewer.pages.result.making import verdict
from dsgrid.viewer.pages.result.missing import no_result
from dsgrid.viewer.pages.result.place import Place, place_of
from dsgrid.viewer.pages.result.spec import spaced_out
from dsgrid.viewer.pages.result.words import clock_of, sums_of
from dsgrid.viewer.parts.picture_choice import PictureChoice
from dsgrid.viewer.parts.picture_words import in_words

EVIL = "<script>alert(1)</script>"
Make = Callable[..., str]


@pytest.fixture
def viewer(real_viewer_of: ViewerOf) -> Viewer:
    return real_viewer_of("analyst")


@pytest.fixture
def made(shared_app: FastAPI, viewer: Viewer) -> Make:
    """Makes results of the analyst's, and returns the id of the job."""

    def result(make: Callable[[Path], object] | None = None, **told: Any) -> str:
        return stored_job(shared_app.state.context.state, make, user="viewer-analyst", **told).id

    return result


def hourly(run: Path, **told: Any) -> None:
    write_result(run, [hourly_table(24)], **{"adds_up": True, "query": "load", **told})


def with_further(run: Path) -> None:
    hourly(run, results=["peaks"])
    write_result(run / "peaks", [hourly_table(2)], query="peaks")


def test_a_result_says_what_it_is(viewer: Viewer, made: Make) -> None:
    job = made(hourly)
    shown = viewer.show(f"/results/{job}")
    assert words(only(shown, "H1")) == "load"
    told = words(shown)
    for text in ("p@1.0.0", "d@1.0.0", "24 (", "1.5 MWh", "in UTC, hour beginning"):
        assert text in told, text
    found = links(shown)
    assert found["Compare with another"] == f"/compare/{job}"
    assert found["Change it and ask again"] == f"/build?job={job}"
    assert found["Its job"] == f"/job/{job}"
    assert found["d@1.0.0"] == "/datasets/d@1.0.0"


def test_who_has_asked_is_told_where_it_is_somebody_else(viewer_of: ViewerOf) -> None:
    answers = finished("ab")
    assert "Asked by" not in words(viewer_of(answers).show("/results/ab"))
    answers["/jobs/ab"]["user"] = "bert"
    assert "Asked by bert" in words(viewer_of(answers).show("/results/ab"))


def test_what_is_chosen_of_a_picture_stays_when_another_part_is_looked_at(viewer: Viewer, made: Make) -> None:
    found = links(viewer.show(f"/results/{made(hourly)}?kind=bar&only.state=CO&tab=table&search=x"))
    assert found["Picture"].endswith("?kind=bar&only.state=CO")
    assert found["Spec"].endswith("?kind=bar&only.state=CO&tab=spec")


def test_a_picture_is_drawn_as_the_address_says(viewer: Viewer, made: Make) -> None:
    place = Place(made(hourly))
    with viewer.at(f"/results/{place.job}") as visit:
        form, shown = plotting.drawn(visit, place, PictureChoice("bar", "state", only=(("state", "CO,NY"),)))
        assert "Only state CO, NY" in words(shown)
        pressed = [words(one) for one in pieces(form, "Button") if getattr(one, "aria-pressed", "") == "true"]
        assert {"Bars", "CO", "NY"} <= set(pressed)
        saved = links(shown)["Save this picture as a page"]
        assert "kind=bar" in saved
        assert "where=state%3DCO%2CNY" in saved
    assert viewer.client.get(saved).headers["Content-Type"].startswith("text/html")


def test_what_cannot_be_drawn_says_why_in_the_words_of_the_page(viewer: Viewer, made: Make) -> None:
    place = Place(made(hourly))
    with viewer.at(f"/results/{place.job}") as visit:
        form, shown = plotting.drawn(visit, place, PictureChoice("line", "state"))
    assert "would join what has no order; Bars fits it" in words(shown)
    assert words(form) == "Draw what fits"
    assert in_words("give it to --by or --facet, or choose one, such as --where a=b") == (
        "give it to Colours or Panels, or choose one, such as Only a=b"
    )


def test_a_table_that_is_too_large_for_a_picture_says_so(viewer_of: ViewerOf) -> None:
    refusal = problem(422, "invalid", "the table has 60,000,000 rows, and the server can draw 50,000,000")
    viewer = viewer_of({"/jobs/ab/result/plot": refusal})
    with viewer.at("/results/ab") as visit:
        form, shown = plotting.drawn(visit, Place("ab"), PictureChoice())
    assert "60,000,000 rows" in words(shown)
    assert words(form or "") == ""


def test_further_results_are_a_click_away(viewer: Viewer, made: Make) -> None:
    job = made(with_further)
    own, further = viewer.show(f"/results/{job}"), viewer.show(f"/results/{job}/peaks")
    for shown in (own, further):
        (way,) = [one for one in pieces(shown, "Nav") if "further" in one.className]
        assert words(way) == "Results of this query Its own table peaks"
    assert links(own)["peaks"] == f"/results/{job}/peaks"
    assert links(further)["Its own table"] == f"/results/{job}"
    assert words(only(further, "H1")) == "peaks"
    assert links(further)["Compare with another"] == f"/compare/{job}?a=peaks"
    assert "there is no further result" in words(viewer.show(f"/results/{job}/peak"))


def test_the_table_is_a_grid_of_the_servers_pages(viewer: Viewer, made: Make) -> None:
    shown = viewer.show(f"/results/{made(hourly)}?tab=table&sort=state,-value")
    grid = only(shown, "AgGrid")
    columns = {one["field"]: one for one in grid.columnDefs}
    assert grid.defaultColDef["sortable"]
    order = {name: (one["sort"], one["sortIndex"]) for name, one in columns.items() if "sort" in one}
    assert order == {"state": ("asc", 0), "value": ("desc", 1)}
    assert columns["value"]["headerName"] == "value (MWh)"
    assert columns["value"]["type"] == "rightAligned"
    assert columns["hourly"]["headerName"] == "hourly (UTC)"


def test_everything_can_be_downloaded(viewer: Viewer, made: Make) -> None:
    def exported(run: Path) -> None:
        from dsgrid.registry.publish import data_file, write_manifest

        hourly(run, exports=[{"name": "rows", "folder": "rows"}])
        folder = run / "rows"
        folder.mkdir()
        (folder / "a b.csv").write_text("x\n1\n")
        files = [data_file(folder, "a b.csv", "export", 1)]
        told = {"name": "rows", "tables": [{"path": "a b.csv", "rows": 1}], "sums": [], "adds_up": False}
        write_manifest(folder, files, told)

    found = links(viewer.show(f"/results/{made(exported)}?tab=files"))
    for name in ("CSV", "Parquet", "Arrow", "Manifest", "table.parquet", "a b.csv"):
        answer = viewer.client.get(found[name])
        assert answer.status_code == 200, name
        assert answer.data


def test_the_spec_is_shown_as_text(viewer_of: ViewerOf) -> None:
    answers = finished("ab") | {"/jobs/ab/spec": f'name = "{EVIL}"\n'}
    shown = viewer_of(answers).show("/results/ab?tab=spec")
    assert words(only(shown, "Code")) == f'name = "{EVIL}"\n'
    assert links(shown)["Download"] == "/download/jobs/ab/spec"
    assert spaced_out('{"a":{"b":1}}') == ('{\n  "a": {\n    "b": 1\n  }\n}', "json")


def test_how_a_result_was_made_has_its_sums_and_what_was_left_out(viewer_of: ViewerOf) -> None:
    manifest = {
        "datasets": [{"id": "homes", "version": "1.0.0"}],
        "project": "p@1.0.0",
        "sums": [{"unit": "MWh", "expected": 1e9, "carried": 1e9, "found": 1e9 + 1e-3}],
        "left_out": [{"dataset": "homes", "type": "geography", "record": "AK", "reason": EVIL}],
        "time_notes": [{"dataset": "homes", "note": "an hour was doubled"}],
        "variables": {"YEAR": "2018"},
    }
    shown = viewer_of(finished("ab") | {"/jobs/ab/result/manifest": manifest}).show("/results/ab?tab=made")
    told = words(shown)
    for text in ("1,000,000,000", "equal", "AK", EVIL, "an hour was doubled", "2018", "${YEAR}"):
        assert text in told, text
    assert links(shown)["lineage"] == "/lineage/dataset%20homes@1.0.0"


def test_sums_that_differ_are_told() -> None:
    assert words(verdict(100.0, 100.0 + 1e-9)) == "equal"
    assert words(verdict(100.0, 101.0)) == "differs by 0.0099 of it"
    assert words(verdict(0.0, 0.0)) == "equal"
    assert words(verdict(None, 1.0)) == "no"


def test_an_empty_result_says_so_instead_of_a_picture(viewer: Viewer, made: Make) -> None:
    job = made(lambda run: write_result(run, [hourly_table(0)]))
    for tab in ("", "?tab=table", "?tab=map"):
        assert "The table has no rows" in words(viewer.show(f"/results/{job}{tab}"))
    assert "Parquet" in words(viewer.show(f"/results/{job}?tab=files"))


def test_a_job_without_a_result_says_why(viewer: Viewer, made: Make) -> None:
    failed = made(outcome=Outcome("failed", reason="spec.toml:3: no dimension"))
    shown = viewer.show(f"/results/{failed}")
    assert "its job has failed" in words(shown)
    assert "no dimension" in words(shown)
    assert links(shown)["See the job"] == f"/job/{failed}"
    assert "of the kind register_dataset has no result" in words(
        viewer.show(f"/results/{made(kind='register_dataset')}")
    )


@pytest.mark.parametrize(
    ("told", "says", "link"),
    [
        ({"state": "queued"}, "waits for its turn", "Follow the job"),
        ({"state": "running"}, "is running", "Follow the job"),
        ({"state": "cancelled", "cancelled_by": "bert"}, "By bert.", "See the job"),
        (
            {"state": "succeeded", "results_removed_at": "2026-11-01T00:00:00Z"},
            "removed on 2026-11-01",
            "Try the job again",
        ),
    ],
)
def test_what_is_not_there_yet_or_no_more_leads_to_its_job(
    viewer_of: ViewerOf, told: Mapping[str, Any], says: str, link: str
) -> None:
    with viewer_of().at("/results/ab") as visit:
        shown = no_result({"id": "ab", "name": "load", "kind": "query", "links": {}, **told}, visit)
    assert says in words(shown)
    assert links(shown)[link] == "/job/ab"


def test_readers_are_told_what_they_lack(real_viewer_of: ViewerOf, made: Make) -> None:
    shown = real_viewer_of("reader").show(f"/results/{made(hourly)}")
    assert "this needs the role analyst" in words(shown)


def test_odd_addresses_are_answered(viewer: Viewer) -> None:
    assert "Your jobs" in links(viewer.show("/results"))
    for reference in ("..%2f..%2fme", "%3Cscript%3E", "0" * 16, "a/b/c/d"):
        assert len(pieces(viewer.show(f"/results/{reference}"), "H1")) == 1
    assert place_of("ab/peaks").path == "/jobs/ab/result/results/peaks"
    assert place_of("a b/x").path == "/jobs/a%20b/result/results/x"


# Maps ----------------------------------------------------------------------------------------------------------------


def test_a_result_by_state_has_a_map(viewer: Viewer, made: Make) -> None:
    job = made(hourly)
    assert links(viewer.show(f"/results/{job}"))["Map"] == f"/results/{job}?tab=map"
    with viewer.at(f"/results/{job}") as visit:
        form, shown = mapping.drawn(visit, Place(job), PictureChoice(), ["state"])
    told = words(shown)
    assert "24 rows" in told
    assert "California" in told
    assert words(form).startswith("Unit")


def test_a_map_says_what_it_was_made_of() -> None:
    told = {
        "by": "state",
        "unit": "GWh",
        "adds_up": True,
        "rows": 1234,
        "taken": {"scenario": "base"},
        "columns": [column("state", ["CA", "CO"]), column("fuel", ["gas", "oil"]), column("end_use", ["a", "b"])],
    }
    # Of two scenarios that were chosen one was taken.
    choice = PictureChoice(only=(("scenario", "base,high"), ("fuel", "gas")))
    said = mapping.caption(told, choice)
    assert said.startswith("Values are in GWh; only scenario base, as they are not added up; summed over end use; ")
    assert said.endswith("only fuel gas. 1,234 rows.")


def test_places_without_shapes_stand_in_a_table(viewer: Viewer, made: Make) -> None:
    def elsewhere(run: Path) -> None:
        table = hourly_table(24)
        names = pa.array([f"zone {number % 3}" for number in range(24)])
        write_result(run, [table.set_column(0, "state", names)], adds_up=True)

    job = made(elsewhere)
    with viewer.at(f"/results/{job}") as visit:
        _, shown = mapping.drawn(visit, Place(job), PictureChoice(by="nonsense"), ["state"])
    assert "have no shapes" in words(shown)
    # The largest first.
    assert [words(one) for one in pieces(shown, "Td")][::2] == ["zone 2", "zone 1", "zone 0"]


def test_a_result_without_places_has_no_map(viewer: Viewer, made: Make) -> None:
    table = hourly_table(3).drop_columns(["state"])
    columns = [
        {"name": "hourly", "type": "time", "holds": "timestamp", "time_zone": "UTC"},
        {"name": "days", "type": "time", "holds": "int32"},
        {"name": "value", "type": "value", "holds": "float64"},
    ]
    job = made(lambda run: write_result(run, [table], columns=columns))
    shown = viewer.show(f"/results/{job}?tab=map")
    assert "Map" not in links(shown)
    assert len(pieces(shown, "H1")) == 1


# Words ---------------------------------------------------------------------------------------------------------------


def test_values_that_do_not_add_up_have_no_sum() -> None:
    told = {"adds_up": False, "sums": [{"unit": "MW", "sum": 3.0}], "units": ["MW", ""]}
    assert sums_of(told) == ("Values", "in MW, no unit; they do not add up")
    several = {"adds_up": True, "units": [], "sums": [{"unit": "MWh", "sum": 1e6}, {"unit": "", "sum": None}]}
    assert sums_of(several) == ("In all", "1,000,000 MWh")
    beside = [{"name": "scenario", "type": "scenario"}, *({"name": str(y), "type": "value"} for y in (2018, 2030))]
    told = ("In all", "1,000,000 MWh, all scenarios and model years together")
    assert sums_of({**several, "columns": beside}) == told


def test_times_are_told_with_their_zone_and_the_end_of_their_interval() -> None:
    column = {"type": "time", "holds": "timestamp", "time_zone": "UTC", "interval": "period_ending"}
    assert clock_of({"columns": [column]}) == "in UTC, hour ending"
    wall = {"type": "time", "holds": "wall", "interval": "period_beginning"}
    told = {"columns": [wall], "time": {"written_as": "local time of each place", "step": "15min"}}
    assert clock_of(told) == "local time of each place, period beginning"
    assert clock_of({"columns": [{"type": "time", "holds": "int32"}], "time": {"calendar_zone": "-07:00"}}) == (
        "calendar of -07:00"
    )
    assert clock_of({"columns": [{"type": "geography", "holds": "string"}]}) is None


def finished(id_: str) -> dict[str, Any]:
    """Return a finished job and its result as the server tells them."""
    job = {
        "id": id_,
        "kind": "query",
        "name": "load",
        "state": "succeeded",
        "user": "ada",
        "runner": "warm",
        "ended_at": "2026-11-26T22:00:00Z",
        "outcome": {"seconds": 0.5},
        "results_removed_at": None,
        "links": {"result": "x"},
    }
    summary = {
        "job": id_,
        "name": "",
        "query": "load",
        "project": "p@1.0.0",
        "datasets": ["homes@1.0.0"],
        "rows": 3,
        "bytes": 100,
        "columns": [{"name": "value", "type": "value", "holds": "float64", "unit": "MWh"}],
        "units": ["MWh"],
        "adds_up": True,
        "sums": [{"unit": "MWh", "sum": 1.0}],
        "results": {},
        "exports": {},
        "links": {"table": "x"},
    }
    return {f"/jobs/{id_}": job, f"/jobs/{id_}/result": summary}
