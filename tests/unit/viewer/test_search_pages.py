"""Everything that has some words: the page, the field in the head, and what is marked."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.unit.viewer.showing import links, pieces, problem, words

from dsgrid.viewer.parts.marks import marked, words_of
from dsgrid.viewer.parts.search_field import LONGEST, suggested

HOSTILE = "<b>county</b>"


def thing(id_: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "version": "1.0.0", "name": "", "is": "geography", "description": "", "also": None, **more}


def record(id_: str, name: str, *dimensions: str, **more: Any) -> dict[str, Any]:
    named = [{"id": each, "version": "1.0.0", "type": "geography"} for each in dimensions]
    return {"id": id_, "name": name, "in": len(named), "dimensions": named, **more}


def group(kind: str, *items: Any, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "total": len(items), "more": False, "items": list(items), **more}


def search(text: str, *groups: Any) -> dict[str, Any]:
    return {"/search": {"text": text, "groups": list(groups)}}


class TestMarks:
    """What is marked in texts."""

    @pytest.mark.parametrize(
        ("text", "looked_for", "found"),
        [
            ("Denver County", "denver", ["Denver"]),
            ("Denver County", "COUNTY den", ["Den", "County"]),
            ("Doña Ana", "dona", ["Doña"]),
            ("Dona Ana", "doña", ["Dona"]),
            ("Straße", "strasse", ["Straße"]),
            ("aaa", "aa", ["aaa"]),
            ("abab", "aba bab", ["abab"]),
            ("nothing", "x", []),
            ("", "x", []),
            ("a+b (c)", "+b (c)", ["+b", "(c)"]),
            ("ﬁeld", "field", ["ﬁeld"]),
        ],
    )
    def test_what_was_looked_for_is_marked_and_nothing_is_lost(self, text, looked_for, found):
        pieces_ = marked(text, words_of(looked_for))
        assert [each.children for each in pieces_ if not isinstance(each, str)] == found
        assert "".join(each if isinstance(each, str) else each.children for each in pieces_) == text


class TestPage:
    """The page of a search."""

    def test_all_that_was_found_leads_to_its_page(self, viewer_of):
        answers = search(
            "county",
            group("projects", thing("p")),
            group("datasets", thing("d", **{"is": "modeled"})),
            group("dimensions", thing("p/county")),
            group("mappings", thing("p/county:state")),
            group("records", record("08031", "Denver", "p/county", "d/own county")),
        )
        shown = viewer_of(answers).show("/search?text=county")
        found = {text.replace(" ", ""): href for text, href in links(shown).items()}
        assert found["p"] == "/projects/p"
        assert found["d"] == "/datasets/d"
        assert found["p/county:state"] == "/mappings/p/county:state"
        assert found["08031Denver"] == "/dimensions/p/county?search=08031"
        assert found["d/owncounty"] == "/dimensions/d/own%20county?search=08031"
        assert [words(each) for each in pieces(shown, "H1")] == ["county"]
        assert "1 project, 1 dataset, 1 dimension, 1 mapping, 1 record" in words(shown)
        assert {words(each) for each in pieces(shown, "Mark")} == {"county"}

    def test_what_else_has_the_words_is_shown(self, viewer_of):
        item = thing("d", also={"path": "tags[0]", "text": "very special"})
        assert "tag   very  special" in words(
            viewer_of(search("special", group("datasets", item))).show("/search?text=special")
        )

    def test_long_descriptions_show_the_place(self, viewer_of):
        item = thing("d", description=f"{'before ' * 60}needle{' after' * 60}")
        text = words(viewer_of(search("needle", group("datasets", item))).show("/search?text=needle"))
        assert "needle" in text
        assert len(text) < 500

    def test_what_is_cut_leads_to_more_of_its_kind(self, viewer_of):
        cut = group("records", record("1", "One", "p/county"), total=4_000, more=True)
        viewer = viewer_of(search("one", cut, group("projects", thing("one"))))
        shown = viewer.show("/search?text=one")
        assert links(shown)["More of 4,000 records"] == "/search?text=one&kind=records"
        shown = viewer.show("/search?text=one&kind=records")
        assert "first 1 of 4,000 records" in words(shown)
        assert "Projects" not in words(shown)
        assert links(shown)["Everything that was found"] == "/search?text=one"

    def test_very_many_records_are_not_counted(self, viewer_of):
        many = group("records", record("1", "One", "p/county"), total=None, more=True)
        assert "many records" in words(viewer_of(search("one", many)).show("/search?text=one"))

    def test_a_record_says_in_how_many_dimensions_it_is(self, viewer_of):
        item = record("1", "One", *(f"d{number}/county" for number in range(5)), **{"in": 60})
        assert "and 57 more" in words(viewer_of(search("one", group("records", item))).show("/search?text=one"))

    def test_nothing_found_and_nothing_looked_for_are_told_apart(self, viewer_of):
        viewer = viewer_of(search("x"))
        assert "Nothing was found." in words(viewer.show("/search?text=x"))
        for address in ("/search", "/search?text=%20"):
            assert "Nothing is looked for yet." in words(viewer.show(address))
        assert viewer.title("/search?text=x").startswith("x ")

    def test_texts_of_the_registry_stay_texts(self, viewer_of):
        item = thing(HOSTILE, name=HOSTILE, description=HOSTILE, also={"path": HOSTILE, "text": HOSTILE})
        shown = viewer_of(search("county", group("datasets", item))).show("/search?text=county")
        assert words(shown).replace(" ", "").count(HOSTILE) == 4
        assert links(shown)["<b> county </b>"] == "/datasets/%3Cb%3Ecounty%3C/b%3E"

    def test_errors_stand_in_the_page(self, viewer_of):
        broken = {"/search": problem(400, "bad request", "text has 501 characters; expected at most 500")}
        shown = viewer_of(broken).show(f"/search?text={'x' * 501}")
        assert "expected at most 500" in words(shown)
        assert len(pieces(shown, "H1")) == 1


class TestField:
    """What stands below the field while one types."""

    def suggest(self, viewer: Any, text: str | None) -> Any:
        with viewer.at("/"):
            return suggested(text)

    def test_the_first_of_each_kind_are_links(self, viewer_of):
        answers = search(
            "den", group("records", record("08031", "Denver", "p/county")), group("dimensions", thing("p/den"))
        )
        found = links(self.suggest(viewer_of(answers), "den"))
        assert found["08031   Den ver  in p/county"] == "/dimensions/p/county?search=08031"
        assert found["All that was found"] == "/search?text=den"

    @pytest.mark.parametrize("text", [None, "", "  "])
    def test_nothing_typed_asks_nothing(self, viewer_of, text):
        def server(request: httpx.Request) -> httpx.Response:
            assert not request.url.path.endswith("/search")
            return httpx.Response(200, json={"name": "ada", "role": "reader"})

        assert self.suggest(viewer_of(server), text) is None

    def test_nothing_found_is_said(self, viewer_of):
        shown = self.suggest(viewer_of(search("xyz")), "xyz")
        assert 'Nothing has "xyz" in it.' in words(shown)
        assert links(shown) == {}

    def test_long_texts_are_cut_before_they_are_sent(self, viewer_of):
        sent = []

        def server(request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/search"):
                sent.append(request.url.params["text"])
                return httpx.Response(200, json={"text": "x", "groups": []})
            return httpx.Response(200, json={"name": "ada", "role": "reader"})

        self.suggest(viewer_of(server), "x" * 5_000)
        assert [len(each) for each in sent] == [LONGEST]

    def test_a_real_server_is_asked_in_its_own_words(self, real_viewer_of):
        viewer = real_viewer_of("reader")
        assert "two_counties/ state" in links(self.suggest(viewer, "state"))
        shown = viewer.show("/search?text=08031")
        assert links(shown)["two_counties/county"] == "/dimensions/two_counties/county?search=08031"
