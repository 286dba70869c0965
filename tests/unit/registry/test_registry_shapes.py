"""A submission needs the dataset whose course its annual values follow, wherever it goes."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from registry_links import add_query_result
from registry_processes import run
from registry_published import publish
from registry_shaped import (
    SUBMISSION,
    YEARS,
    newer_course,
    shaped_project,
    shaped_registry,
    shaped_submission,
)
from registry_values import TIME, register

from dsgrid.dimensions.cutting import cut_dimension
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.records import Record, Records
from dsgrid.errors import RegistryError
from dsgrid.operations.check_registry import examine
from dsgrid.operations.copy_registry import copy_registry
from dsgrid.operations.filter_registry import FilteredRegistry, filter_registry
from dsgrid.operations.graph import dependency_graph
from dsgrid.operations.proposal_lines import lines
from dsgrid.registry.acceptance import refused_time
from dsgrid.registry.extract import cut_dataset, cut_shape, followed_records
from dsgrid.registry.model import Project, Submission, TypeMapping
from dsgrid.registry.proposal import Proposal
from dsgrid.registry.registry import Registry
from dsgrid.registry.whole_dump import dump_all
from dsgrid.time.dimension import AnnualTime, Span
from dsgrid.time.rules import TimeRules


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shaped_registry(tmp_path_factory.mktemp("shaped") / "registry")


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "registry"))


@pytest.fixture
def registry(folder: Path) -> Iterator[Registry]:
    with Registry.open(folder, write=True) as registry:
        yield registry


def shape_of(registry: Registry, project: str = "conus_2022", version: str | None = None) -> str:
    return registry.submission(project, "sales", version).time.shape


def remove(registry: Registry, *references: str, cascade: bool = False) -> list[str]:
    """Remove, and return what went."""
    removal = registry.removal(references, cascade)
    with registry.registration("removed by a test", job="remove") as registration:
        registration.remove(references, cascade, removal)
    return [str(node) for node in removal.nodes]


def write(registry: Registry, proposal: Proposal) -> None:
    with registry.registration("a change") as registration:
        registration.write(proposal)


# Who needs whom ------------------------------------------------------------------------------------------------------


def test_the_submission_names_the_version_of_its_shape(registry: Registry, folder: Path) -> None:
    assert shape_of(registry) == "course@1.0.0"
    assert newer_course(registry).version == "1.0.1"
    assert shape_of(registry) == "course@1.0.0"
    assert examine(folder).is_clean


def test_the_shape_is_told_who_uses_it(folder: Path) -> None:
    with Registry.open(folder) as registry:
        graph = registry.graph()
        (course,), (submission,) = graph.find("course"), graph.find("conus_2022/sales")
        assert str(submission) == SUBMISSION
        assert course in graph.children(submission)
        assert graph.parents(course) == (submission,)
        (used,) = registry.entry("course")["used_by"]
        assert used == {"kind": "submission", "id": "conus_2022/sales", "version": "1.0.0+1.0.0"}
    text = dependency_graph(folder, "conus_2022/sales").text()
    assert "dataset course@1.0.0" in text


def test_a_shape_in_use_is_not_removed(registry: Registry, folder: Path) -> None:
    with pytest.raises(RegistryError, match=r"^dataset course@1\.0\.0 is needed by submission conus_2022/sales@1"):
        remove(registry, "course")
    assert examine(folder, checksums=True).is_clean


def test_with_cascade_the_submission_goes_and_its_dataset_stays(registry: Registry, folder: Path) -> None:
    assert set(remove(registry, "course", cascade=True)) >= {"dataset course@1.0.0", SUBMISSION}
    assert [row["id"] for row in registry.datasets()] == ["sales"]
    assert [row["id"] for row in registry.projects()] == ["conus_2022"]
    assert registry.submissions() == []
    assert registry.database.value("SELECT count(*) FROM submission_shapes") == 0
    assert examine(folder, fix=True, older_than=0).problems == ()


@pytest.mark.parametrize(
    ("reference", "cascade"), [("conus_2022", False), ("sales", True), ("conus_2022/sales", False)]
)
def test_a_shape_that_is_free_again_is_removed_as_any_dataset(
    registry: Registry, reference: str, cascade: bool
) -> None:
    assert SUBMISSION in remove(registry, reference, cascade=cascade)
    assert "course" in [row["id"] for row in registry.datasets()], "it belongs to nobody"
    assert "dataset course@1.0.0" in remove(registry, "course")


def test_an_older_version_of_a_shape_is_the_one_that_is_needed(registry: Registry) -> None:
    newer_course(registry)
    with pytest.raises(RegistryError, match=r"course@1\.0\.0 is needed"):
        remove(registry, "course@1.0.0")
    assert remove(registry, "course@1.0.1") == ["dataset course@1.0.1"]
    assert shape_of(registry) == "course@1.0.0"


# New versions --------------------------------------------------------------------------------------------------------


def test_a_newer_shape_is_said_to_leave_the_submission_as_it_is(registry: Registry) -> None:
    proposal = registry.proposals.dataset(replace(registry.dataset("course"), description="Better"), ())
    assert list(lines(proposal))[-1] == ("  submission conus_2022/sales 1.0.0+1.0.0 keeps dataset course 1.0.0")


def test_another_shape_is_a_new_version_of_the_project_with_a_line_that_says_so(registry: Registry) -> None:
    newer_course(registry)
    proposal = registry.proposals.submission(shaped_submission(shape="course@1.0.1"))
    assert proposal.level == "major"
    assert list(lines(proposal)) == [
        "  submission of dataset sales 1.0.0 to project conus_2022 1.0.0 -> 2.0.0 (major)",
        "    mapping.time (major): 1 key changed",
        "      ~ shape  course@1.0.0 -> course@1.0.1",
        "  project conus_2022 1.0.0 -> 2.0.0",
    ]
    write(registry, proposal)
    assert [shape_of(registry, version=each) for each in ("1.0.0", "2.0.0")] == ["course@1.0.0", "course@1.0.1"]
    (change,) = registry.difference("conus_2022", "1.0.0", "2.0.0").changes
    assert (change.where, change.key, change.level) == ("datasets.sales.mapping.time", "shape", "major")
    events = [(event.action, event.project[1]) for event in registry.history("sales").events]
    assert events == [("submitted", "1.0.0"), ("submitted", "2.0.0")]
    assert registry.proposals.submission(shaped_submission(shape="course@1.0.1")).is_empty, "applied twice"


def test_a_submission_goes_along_with_its_shape(registry: Registry, folder: Path) -> None:
    proposal = registry.proposals.project(shaped_project(description="Other"))
    assert [one.dataset_id for one in proposal.carried] == ["sales"]
    write(registry, proposal)
    assert shape_of(registry, version="1.0.1") == "course@1.0.0"
    assert [event.action for event in registry.history("sales").events] == ["submitted", "carried"]
    with pytest.raises(
        RegistryError, match=r"needed by submission conus_2022/sales@1\.0\.0\+1\.0\.0, submission conus"
    ):
        remove(registry, "course")
    assert examine(folder).is_clean


def _of(year: int) -> Project:
    span = Span(datetime.fromisoformat(f"{year}-01-01"), datetime.fromisoformat(f"{year}-12-31 23:00"))
    return shaped_project(time=replace(TIME, ranges=(span,)))


def test_a_submission_whose_shape_does_not_reach_a_new_version_is_invalidated(registry: Registry) -> None:
    years = replace(YEARS, years=(2018, 2019))
    changed = registry.proposals.dataset(replace(registry.dataset("sales"), time=replace(years, id="", version="")), ())
    write(registry, changed)
    rules = {"trim": True}
    register(registry, replace(shaped_submission(**rules), dataset_version="2.0.0"))
    proposal = registry.proposals.project(_of(2019))
    lost = next(one for one in proposal.invalidated if one.dataset_version == "2.0.0")
    (reason,) = lost.reasons
    assert reason.startswith("the shape: the dataset's time does not overlap the project's: dataset 2018-01-01 00:00")
    assert reason.endswith('align = "same_date" or align = "same_weekday"')
    write(registry, proposal)
    assert [row["status"] for row in registry.submissions()] == ["invalidated", "invalidated"]
    # What was lost may fit again, by the shape that it had.
    write(registry, registry.proposals.project(shaped_project(description="2018 again")))
    assert {row["status"] for row in registry.submissions()} == {"accepted"}
    assert shape_of(registry) == "course@1.0.0"


def test_the_records_of_a_shape_are_those_of_the_dataset_or_one_for_all(registry: Registry) -> None:
    sales, course, project = registry.dataset("sales"), registry.dataset("course"), registry.project("conus_2022")
    submission = registry.submission("conus_2022", "sales")
    for ids, refused in ((("06037", "08001"), 0), (("06037", "08001", "36005"), 0), (("08001",), 0), (("a", "b"), 1)):
        county = replace(course.dimensions["geography"], records=Records(tuple(Record(id_, id_) for id_ in ids)))
        shape = replace(course, dimensions={**course.dimensions, "geography": county})
        problems = refused_time(project, sales, submission, shape)
        assert len(problems) == refused
        if problems:
            assert problems[0].key == "shape"
            assert problems[0].message == (
                'the shape course has several records of "course_geography", but not the 2 records '
                '"06037", "08001" of dataset sales'
            )


def test_a_problem_of_a_rule_is_told_at_its_key(registry: Registry) -> None:
    sales, course, project = registry.dataset("sales"), registry.dataset("course"), registry.project("conus_2022")
    submission = registry.submission("conus_2022", "sales")

    def refused(rules: TimeRules, shape: object = course, of: object = sales) -> list[tuple[str, str]]:
        found = refused_time(project, of, replace(submission, time=rules), shape)  # type: ignore[arg-type]
        return [(problem.key, problem.message) for problem in found]

    assert refused(submission.time) == []
    ((key, message),) = refused(TimeRules(), shape=None)
    assert (key, message.partition(":")[0]) == ("", "annual totals are spread over the hours of the project")
    ((key, message),) = refused(TimeRules(spread="flat", shape="course@1.0.0"))
    assert (key, message) == ("spread", "annual values are spread flat or by a shape, not both")
    ((key, message),) = refused(submission.time, of=course)
    assert (key, message.partition(";")[0]) == ("shape", "`shape` means nothing from instants to instants")
    means = replace(course, time=replace(TIME, measurement="mean"))
    ((key, message),) = refused(submission.time, shape=means)
    assert (key, message) == ("shape", 'a shape divides totals, so its measurement is "total", not "mean"')
    ((key, message),) = refused(submission.time, shape=replace(course, time=YEARS))
    assert (key, message.partition(";")[0]) == ("shape", "a shape has slots in one zone")
    half = replace(TIME, ranges=(Span(TIME.start, datetime.fromisoformat("2018-06-30 23:00")),))
    ((_, message),) = refused(submission.time, shape=replace(course, time=half))
    assert message.startswith(
        "the shape: the data do not cover 4,416 slots of the project's time: 4,416 hours from 2018-07"
    )


# Copies and dumps ----------------------------------------------------------------------------------------------------


def ids(folder: Path) -> dict[str, set[str]]:
    with Registry.open(folder) as registry:
        found = {name: {row["id"] for row in getattr(registry, name)()} for name in ("projects", "datasets")}
        found["submissions"] = {f"{row['project_id']}/{row['dataset_id']}" for row in registry.submissions()}
    return found


ALL = {"projects": {"conus_2022"}, "datasets": {"course", "sales"}, "submissions": {"conus_2022/sales"}}


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, ALL),
        ({"projects": ["conus_2022"]}, ALL),
        ({"projects": ["conus_2022"], "datasets": ["sales"]}, ALL),
        ({"datasets": ["sales"]}, {"projects": set(), "datasets": {"sales"}, "submissions": set()}),
        ({"datasets": ["course"]}, {"projects": set(), "datasets": {"course"}, "submissions": set()}),
        (
            {"projects": ["conus_2022"], "datasets": ["course"]},
            {"projects": {"conus_2022"}, "datasets": {"course"}, "submissions": set()},
        ),
    ],
    ids=["all", "project", "project and sales", "sales", "course", "project and course"],
)
def test_a_copy_takes_the_shape_along_with_the_submission(
    folder: Path, tmp_path: Path, chosen: dict[str, list[str]], expected: dict[str, set[str]]
) -> None:
    copy_registry({"target": str(tmp_path / "copy"), **chosen}, registry=folder)
    assert ids(tmp_path / "copy") == expected
    assert examine(tmp_path / "copy", checksums=True, older_than=0).is_clean
    if expected["submissions"]:
        with Registry.open(folder) as old, Registry.open(tmp_path / "copy") as new:
            assert new.submission("conus_2022", "sales") == old.submission("conus_2022", "sales")


def test_a_copy_has_no_shape_of_a_project_that_stays_behind(folder: Path, tmp_path: Path) -> None:
    with Registry.open(folder, write=True) as registry:
        register(registry, shaped_project("other_project"))
        publish(registry, "secret", b"other hours")
        register(registry, shaped_submission("other_project", "secret@1.0.0"))
    copy_registry({"target": str(tmp_path / "copy"), "projects": ["conus_2022"]}, registry=folder)
    assert ids(tmp_path / "copy") == ALL
    assert b"secret" not in (tmp_path / "copy/registry.db").read_bytes()


def test_a_copy_of_what_a_query_made_has_the_shape_of_what_it_read(folder: Path, tmp_path: Path) -> None:
    with Registry.open(folder, write=True) as registry:
        add_query_result(registry, "totals", "conus_2022@1.0.0", "sales@1.0.0")
    copy_registry({"target": str(tmp_path / "copy"), "datasets": ["totals"]}, registry=folder)
    assert ids(tmp_path / "copy") == {**ALL, "datasets": {"course", "sales", "totals"}}
    assert examine(tmp_path / "copy", checksums=True, older_than=0).is_clean


def test_reading_a_submission_with_a_shape_imports_no_heavy_library(folder: Path) -> None:
    script = """
import sys
from dsgrid.registry.registry import Registry
with Registry.open(sys.argv[1]) as registry:
    assert registry.submission("conus_2022", "sales").time.shape == "course@1.0.0"
    registry.submissions()
    registry.history("sales")
    registry.graph()
    for name in ("conus_2022", "sales", "course", "sales/year"):
        registry.entry(name)
heavy = {"pandas", "pyarrow", "pyspark", "numpy", "jsonschema", "pint"} & set(sys.modules)
sys.exit(f"imported: {heavy}" if heavy else 0)
"""
    result = run(script, str(folder))
    assert result.returncode == 0, result.stderr


def extract(folder: Path, target: Path, *counties: str, **spec: object) -> FilteredRegistry:
    keep = {"county": list(counties or ("06037", "08001"))}
    return filter_registry({"target": str(target), "project": "conus_2022", "keep": keep, **spec}, registry=folder)


@pytest.mark.parametrize("chosen", [{}, {"datasets": ["sales"]}])
def test_an_extract_takes_the_shape_along_without_submitting_it(
    folder: Path, tmp_path: Path, chosen: dict[str, list[str]]
) -> None:
    done = extract(folder, tmp_path / "extract", **chosen)
    assert done.choice.left_out == ()
    assert ids(tmp_path / "extract") == ALL
    assert examine(tmp_path / "extract", checksums=True, older_than=0).is_clean
    with Registry.open(folder) as old, Registry.open(tmp_path / "extract") as new:
        assert new.submission("conus_2022", "sales") == old.submission("conus_2022", "sales")
        assert replace(new.dataset("course"), folder="") == replace(old.dataset("course"), folder="")
        assert [each.dataset_id for each in new.project("conus_2022").requirements] == ["sales"]


def test_an_extract_has_the_records_of_a_shape_that_are_followed(registry: Registry) -> None:
    sales, course = registry.dataset("sales"), registry.dataset("course")
    one = cut_dimension(sales.dimensions["geography"], {"08001"})
    followed = followed_records([replace(sales, dimensions={**sales.dimensions, "geography": one})], course)
    assert followed["geography"] == {"08001"}
    missing = ({"geography": "06037"}, {"geography": "08001", "sector": "one"})
    cut = cut_shape(course, missing, followed)
    assert cut.submission is None
    assert cut.kept == {"geography": {"08001"}}
    assert cut.missing == missing[1:]
    # Of a type of which it has one record this one is for all, whatever it is called.
    all_places = replace(course.dimensions["geography"], records=Records((Record("US", "All"),)))
    whole = replace(course, dimensions={**course.dimensions, "geography": all_places})
    assert "geography" not in followed_records([sales], whole)
    assert cut_shape(whole, (), followed_records([sales], whole)).kept == {}


def test_a_shape_that_is_submitted_itself_keeps_what_it_reaches_and_what_is_followed(registry: Registry) -> None:
    course, kept, followed = registry.dataset("course"), {"county": {"06037"}}, {"geography": frozenset({"08001"})}
    plain = {type_: TypeMapping(type_) for type_ in course.dimensions}
    same = Mapping("one_to_one", tuple(Association(id_, id_) for id_ in ("06037", "08001")))
    for mapping in (None, same):
        submission = Submission(
            "conus_2022", "1.0.0", "course", "1.0.0", {**plain, "geography": TypeMapping("county", mapping)}
        )
        bases = {name: frozenset(records) for name, records in kept.items()}
        cut = cut_dataset(course, submission, (), bases, followed)
        assert cut is not None
        assert cut.submission is not None
        assert cut.dataset.dimensions["geography"].records.ids == ("06037", "08001")
        target = cut.submission.mappings["geography"].mapping
        assert target is not None
        assert target.associations == (Association("06037", "06037"),), "the other one reaches nothing here"
        # What is not followed is cut as ever.
        alone = cut_dataset(course, submission, (), bases)
        assert alone is not None
        assert alone.dataset.dimensions["geography"].records.ids == ("06037",)
        assert cut_dataset(course, submission, (), {"county": frozenset({"36005"})}, followed) is None


def test_in_a_dump_of_everything_the_shape_comes_before_the_submission(folder: Path, tmp_path: Path) -> None:
    with Registry.open(folder, write=True) as registry:
        # Its name comes after that of the dataset that follows it.
        publish(registry, "winter", b"other hours")
        write(registry, registry.proposals.submission(shaped_submission(shape="winter@1.0.0", align="same_date")))
        dumped = dump_all(registry, tmp_path / "dump")
    order = [str(path.relative_to(tmp_path / "dump")) for path in dumped.specs]
    submission = "datasets/sales/submit_to_conus_2022.toml"
    assert order.index("datasets/winter/dataset.toml") < order.index(submission)
    document = tomllib.loads((tmp_path / "dump" / submission).read_text("utf-8"))
    assert document["mapping"]["time"] == {"align": "same_date", "shape": "winter"}
    assert not any("course" in note for note in dumped.notes)


def test_a_dump_says_that_a_newer_shape_takes_the_place_of_the_older(folder: Path, tmp_path: Path) -> None:
    with Registry.open(folder, write=True) as registry:
        newer_course(registry)
        dumped = dump_all(registry, tmp_path / "dump")
    assert (
        "the submission of sales to conus_2022 follows the course of course@1.0.0; with the dump it follows that of "
        "1.0.1, the newest"
    ) in dumped.notes


def test_looking_back_shows_the_submission_with_the_shape_that_it_had(folder: Path) -> None:
    with Registry.open(folder, write=True) as registry:
        newer_course(registry)
        write(registry, registry.proposals.submission(shaped_submission(shape="course@1.0.1")))
        *_, before, _, last = [row["registered_at"] for row in registry.registrations()]
    for moment, shape in ((before, "course@1.0.0"), (last, "course@1.0.1")):
        with Registry.open(folder, at=moment) as registry:
            assert shape_of(registry) == shape
            assert registry.submissions()[-1]["time_rules"] == f"shape = {shape}"
            assert shape in {
                node.reference for node in registry.graph().children(registry.graph().find("conus_2022/sales")[-1])
            }


def test_annual_values_take_no_shape_from_a_dataset_of_years(registry: Registry, folder: Path) -> None:
    publish(registry, "by_year", b"more years", time=AnnualTime("year", (2018,), "total"))
    proposal = registry.proposals.submission(shaped_submission(shape="by_year@1.0.0"))
    write(registry, proposal)  # whoever writes past the checks of a spec
    (problem,) = examine(folder).problems
    assert problem.where == "sales in conus_2022@2.0.0"
    assert "only annual ones may, and only one of slots" in problem.message
