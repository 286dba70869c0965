"""A project that can be asked in Python: its names, their completion, and questions that never change."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError

import pytest
from asked_project import asked_registry

import dsgrid
from dsgrid.errors import NotFoundError, UsageError
from dsgrid.operations.open_project import Name, OpenProject
from dsgrid.operations.open_registry import OpenRegistry
from dsgrid.registry.registry import Registry


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> OpenRegistry:
    return dsgrid.open_registry(asked_registry(tmp_path_factory.mktemp("asked") / "registry"))


@pytest.fixture(scope="module")
def project(registry: OpenRegistry) -> OpenProject:
    return registry.project("two_counties")


def test_it_has_all_that_the_project_of_the_registry_has(registry: OpenRegistry, project: OpenProject) -> None:
    with Registry.open(registry.folder) as opened:
        value = opened.project("two_counties")
    assert project == value
    assert project == registry.project("two_counties@1")
    for name in ("id", "version", "base", "supplemental", "subsets", "requirements", "metadata", "time"):
        assert getattr(project, name) == getattr(value, name), name
    assert project.base_of_type("geography") == value.base_of_type("geography")
    assert repr(project).startswith(repr(value))
    assert "datasets: offices, rates" in repr(project)
    assert not hasattr(project, "nothing")


def test_names_are_keys_and_attributes_and_are_completed(project: OpenProject) -> None:
    assert project.dimensions.state.ids == project.dimensions["state"].ids == ("CA", "CO")
    assert project.dimensions["county"].records[0]["state"] == "CA"
    assert project.dimensions.county.attributes[:2] == ("id", "name")
    assert list(project.dimensions.county.to_pandas()["id"]) == ["06037", "08031"]
    assert project.dimensions.state.of == "county"
    assert project.by.state == "state"
    assert project.by.county.households == "county.households"
    assert project.by["annual"] == "annual"
    for names in (project.by, project.dimensions):
        assert "state" in dir(names)
        assert "state" in names._ipython_key_completions_()
    assert "offices" in dir(project.datasets)
    assert "households" in dir(project.by.county)
    assert {"query", "by", "dimensions", "base", "time"} <= set(dir(project))


def test_names_survive_copies_and_pickles(project: OpenProject) -> None:
    for made in (copy.deepcopy(project.by.county), pickle.loads(pickle.dumps(project.by.county))):
        assert isinstance(made, Name)
        assert made.households == "county.households"
    assert copy.copy(project.dimensions).state.name == "state"


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda project: project.dimensions.stat, 'no dimension "stat"; did you mean "state"?'),
        (lambda project: project.dimensions["stat"], 'no dimension "stat"; did you mean "state"?'),
        (lambda project: project.by.anual, 'no name "anual"; did you mean "annual"?'),
        (lambda project: project.by.county.household, 'no attribute "household" in dimension "county"; did you mean'),
        (
            lambda project: project.datasets.ofices,
            'no dataset "ofices" in project two_counties; did you',
        ),
        (
            lambda project: project.query("ofices"),
            'no dataset "ofices" in project two_counties; did you',
        ),
        (lambda project: project.query().sum("stat"), '.sum("stat"): no dimension "stat"'),
        (lambda project: project.query().where(stat="CO"), ".where(stat='CO'): no dimension \"stat\""),
        (lambda project: project.query().where("state=COO"), ".where(state=COO): no record of \"state\" has id 'COO'"),
    ],
)
def test_a_name_that_is_not_there_is_told_at_once_with_the_closest(project, ask, said) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NotFoundError) as caught:
        ask(project)
    assert str(caught.value).startswith(said)


def test_names_that_are_not_there_are_what_python_expects(project: OpenProject) -> None:
    assert project.dimensions.get("stat") is None
    assert "stat" not in project.dimensions
    assert not hasattr(project.by, "stat")
    assert not hasattr(project.by, "_repr_mimebundle_")


def test_each_call_gives_a_new_question(project: OpenProject) -> None:
    first = project.query("offices")
    second = first.where(state="CO").sum(project.by.state, project.by.annual).unit("kWh")
    assert first.question.moves == ()
    assert len(second.question.moves) == 2
    assert second == project.query(project.datasets.offices).where(state="CO").sum("state", "annual").unit("kWh")
    assert second != first.where(state="CA").sum("state", "annual").unit("kWh")
    with pytest.raises(FrozenInstanceError):
        first.question = second.question  # type: ignore[misc]


def test_a_question_shows_itself_as_toml(project: OpenProject) -> None:
    question = project.query("offices").where("state=CO").max("state", "monthly").names().pivot("scenario")
    assert print_of(question) == question.toml()
    assert 'function = "max"' in question.toml()
    assert 'pivot = "scenario"' in question.toml()
    assert question.spec()["project"] == "two_counties"
    assert "<pre>" in question._repr_html_()
    assert repr(question) == (
        "<two_counties: query('offices').where(state=CO).max('state', 'monthly').pivot('scenario').names()>"
    )
    assert any("each=True takes each value alone" in note for note in question.notes)


def print_of(question: object) -> str:
    return f"{question}"


def test_every_function_of_a_step_has_a_method(project: OpenProject) -> None:
    from dsgrid.spec.schemas.query import FUNCTIONS

    more = {"weighted_mean": {"weights": "county.households"}, "percentile": {"percentiles": [5, 95]}}
    for function in FUNCTIONS:
        question = getattr(project.query("offices"), function)("state", **more.get(function, {}))
        assert question.spec()["step"][-1].get("function", "sum") == function
    assert project.query("offices").percentile("state").spec()["step"][-1]["percentiles"] == [50]


def test_a_project_of_a_version_or_a_date_is_asked_as_such(registry: OpenRegistry) -> None:
    assert registry.project("two_counties@1.0").query("offices").sum("state").spec()["project"] == "two_counties@1.0"
    dated = registry.project("two_counties", at="2100-01-01").query("offices").sum("state").spec()
    assert (dated["project"], dated["at"]) == ("two_counties", "2100-01-01")


def test_a_project_shows_itself_in_a_notebook(project: OpenProject) -> None:
    shown = project._repr_html_()
    assert "two_counties@1.0.0" in shown
    assert "offices" in shown
    assert "06037" in project.dimensions.county._repr_html_()


def test_datasets_and_an_expression_exclude_each_other(project: OpenProject) -> None:
    with pytest.raises(UsageError, match="not both"):
        project.query("offices", expression="offices * 2")
    assert project.query(expression="offices * 2").sum("state").spec()["expression"] == "offices * 2"
