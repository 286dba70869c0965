"""The home page: what a registry holds, and what stands there where it holds nothing."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.viewer.showing import links, pieces, problem, words

from dsgrid.viewer.pages.home import CARDS, ROWS, cut

HOSTILE = '<img src=x onerror="alert(1)">'


def project(number: int, **more: Any) -> dict[str, Any]:
    base = [{"name": "county", "type": "geography", "dimension": f"p{number}/county@1.0.0", "records": 3200}]
    return {
        "id": f"p{number}",
        "version": "1.2.0",
        "name": f"Project {number}",
        "description": "What it is",
        "base": base,
        "required": 3,
        "submitted": 2,
        "status": "",
        "registered_at": "2026-11-26T20:39:35.270376Z",
        "submitter": "ada",
        **more,
    }


def dataset(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"d{number}",
        "version": "1.0.0",
        "kind": "modeled",
        "rows": 1_471_680,
        "bytes": 5_126_212,
        "projects": "p1, p2",
        "registered_at": "2026-11-26T20:39:35Z",
        "submitter": "ada",
        "description": "",
        **more,
    }


def registration(**more: Any) -> dict[str, Any]:
    return {
        "registered_at": "2026-11-26T20:39:37Z",
        "submitter": "ada",
        "log_message": "Why",
        "job": "register_project",
        "counts": {},
        "registered": [],
        "removed": [],
        **more,
    }


def registry(projects: int = 1, datasets: int = 3, **more: Any) -> dict[str, Any]:
    """Return the answers of a server with so many projects and datasets."""
    totals = dict.fromkeys(("dimensions", "mappings", "submissions", "records", "rows", "bytes"), 1_234)
    totals |= {"projects": projects, "datasets": datasets, "registrations": projects + datasets}
    rows = [dataset(number) for number in range(min(datasets, ROWS + 1))]
    return {
        "/overview": {
            "totals": totals,
            "projects": [project(number) for number in range(min(projects, CARDS))],
            "recent": [registration()],
        },
        "/datasets": {"items": rows, "total": datasets, "next": None},
        "/tags": {"items": [{"tag": "a&b", "count": 1200}], "total": 1, "next": None},
        "/projects": {"items": [{"id": "p0"}], "total": 1, "next": None},
        **more,
    }


def test_projects_are_cards_with_links_to_all_that_they_name(viewer_of):
    shown = viewer_of(registry()).show("/")
    found = links(shown)
    assert found["Project 0"] == "/projects/p0"
    assert found["2 of 3 datasets submitted"] == "/projects/p0?tab=datasets"
    assert found["county"] == "/dimensions/p0/county@1.0.0"
    assert found["Ask"] == "/build?project=p0"
    assert len(pieces(shown, "H1")) == 1
    assert "1,234" in words(shown)
    assert "3,200" in words(shown)


def test_datasets_say_how_large_they_are_and_where_they_are_submitted(viewer_of):
    shown = viewer_of(registry()).show("/")
    assert "1,471,680" in words(shown)
    assert "5.1 MB" in words(shown)
    assert "2026-11-26 20:39 UTC" in words(shown)
    assert links(shown)["d0"] == "/datasets/d0"
    assert links(shown)["p1"] == "/projects/p1"


@pytest.mark.parametrize(("datasets", "grids"), [(ROWS, 0), (ROWS + 1, 1), (5_000, 1)])
def test_many_datasets_are_a_grid_that_the_server_pages(viewer_of, datasets, grids):
    viewer = viewer_of(registry(datasets=datasets))
    shown = viewer.show("/?search=homes")
    found = pieces(shown, "AgGrid")
    assert len(found) == grids
    assert all(each.rowModelType == "infinite" for each in found)
    assert not any(getattr(each, "rowData", None) for each in found)


def test_many_projects_are_a_grid_too(viewer_of):
    shown = viewer_of(registry(projects=CARDS + 1)).show("/")
    assert len(pieces(shown, "AgGrid")) == 1
    assert "Project 0" not in words(shown)


def test_a_tag_chooses_projects_and_datasets(viewer_of):
    viewer = viewer_of(registry(projects=2))
    assert links(viewer.show("/"))["a&b   1,200"] == "/?tag=a%26b"
    shown = viewer.show("/?tag=a%26b")
    assert "Project 0" in words(shown)
    assert "Project 1" not in words(shown)
    assert links(shown)["Show everything"] == "/"


def test_a_tag_that_nothing_has_says_so(viewer_of):
    none = {"items": [], "total": 0, "next": None}
    text = words(viewer_of(registry(**{"/datasets": none, "/projects": none})).show("/?tag=none"))
    assert "No project has this tag." in text
    assert "No dataset has this tag." in text


@pytest.mark.parametrize("role", ["reader", "admin"])
def test_an_empty_registry_says_how_to_begin(viewer_of, role):
    shown = viewer_of(registry(0, 0, **{"/datasets": {"items": [], "total": 0, "next": None}}), role).show("/")
    text = words(shown)
    assert "Nothing is registered here yet." in text
    assert "dsgrid apply SPEC" in text
    assert ("role contributor" in text) == (role == "reader")


def test_a_registry_with_datasets_alone_says_that_projects_are_missing(viewer_of):
    assert "There is no project yet." in words(viewer_of(registry(0, 1)).show("/"))


def test_texts_of_the_registry_stay_texts(viewer_of):
    answers = registry()
    answers["/overview"]["projects"] = [project(0, name=HOSTILE, description=HOSTILE, status=HOSTILE)]
    answers["/overview"]["recent"] = [registration(log_message=HOSTILE, submitter=HOSTILE)]
    answers["/datasets"]["items"] = [dataset(0, description=HOSTILE, projects=HOSTILE)]
    answers["/tags"]["items"] = [{"tag": HOSTILE, "count": 1}]
    shown = viewer_of(answers).show("/")
    assert words(shown).count(HOSTILE) == 8
    assert not pieces(shown, "Markdown", "DangerouslySetInnerHTML", "Iframe")


def test_errors_of_the_server_stand_in_the_page(viewer_of):
    broken = registry(**{"/overview": problem(503, "busy", "the registry is locked by another process")})
    shown = viewer_of(broken).show("/")
    assert "locked by another process" in words(shown)
    assert len(pieces(shown, "H1")) == 1


def test_the_last_registrations_lead_to_earlier_ones(viewer_of):
    answers = registry()
    answers["/overview"]["totals"]["registrations"] = 240
    viewer = viewer_of(answers)
    assert links(viewer.show("/"))["Earlier ones"] == "/?recent=all"
    assert "the last 1 of 240" in words(viewer.show("/?recent=all"))


def test_a_real_server_is_shown_as_it_is(real_viewer_of):
    shown = real_viewer_of("reader").show("/")
    assert "Two counties" in words(shown)
    assert links(shown)["offices"] == "/datasets/offices"
    assert " ".join(words(shown).split()).count("dataset offices@1.0.0 , 8 dimensions") == 1


@pytest.mark.parametrize(
    ("text", "shown"), [("short", "short"), ("word " * 50, f"{('word ' * 32)[:-1].rsplit(' ', 1)[0]} word …")]
)
def test_long_descriptions_are_cut_between_words(text, shown):
    assert cut(text) == shown
    assert len(cut(text)) < 170
