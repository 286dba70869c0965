"""Changes of the query builder's form: each makes one draft of another, and none of them breaks anything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.viewer.pages.builder.catalog import Catalog, Name
from dsgrid.viewer.pages.builder.changes import changed
from dsgrid.viewer.specs.draft import SELECTORS, Draft, Filter, Report, Source, Step
from dsgrid.viewer.specs.reading import draft_of
from dsgrid.viewer.specs.writing import document_of

COUNTY = Name("county", "geography", 3_200, "p/county@1.0.0", attributes=(("state", False), ("households", True)))
STATE = Name("state", "geography", 51, "p/state@1.0.0", of="county")
YEAR = Name("model_year", "model_year", 3, "p/model_year@1.0.0")
CATALOG = Catalog(
    names=(COUNTY, STATE, YEAR),
    subsets={"fuel": ("electricity", "gas")},
    time="time_est",
    words=("hourly", "daily", "monthly", "annual", "hour_of_day", "month_of_year", "season"),
)
BEGUN = Draft(name="own", project="p", datasets=("a",), step=(Step(by=("state",)),))


def after(draft: Draft, *changes: dict[str, Any]) -> Draft:
    return changed(draft, changes, CATALOG)


def test_a_step_keeps_names_in_the_order_in_which_they_are_chosen() -> None:
    draft = after(
        BEGUN,
        {"at": "step[0].by", "toggle": "hourly"},
        {"at": "step[0].by", "toggle": "county"},
        {"at": "step[0].by", "toggle": "state"},
    )
    assert draft.step[0].by == ("hourly", "county")


def test_items_are_added_moved_and_removed() -> None:
    draft = after(BEGUN, {"at": "step", "do": "add"}, {"at": "step[1].by", "toggle": "county"})
    assert [step.by for step in after(draft, {"at": "step[1]", "do": "up"}).step] == [("county",), ("state",)]
    assert [step.by for step in after(draft, {"at": "step[0]", "do": "down"}).step] == [("county",), ("state",)]
    assert [step.by for step in after(draft, {"at": "step[0]", "do": "remove"}).step] == [("county",)]
    added = [{"at": at, "do": "add"} for at in ("step[0].where", "report", "source", "source")]
    inner = after(BEGUN, *added)
    assert inner.step[0].where == (Filter(),)
    assert inner.report == (Report("peak_load"),)
    assert inner.source == tuple(Source(name, "exponential_growth") for name in ("projection", "projection_2"))


def test_two_sources_cannot_have_one_name() -> None:
    draft = Draft(name="own", source=(Source("a"), Source("b")))
    assert after(draft, {"at": "source[1].name", "set": "a"}) == draft
    assert after(draft, {"at": "source[1].name", "set": "c"}).source == (Source("a"), Source("c"))


def test_a_filter_takes_numbers_where_numbers_are_compared_and_texts_elsewhere() -> None:
    def value(subject: str, typed: str, attribute: str = "") -> Any:
        draft = after(
            BEGUN,
            {"at": "where", "do": "add"},
            {"at": "where[0].subject", "set": subject},
            *([{"at": "where[0].attribute", "set": attribute}] if attribute else []),
            {"at": "where[0].test", "set": "at_least"},
            {"at": "where[0].values", "set": typed},
        )
        return draft.where[0].values[0]

    assert value("county", "1_000", "households") == 1000
    assert value("county", "2018") == "2018"
    assert value("model_year", "2030") == "2030"
    assert value("value", "1e3") == 1000.0
    assert value("hour_of_day", "16") == 16
    # What is no number is left for the server to tell.
    assert value("value", "many") == "many"


def test_a_filter_of_a_subset_names_its_selectors() -> None:
    draft = after(
        BEGUN,
        {"at": "where", "do": "add"},
        {"at": "where[0].subject", "set": "subset:fuel"},
        {"at": "where[0].values", "toggle": "gas"},
    )
    assert draft.where == (Filter("fuel", SELECTORS, values=("gas",)),)


def test_another_test_keeps_as_many_values_as_it_takes() -> None:
    draft = Draft(where=(Filter("county", "in", values=("a", "b", "c")),))
    assert after(draft, {"at": "where[0].test", "set": "between"}).where[0].values == ("a", "b")
    assert after(draft, {"at": "where[0].test", "set": "equals"}).where[0].values == ("a",)
    assert after(draft, {"at": "where[0].test", "set": "is_null"}).where[0].values == (True,)
    assert after(draft, {"at": "where[0].test", "set": "anything"}) == draft


def test_another_subject_or_attribute_forgets_the_values() -> None:
    draft = Draft(where=(Filter("county", "in", values=("a",)),))
    assert after(draft, {"at": "where[0].attribute", "set": "state"}).where == (Filter("county", "in", "state"),)
    assert after(draft, {"at": "where[0].subject", "set": "time_est"}).where == (Filter("time_est", "between"),)


def test_a_range_may_be_typed_from_either_end() -> None:
    draft = Draft(where=(Filter("time_est", "between"),))
    last = after(draft, {"at": "where[0].second", "set": "2018-07-31"})
    assert not last.where[0].is_complete
    assert after(last, {"at": "where[0].first", "set": "2018-07-01"}).where[0].values == ("2018-07-01", "2018-07-31")


def test_values_are_typed_with_commas_between() -> None:
    draft = Draft(where=(Filter("season", "in"),))
    assert after(draft, {"at": "where[0].values", "set": "summer, winter,"}).where[0].values == ("summer", "winter")


def test_the_name_follows_what_is_kept_until_somebody_gives_one() -> None:
    draft = after(Draft(project="p", step=(Step(),)), {"at": "step[0].by", "toggle": "county.state"})
    assert draft.name == "by_county_state"
    own = after(draft, {"at": "name", "set": "mine"}, {"at": "step[0].by", "toggle": "hourly"})
    assert own.name == "mine"


def test_another_project_forgets_the_names_of_the_one_before() -> None:
    draft = after(BEGUN, {"at": "where", "do": "add"}, {"at": "project", "set": "other"})
    assert (draft.project, draft.datasets, draft.where, draft.step) == ("other", (), (), (Step(),))


def test_a_version_is_a_part_of_the_reference() -> None:
    draft = after(BEGUN, {"at": "version", "set": "1.2.0"})
    assert draft.project == "p@1.2.0"
    assert after(draft, {"at": "version", "set": ""}).project == "p"


def test_a_formula_takes_the_datasets_over_and_gives_them_back() -> None:
    draft = Draft(name="own", datasets=("aa", "bb@1"), project="p")
    formula = after(draft, {"at": "formula", "set": True})
    assert (formula.expression, formula.datasets) == ("aa | bb@1", ())
    assert after(formula, {"at": "formula", "set": False}) == draft


def test_percentiles_are_there_as_soon_as_they_are_asked_for() -> None:
    draft = after(BEGUN, {"at": "step[0].function", "set": "percentile"})
    assert draft.step[0].percentiles == (5, 50, 95)
    assert after(draft, {"at": "step[0].percentiles", "set": "2.5; 99"}).step[0].percentiles == (2.5, 99)


def test_a_field_that_is_changed_replaces_what_stood_there_and_was_no_value() -> None:
    draft = draft_of({"project": "p", "step": [{"by": "state"}]})
    assert draft.step[0].more == {"by": "state"}
    step = after(draft, {"at": "step[0].by", "toggle": "county"}).step[0]
    assert (step.by, step.more) == (("county",), {})


def test_what_a_step_leaves_is_what_the_next_one_may_name() -> None:
    left = CATALOG.left_by(("county", "daily"))
    assert [one.name for one in left.names] == ["county", "state"]
    assert left.named("county").attributes == COUNTY.attributes  # type: ignore[union-attr]
    assert left.words == ("daily", "monthly", "annual", "month_of_year", "season")
    assert [one.name for one in CATALOG.left_by(("state", "time_est")).names] == ["state"]
    assert CATALOG.left_by(("state", "time_est")).words == CATALOG.words
    assert CATALOG.left_by(("state",)).words == ()
    # Of an attribute that was kept there is no more than the attribute.
    assert CATALOG.left_by(("county.state",)).named("county").attributes == ()  # type: ignore[union-attr]


PLACES = st.sampled_from(
    [
        *("", "name", "project", "job", "version", "formula", "datasets", "expression", "more", "__class__"),
        *("where", "where[0]", "where[9]", "where[0].subject", "where[0].test", "where[0].values", "where[0].first"),
        *("step", "step[0]", "step[0].by", "step[0].function", "step[0].where", "step[0].where[0].values"),
        *("report", "report[0].points", "report[0].by", "source", "source[0].name", "result", "result.table"),
        *("result[0]", "step[0].more", "to.geography"),
    ]
)
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.text(max_size=2), max_size=2)
CHANGES = st.one_of(
    st.fixed_dictionaries({"at": PLACES, "set": VALUES}),
    st.fixed_dictionaries({"at": PLACES, "toggle": VALUES}),
    st.fixed_dictionaries({"at": PLACES, "do": st.sampled_from(["add", "remove", "up", "down", "fly"])}),
    st.dictionaries(st.sampled_from(["at", "set"]), VALUES, max_size=2),
)


@given(st.lists(CHANGES, max_size=8))
def test_no_change_that_a_browser_sends_makes_a_draft_that_is_none(changes: list[dict[str, Any]]) -> None:
    draft = after(BEGUN, {"at": "where", "do": "add"}, {"at": "report", "do": "add"}, *changes)
    # Still one that can be kept, and written.
    assert draft_of(document_of(draft, whole=True)).name == draft.name
    document_of(draft)


@pytest.mark.parametrize("at", ["where", "step", "report", "source"])
def test_a_list_does_not_grow_without_end(at: str) -> None:
    draft = after(Draft(), *[{"at": at, "do": "add"}] * 60)
    assert len(getattr(draft, at)) == 50
