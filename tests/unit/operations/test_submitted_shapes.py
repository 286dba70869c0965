"""Shapes of annual values: what a submission takes as one, and that it keeps the version that it took."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from annual_sales import HOURS, YEAR, add_course, apply_sales, sales, shaped_bench
from changing import Bench, job, planned_lines, refused
from tests.project_specs import changed

from dsgrid.errors import NotFoundError, RegistryError
from dsgrid.operations.dump import dump
from dsgrid.operations.plan import plan
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.registry.registry import Registry
from dsgrid.time.rules import TimeRules


@pytest.fixture
def shaped(bench: Bench) -> Bench:
    return shaped_bench(bench)


def submit(bench: Bench, **rules: Any) -> TimeRules:
    return submit_dataset(sales(**rules), registry=bench.folder).submission.time


def test_a_shape_is_kept_in_the_version_that_it_has_now(shaped: Bench) -> None:
    assert submit(shaped, shape="course") == TimeRules(shape="course@1.0.0")
    with shaped.open() as registry:
        assert registry.submission("two_counties", "sales").time.shape == "course@1.0.0"


@pytest.mark.parametrize("named", ["course@1", "course@1.0.0"])
def test_the_version_of_a_shape_may_be_named(shaped: Bench, named: str) -> None:
    assert submit(shaped, shape=named).shape == "course@1.0.0"


WRONG_SHAPES: dict[str, tuple[dict[str, float], dict[str, Any], str]] = {
    "records": (
        {"g1": 1.0, "elsewhere": 1.0},
        HOURS,
        'the shape odd has several records of "own_county", but not the 1 record "g2" of dataset sales',
    ),
    "zeros": (
        {"g1": 1.0, "g2": 0.0},
        HOURS,
        "the shape odd has no values, or values that add up to 0, for 1 of the dataset's combinations: g2",
    ),
    "zeros for all": (
        {"all": 0.0},
        HOURS,
        "add up to 0, for 1 of the dataset's combinations: the only series",
    ),
    "part of a year": (
        {"g1": 1.0, "g2": 1.0},
        {**HOURS, "end": "2018-06-30 23:00"},
        "the shape: the data do not cover 4,416 slots of the project's time",
    ),
    "means": (
        {"g1": 1.0, "g2": 1.0},
        {**HOURS, "measurement": "mean"},
        'a shape divides totals, so its measurement is "total", not "mean"',
    ),
    "years": ({"g1": 1.0, "g2": 1.0}, YEAR, "a shape has slots in one zone; this one has the years 2018"),
}


@pytest.mark.parametrize("case", WRONG_SHAPES)
def test_a_shape_that_cannot_divide_the_values_is_refused_at_its_key(shaped: Bench, case: str) -> None:
    sums, time, sentence = WRONG_SHAPES[case]
    add_course(shaped, "odd", sums, time)
    before = shaped.contents()
    (problem,) = refused(lambda: submit(shaped, shape="odd"))
    assert sentence in problem.message
    assert problem.key == "mapping.time.shape"
    assert shaped.contents() == before


def test_a_shape_that_is_not_registered_gets_the_closest_id(shaped: Bench) -> None:
    with pytest.raises(NotFoundError, match='did you mean "course"') as caught:
        submit(shaped, shape="coarse")
    assert [problem.key for problem in caught.value.problems] == ["mapping.time.shape"]
    with pytest.raises(NotFoundError, match=r"dataset course has no version 2"):
        submit(shaped, shape="course@2")


def test_a_shape_and_evenly_are_two_ways(shaped: Bench) -> None:
    (problem,) = refused(lambda: submit(shaped, shape="course", spread="flat"))
    assert problem.key == "mapping.time.spread"


def test_a_shape_for_all_places_has_one_record(shaped: Bench) -> None:
    add_course(shaped, "everywhere", {"all": 3.0})
    assert submit(shaped, shape="everywhere").shape == "everywhere@1.0.0"


def test_rules_of_a_shape_say_how_its_time_becomes_the_projects(shaped: Bench) -> None:
    add_course(shaped, "ending", {"g1": 1.0, "g2": 1.0}, {**HOURS, "interval": "period_ending"})
    (problem,) = refused(lambda: submit(shaped, shape="ending"))
    assert "wrap_time = true" in problem.message
    wrapping = changed(sales(shape="ending"), "wrap_time", True)
    assert submit_dataset(wrapping, registry=shaped.folder).submission.time == TimeRules(
        wrap=True, shape="ending@1.0.0"
    )


def test_a_newer_shape_is_taken_when_the_spec_names_no_version(shaped: Bench) -> None:
    apply_sales(shaped, shape="course")
    add_course_version(shaped)
    plan_ = plan(job("submit_dataset", sales(shape="course@1.0.0")), registry=shaped.folder)
    assert plan_.proposal.is_empty
    lines = planned_lines(shaped, sales(shape="course"))
    assert "      ~ shape  course@1.0.0 -> course@1.0.1" in lines
    with pytest.raises(RegistryError, match="--allow major"):
        apply_sales(shaped, shape="course")
    assert "datasets that go along: offices 1.0.0" in apply_sales(shaped, allow="major", shape="course")
    with shaped.open() as registry:
        assert registry.submission("two_counties", "sales").time.shape == "course@1.0.1"
        assert registry.submission("two_counties", "sales", "1.1.0").time.shape == "course@1.0.0"


def add_course_version(bench: Bench) -> None:
    with Registry.open(bench.folder, write=True) as registry:
        proposed = registry.proposals.dataset(replace(registry.dataset("course"), description="Better"), ())
        with registry.registration("a newer course") as registration:
            registration.write(proposed)


def test_what_a_dump_writes_of_rules_changes_nothing_when_it_is_applied(shaped: Bench, tmp_path: Path) -> None:
    apply_sales(shaped, shape="course", trim=True)
    dump({"ids": ["sales"], "output": str(tmp_path / "dump")}, registry=shaped.folder)
    spec = tmp_path / "dump/submit_to_two_counties.toml"
    assert 'shape = "course"' in spec.read_text()
    assert plan(spec, registry=shaped.folder).proposal.is_empty
    text = spec.read_text()
    spec.write_text(text.replace("trim = true\n", ""))
    assert plan(spec, registry=shaped.folder).needed == "major"
    # One that is not the newest any more is named with its version.
    add_course_version(shaped)
    dump({"ids": ["sales"], "output": str(tmp_path / "later")}, registry=shaped.folder)
    spec = tmp_path / "later/submit_to_two_counties.toml"
    assert 'shape = "course@1.0.0"' in spec.read_text()
    assert plan(spec, registry=shaped.folder).proposal.is_empty
