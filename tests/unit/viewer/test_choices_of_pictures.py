"""What is chosen about a picture: it stands in the address, and comes back from there as it was."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.viewer.showing import pieces, words
from tests.unit.viewer.test_figures_of_viewers import EVIL, answer, column

from dsgrid.viewer.parts.choice_forms import bare_form, choice_form, filter_form
from dsgrid.viewer.parts.picture_choice import PictureChoice, choice_of, listed, values_in
from dsgrid.viewer.visit import query_of

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1).map(str.strip).filter(bool)


def chip(shown: Any, name: str, value: str) -> Any:
    (found,) = [
        one
        for one in pieces(shown, "Button")
        if getattr(one, "data-name", "") == name and getattr(one, "data-value", "") == value
    ]
    return found


@given(st.lists(NAMES, min_size=1))
def test_lists_of_values_keep_commas_and_quotes(values: list[str]) -> None:
    assert values_in(listed(values)) == values


@given(
    st.builds(
        PictureChoice,
        kind=st.sampled_from([None, "line", "bar"]),
        by=st.sampled_from([None, "", "fuel", "fuel,state"]),
        facet=st.sampled_from([None, "", "scenario"]),
        unit=st.sampled_from([None, "GWh"]),
        only=st.dictionaries(NAMES, NAMES).map(lambda found: tuple(found.items())),
    )
)
def test_an_address_says_the_whole_choice(choice: PictureChoice) -> None:
    address = query_of(choice.params()).removeprefix("?")
    assert choice_of(dict(parse_qsl(address))) == choice


def test_other_words_of_an_address_choose_nothing() -> None:
    assert choice_of({"tab": "table", "search": "x", "format": "html", "with": "1"}) == PictureChoice()


def test_no_column_is_asked_for_where_none_is_chosen() -> None:
    assert choice_of({"by": "-"}).asked()["by"] == ""
    assert choice_of({}).asked()["by"] is None
    assert choice_of({"only.state": "CO", "only.hour": "1..5"}).asked()["where"] == ["state=CO", "hour=1..5"]


def test_what_is_drawn_is_pressed() -> None:
    shown = choice_form(answer(), PictureChoice(), store="s")
    assert getattr(chip(shown, "kind", "bar"), "aria-pressed") == "true"
    assert getattr(chip(shown, "by", "fuel"), "aria-pressed") == "true"
    assert getattr(chip(shown, "facet", "fuel"), "aria-pressed") == "false"
    options = [(one.value, one.selected) for one in pieces(shown, "Option")]
    assert options == [("state", True), ("fuel", False), ("MWh", False), ("GWh", True)]


def test_filters_show_what_they_leave() -> None:
    choice = PictureChoice(only=(("state", "CO"),))
    shown = choice_form(answer(), choice, store="s")
    assert [words(one) for one in pieces(shown, "Summary")] == ["state: CO", "fuel"]
    assert getattr(chip(shown, "only.state", "CO"), "aria-pressed") == "true"
    assert getattr(chip(shown, "only.fuel", EVIL), "aria-pressed") == "false"


def test_only_what_was_chosen_can_be_reset() -> None:
    def resets(shown: Any) -> int:
        return sum(getattr(one, "data-reset", None) is not None for one in pieces(shown, "Button"))

    assert resets(choice_form(answer(), PictureChoice(), store="s")) == 0
    assert resets(choice_form(answer(), PictureChoice(unit="MWh"), store="s")) == 1
    assert resets(bare_form(store="s")) == 1


def test_times_are_chosen_by_a_range_and_many_values_by_typing() -> None:
    time = column("hourly", [], role="instant", count=8760, first="2018-01-01", last="2018-12-31 23:00")
    many = column("county", [], count=3108)
    told = answer()
    told["choices"]["columns"] = [time, many, column("year", ["2018"])]
    fields = pieces(choice_form(told, PictureChoice(only=(("county", "a,b"),)), store="s"), "Input")
    assert [(one.name, one.value, one.placeholder) for one in fields] == [
        ("only.hourly", "", "2018-01-01..2018-12-31"),
        ("only.county", "a,b", ""),
    ]


def test_of_what_is_not_added_up_a_map_takes_one() -> None:
    told = {
        "by": "state",
        "unit": "GWh",
        "units": ["GWh", "MWh"],
        "taken": {"scenario": "a, b"},
        "columns": [column("state", ["CA", "CO"]), column("scenario", ["a, b", "c"], added_up=False)],
    }
    shown = filter_form(told, PictureChoice(by="state"), ["state"], store="s")
    taken = chip(shown, "only.scenario", '"a, b"')
    assert (getattr(taken, "aria-pressed"), getattr(taken, "data-single")) == ("true", "yes")
    assert getattr(chip(shown, "only.state", "CA"), "data-single") == ""
    assert not [one for one in pieces(shown, "Button") if getattr(one, "data-reset", None)]
