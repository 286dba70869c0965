"""From a question to its spec: what is added, what types values get, and how mistakes are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from asked_project import asked_registry

from dsgrid.errors import DsgridError, NotFoundError, SpecError, UsageError
from dsgrid.operations.question import Aggregation, Question
from dsgrid.operations.question_grammar import conditions
from dsgrid.operations.quick_question import Spoken, explain_question, speak
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import parse_spec


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asked_registry(tmp_path_factory.mktemp("asked") / "registry")


ASKED = Question("two_counties")


def asked(question: Question, registry: Path, **options: Any) -> dict[str, Any]:
    return speak(question, registry, **options).asked.document


def by(*names: str, **options: Any) -> Question:
    return ASKED.then(Aggregation(options.pop("function", "sum"), names, **options))


def where(*texts: str, **named: Any) -> list[dict[str, Any]]:
    return list(conditions(texts, named))  # type: ignore[arg-type]


def refused(question: Question, registry: Path, **options: Any) -> DsgridError:
    with pytest.raises(DsgridError) as caught:
        speak(question, registry, **options)
    return caught.value


def test_without_datasets_all_are_asked_but_for_rates_and_that_is_said(registry: Path) -> None:
    spoken = speak(by("state"), registry)
    assert spoken.asked.document["datasets"] == ["offices"]
    assert 'datasets: offices (all that were submitted, but "rates"' in spoken.asked.notes[0]
    named = speak(replace(by("state"), datasets=("offices",)), registry)
    assert not any(note.startswith("datasets") for note in named.asked.notes)


def test_scenarios_that_are_not_named_stay_apart_and_that_is_said(registry: Path) -> None:
    spoken = speak(by("state"), registry)
    assert spoken.asked.document["step"] == [{"by": ["state", "scenario"]}]
    assert "kept: scenario (2 records; --over scenario puts them together)" in spoken.asked.notes
    # One record is told apart from nothing.
    assert asked(by("state").where(*where("scenario=high")), registry)["step"][0]["by"] == ["state", "scenario"]
    assert asked(ASKED.where(*where("scenario=high")).then(Aggregation(by=("state",))), registry)["step"] == [
        {"by": ["state"]}
    ]
    assert asked(by("state", over=("scenario",)), registry)["step"] == [{"by": ["state"], "over": ["scenario"]}]
    assert asked(by("state", "scenario"), registry)["step"] == [{"by": ["state", "scenario"]}]


def test_a_function_that_is_no_sum_is_one_of_the_load(registry: Path) -> None:
    found = asked(by("state", "monthly", function="max"), registry)["step"]
    assert found == [
        {"by": ["state", "scenario", "time"]},
        {"function": "max", "by": ["state", "monthly", "scenario"]},
    ]
    over = asked(by("state", function="mean", over=("scenario",)), registry)["step"]
    assert over == [
        {"by": ["state", "scenario", "time"]},
        {"function": "mean", "by": ["state"], "over": ["scenario"]},
    ]
    each = asked(by("state", function="mean", each=True), registry)["step"]
    assert each == [{"function": "mean", "by": ["state", "scenario"]}]
    weighted = asked(by("state", function="weighted_mean", weights=("county.households",)), registry)["step"]
    assert weighted[0]["by"] == ["state", "scenario", "county", "time"]


def test_later_steps_keep_scenarios_too_and_take_filters_of_their_place(registry: Path) -> None:
    question = by("state", "hourly").where(*where("value>5")).then(Aggregation("count", ("state",)))
    found = asked(question.where(*where("value>100")), registry)
    assert found["step"] == [
        {"by": ["state", "hourly", "scenario"]},
        {"function": "count", "by": ["state", "scenario"], "where": [{"dimension": "value", "above": 5}]},
    ]
    assert found["result"] == {"where": [{"dimension": "value", "above": 100}]}


def test_a_total_keeps_a_column_of_one_record(registry: Path) -> None:
    assert asked(by(), registry)["step"] == [{"by": ["scenario"]}]
    (total,) = asked(by(over=("scenario",)), registry)["step"]
    assert total == {"by": ["all_geographies"], "over": ["scenario"]}
    steps = asked(by("hourly", over=("scenario",)).then(Aggregation("max")), registry)["step"]
    assert [step["by"] for step in steps] == [["hourly", "all_geographies"], ["all_geographies"]]


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("state=CO", {"dimension": "state", "equals": "CO"}),
        ("county=08031", {"dimension": "county", "equals": "08031"}),
        ("model_year=2018", {"dimension": "model_year", "equals": "2018"}),
        ("model_year>=2018", {"dimension": "model_year", "at_least": 2018}),
        ("county.households>1000", {"dimension": "county", "attribute": "households", "above": 1000}),
        ("county.households=200,3000", {"dimension": "county", "attribute": "households", "in": [200, 3000]}),
        ("county.coastal=yes", {"dimension": "county", "attribute": "coastal", "equals": True}),
        ("county.code=037", {"dimension": "county", "attribute": "code", "equals": "037"}),
        ("county.name~^0", None),
        ("county.name~8", {"dimension": "county", "attribute": "name", "matches": "8"}),
        ("hour_of_day=7..9", {"dimension": "hour_of_day", "between": [7, 9]}),
        ("season=summer", {"dimension": "season", "equals": "summer"}),
        ("monthly=2018-01", {"dimension": "monthly", "equals": "2018-01-01"}),
        ("daily>2018-01-01", {"dimension": "daily", "above": "2018-01-01"}),
        ("time>2018-01-01 05:00", {"dimension": "time", "above": "2018-01-01 05:00"}),
        ("annual=2018", {"dimension": "annual", "equals": 2018}),
        ("value>1.5", {"dimension": "value", "above": 1.5}),
        ("by_sector=homes", {"dimension": "by_sector", "equals": "homes"}),
    ],
)
def test_values_have_the_type_of_what_they_are_compared_with(
    registry: Path, condition: str, wanted: dict[str, Any] | None
) -> None:
    if wanted is None:
        wanted = {"dimension": "county", "attribute": "name", "matches": "^0"}
    assert asked(ASKED.where(*where(condition)), registry)["where"] == [wanted]


def test_numbers_of_python_may_name_ids(registry: Path) -> None:
    found = asked(ASKED.where(*where(model_year=2018, county__households__above=1e3)), registry)["where"]
    assert found == [
        {"dimension": "model_year", "equals": "2018"},
        {"dimension": "county", "attribute": "households", "above": 1e3},
    ]


def test_a_dimension_may_be_pivoted_by_its_name(registry: Path) -> None:
    found = asked(replace(by("state"), pivot="end_use"), registry)
    assert found["step"] == [{"by": ["state", "end_use", "scenario"]}]
    assert found["result"] == {"pivot": "metric"}
    found = asked(replace(by("state", "end_use"), pivot="metric"), registry)
    assert found["step"] == [{"by": ["state", "end_use", "scenario"]}]
    assert asked(replace(by("state", function="max"), pivot="end_use"), registry)["step"][0]["by"] == [
        "state",
        "end_use",
        "scenario",
        "time",
    ]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (by("stat"), '--by: no dimension "stat" in project two_counties; did you mean "state"?'),
        (by("county.stat"), '--by: no attribute "stat" in dimension "county"; did you mean "state"?'),
        (by("state").where(*where("stat=CO")), '--where "stat=CO": no dimension "stat" in project two_counties; did'),
        (by("state").where(*where("state=COO")), '--where "state=COO": no record of "state" has id \'COO\'; did you'),
        (by("state").where(*where("state.x=1")), '--where "state.x=1": no attribute "x" in dimension "state"'),
        (replace(by("state"), datasets=("ofices",)), '--datasets: no dataset "ofices" in the registry'),
        (replace(by("state"), expression="ofices * 2"), '--expression: no dataset "ofices" in the registry'),
        (replace(by("state"), pivot="end_us"), '--pivot: no dimension "end_us"; did you mean "end_use"?'),
        (replace(ASKED, project="two_countis"), 'no project "two_countis" in the registry'),
    ],
)
def test_what_is_not_there_is_named_by_its_option_with_the_closest(
    registry: Path, question: Question, said: str
) -> None:
    error = refused(question, registry)
    assert isinstance(error, NotFoundError)
    assert str(error).startswith(said)


def test_all_names_that_are_not_there_are_told_at_once(registry: Path) -> None:
    error = refused(by("stat", "monthli").where(*where("stat=CO")), registry)
    assert len(error.problems) == 3


def test_in_python_messages_name_the_calls(registry: Path) -> None:
    wrong = ASKED.where(*where(state="COO"))
    assert str(refused(wrong, registry, python=True)).startswith(".where(state='COO'): no record of")
    assert str(refused(by("stat", function="max"), registry, python=True)).startswith('.max("stat"): no dimension')


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (replace(by("state"), zone="Mars"), '--zone: there is no time zone "Mars"'),
        (replace(by("state"), unit="xyz"), '--unit: "cooling": no conversion from "MWh" to "xyz"'),
        (replace(by("state"), sort=("valu",)), '--sort: the result has no column "valu"; did you mean "value"?'),
        (by("state", over=("scenarios",)), '--over: found "scenarios", expected one of'),
        (by("state", function="percentile"), '--by: the function "percentile" needs `percentiles`'),
    ],
)
def test_what_the_planner_refuses_is_told_by_options(
    registry: Path, monkeypatch: pytest.MonkeyPatch, question: Question, said: str
) -> None:
    monkeypatch.setattr("dsgrid.query.planner.read_associations", lambda *_: None)
    spoken = speak(question, registry)
    with pytest.raises(SpecError) as caught:
        explain_question(spoken)
    assert str(caught.value).startswith(said)


def test_expression_and_datasets_exclude_each_other(registry: Path) -> None:
    question = replace(by("state"), datasets=("offices",), expression="offices * 2")
    assert isinstance(refused(question, registry), UsageError)
    assert isinstance(refused(replace(by("state"), expression="offices **"), registry), SpecError)


def test_overlaps_and_gaps_are_mistakes_unless_the_question_says_otherwise(registry: Path) -> None:
    plain = asked(by("state"), registry)
    assert not {"overlap", "fill"} & set(plain)
    assert asked(replace(by("state"), overlap="sum"), registry)["overlap"] == "sum"
    filled = asked(replace(by("state"), expression="offices - offices", fill=True), registry)
    assert (filled["expression"], filled["fill"]) == ("offices - offices", 0)


def test_composites_are_asked_only_by_name(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Registry, "composites", lambda *_, **__: [{"id": "offices"}])
    question = replace(by("state"), datasets=("offices",))
    assert asked(question, registry)["datasets"] == ["offices"]
    spoken = speak(by("state"), registry)
    assert spoken.asked.document["datasets"] == ["rates"]
    assert 'but "offices", made of others' in spoken.asked.notes[0]


def test_the_toml_is_a_whole_spec_that_says_the_same(registry: Path) -> None:
    question = replace(
        by("state", "monthly", function="max").where(*where("value>5")), unit="kWh", zone="-05:00", names=True
    )
    spoken = speak(question, registry)
    loaded = parse_spec(spoken.toml(), "query")
    assert loaded.root.value == spoken.spec
    assert loaded.root["registry"].value == str(registry)


def test_its_name_follows_from_the_question_and_the_registry(registry: Path, tmp_path: Path) -> None:
    def name(question: Question) -> str:
        spoken: Spoken = speak(question, registry)
        return spoken.name

    assert name(by("state")) == name(by("state"))
    assert name(by("state")).startswith("state_")
    assert name(by("state")) != name(replace(by("state"), unit="kWh"))
    elsewhere = asked_registry(tmp_path / "registry")
    assert speak(by("state"), elsewhere).name != name(by("state"))
    assert speak(by("state"), registry, "mine").name == "mine"
    with pytest.raises(UsageError, match="expected a name"):
        speak(by("state"), registry, "a/b")


def test_a_version_fixes_the_project_and_a_date_is_kept(registry: Path) -> None:
    assert asked(replace(by("state"), at="1.0"), registry)["project"] == "two_counties@1.0"
    found = asked(replace(by("state"), at="2100-01-01"), registry)
    assert (found["project"], found["at"]) == ("two_counties", "2100-01-01")
    assert isinstance(refused(replace(by("state"), at="7.0"), registry), NotFoundError)
    assert isinstance(refused(replace(by("state"), at="1999-01-01"), registry), NotFoundError)
