"""Several changes one after the other, or at once: what each version of a project holds in the end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from changing import Bench, Spec, edited, job
from tests.project_specs import PROJECT, SUBMISSION, changed, one
from tests.registry_state import files, state

import dsgrid.operations.submit_dataset
from dsgrid.errors import DsgridError, NotFoundError, RegistryError
from dsgrid.operations.apply import apply
from dsgrid.operations.dump import dump
from dsgrid.operations.plan import plan
from dsgrid.operations.register_dimensions import register_dimensions
from dsgrid.operations.remove import remove
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.registry.database import Database
from dsgrid.registry.proposal import DatasetVersion, Keeping, Part, Proposal, together
from dsgrid.registry.registry import Registry

SWAPPED = {"kind": "one_to_one", "records": [{"from": "g1", "to": "08031"}, {"from": "g2", "to": "06037"}]}
ONLY_FIRST = {"kind": "one_to_one", "records": [{"from": "g1", "to": "06037"}]}


def add_county(spec: Spec) -> None:
    spec["base"]["county"]["records"].append(one("36061", state="NY"))


def rename(spec: Spec) -> None:
    spec["base"]["county"]["records"][0]["name"] = "Los Angeles"


def need_one_county(spec: Spec) -> None:
    spec["requires"]["offices"]["geography"] = ["06037"]


def swap(spec: Spec) -> None:
    spec["mapping"]["geography"] = SWAPPED


def new_data(bench: Bench) -> None:
    """Register a second version of the dataset, as if its data were others."""
    with Registry.open(bench.folder, write=True) as registry:
        found = replace(registry.dataset("offices"), version="2.0.0", description="Other data")
        with registry.registration("data") as registration:
            registration.update_dataset(DatasetVersion(found, (), ()))


def statuses(bench: Bench) -> dict[str, str]:
    with bench.open() as registry:
        return {row["dataset_version"]: row["status"] for row in registry.submissions()}


# Several versions of a dataset ---------------------------------------------------------------------------------------


def test_a_project_never_goes_back_to_older_data_because_the_newer_ones_do_not_fit(bench: Bench) -> None:
    bench.apply_project(need_one_county, allow="major")
    new_data(bench)
    submit_dataset(changed(SUBMISSION, "mapping/geography", ONLY_FIRST), registry=bench.folder)
    assert statuses(bench) == {"1.0.0": "accepted", "2.0.0": "accepted"}
    # Both counties again, which the second version does not reach.
    found = bench.apply_project(allow="major")
    assert found.proposal.carried == ()
    assert {one.dataset_version: one.reasons for one in found.proposal.invalidated} == {
        "1.0.0": ("offices 2.0.0, which queries read instead of it, does not fit",),
        "2.0.0": ('dataset offices does not cover 1 required record of "county": "08031"',),
    }
    assert statuses(bench) == {"1.0.0": "invalidated", "2.0.0": "invalidated"}
    with bench.open() as registry, pytest.raises(NotFoundError, match=r'3\.0\.0 invalidated that \(.*"08031"\)'):
        registry.submission("two_counties", "offices")
    # What fits again goes along again, both of them.
    found = bench.apply_project(need_one_county, allow="major")
    assert [one.dataset_version for one in found.proposal.carried] == ["1.0.0", "2.0.0"]


def test_an_older_version_of_a_dataset_may_be_lost_alone(bench: Bench) -> None:
    bench.apply_project(need_one_county, allow="major")
    remove({"ids": ["two_counties/offices@2.0.0+1.0.0"]}, registry=bench.folder)
    submit_dataset(changed(SUBMISSION, "mapping/geography", ONLY_FIRST), registry=bench.folder)
    new_data(bench)
    submit_dataset(SUBMISSION, registry=bench.folder)
    found = bench.apply_project(allow="major")
    assert [one.dataset_version for one in found.proposal.carried] == ["2.0.0"]
    assert [one.dataset_version for one in found.proposal.invalidated] == ["1.0.0"]
    with bench.open() as registry:
        assert registry.submission("two_counties", "offices").dataset_version == "2.0.0"
        with pytest.raises(NotFoundError):
            registry.submission("two_counties", "offices@1.0.0")


def test_the_newest_version_of_a_dataset_counts_not_the_one_that_was_submitted_last(bench: Bench) -> None:
    remove({"ids": ["two_counties/offices@1.0.0+1.0.0"]}, registry=bench.folder)
    new_data(bench)
    for version in ("2.0.0", "1.0.0"):
        submit_dataset({**SUBMISSION, "dataset": f"offices@{version}"}, registry=bench.folder)
    bench.apply_project(rename, allow="major")
    with bench.open() as registry:
        other = replace(registry.dataset("offices"), description="Still other data")
        assert [one.part_version for one in registry.proposals.dataset(other).keeping] == ["2.0.0"]
    remove({"ids": ["two_counties/offices@2.0.0+2.0.0"]}, registry=bench.folder)
    with bench.open() as registry:
        changes = registry.difference("two_counties", "1.0.0").changes
    assert [(each.old, each.new) for each in changes if each.where == "datasets.offices"] == [("2.0.0", "1.0.0")]


def test_a_dump_of_a_dataset_submits_it_to_the_newest_version_that_has_it(bench: Bench, tmp_path: Path) -> None:
    bench.apply_submission(swap, allow="major")
    remove({"ids": ["two_counties/offices@1.0.0+1.0.0"]}, registry=bench.folder)
    submit_dataset({**SUBMISSION, "project": "two_counties@1.0.0"}, registry=bench.folder)
    dump({"ids": ["offices"], "output": str(tmp_path / "dump")}, registry=bench.folder)
    (table,) = (tmp_path / "dump/mappings").iterdir()
    assert "g1,08031" in table.read_text("utf-8")


def test_a_patch_of_a_dataset_is_no_business_of_its_submission(bench: Bench) -> None:
    before = statuses(bench)
    new_data(bench)
    bench.apply_project(rename, allow="major")
    assert statuses(bench) == before


def test_who_gets_a_new_dataset_submitted_does_not_keep_the_old_one() -> None:
    submitted = Part("submission", "east/offices", "", "1.0.0+2.0.0", subject=True)
    keeping = tuple(Keeping("project", id_, "1.0.0", "dataset", "offices", "1.0.0") for id_ in ("east", "west"))
    found = together("both", Proposal("one", keeping=keeping), Proposal("two", (submitted,)))
    assert [each.id for each in found.keeping] == ["west"]


# Several invalidations -----------------------------------------------------------------------------------------------


def test_the_first_of_several_invalidations_is_told_and_one_submission_ends_them(bench: Bench) -> None:
    bench.apply_project(add_county)
    bench.apply_project(lambda spec: (add_county(spec), rename(spec)), allow="major")
    with (
        bench.open() as registry,
        pytest.raises(NotFoundError, match=r"submitted to project two_counties 1\.0\.0, but 1\.1\.0 invalidated that"),
    ):
        registry.submission("two_counties", "offices")
    reach = changed(
        SUBMISSION,
        "mapping/geography",
        {
            "kind": "duplication",
            "records": [*SUBMISSION["mapping"]["geography"]["records"], {"from": "g2", "to": "36061"}],
        },
    )
    submit_dataset(reach, registry=bench.folder)
    bench.apply_project(lambda spec: (add_county(spec), rename(spec), spec["project"].update(name="T")), allow="patch")
    with bench.open() as registry:
        found = registry.submission("two_counties", "offices")
        assert found.project_version == "2.0.1"
        assert found.mappings["geography"].mapping is not None
        assert len(found.mappings["geography"].mapping.associations) == 3
        with pytest.raises(NotFoundError, match=r"1\.1\.0 invalidated that"):
            registry.submission("two_counties", "offices", "1.1.0")
        assert registry.submission("two_counties", "offices", "1.0.0").project_version == "1.0.0"


def test_a_removed_version_takes_its_invalidation_along(bench: Bench) -> None:
    bench.apply_project(add_county)
    remove({"ids": ["two_counties@1.1.0"]}, registry=bench.folder)
    assert statuses(bench) == {"1.0.0": "accepted"}
    found = bench.apply_project(lambda spec: spec["project"].update(name="T"), allow="patch")
    assert [one.dataset_id for one in found.proposal.carried] == ["offices"]
    assert bench.version() == "1.0.1"
    assert bench.apply_project(add_county, allow="minor").proposal.subjects[0].new == "1.2.0", "1.1.0 was given"


def test_a_middle_version_that_is_removed_leaves_its_neighbours(bench: Bench) -> None:
    bench.apply_project(rename, allow="major")
    bench.apply_project(lambda spec: (rename(spec), spec["project"].update(name="T")), allow="patch")
    with bench.open() as registry:
        before = [registry.project(f"two_counties@{version}") for version in ("1.0.0", "2.0.1")]
        submitted = [registry.submission("two_counties", "offices", version) for version in ("1.0.0", "2.0.1")]
    remove({"ids": ["two_counties@2.0.0"]}, registry=bench.folder)
    with bench.open() as registry:
        assert [registry.project(f"two_counties@{version}") for version in ("1.0.0", "2.0.1")] == before
        assert [registry.submission("two_counties", "offices", v) for v in ("1.0.0", "2.0.1")] == submitted
    assert bench.apply_project(allow="major").proposal.subjects[0].new == "3.0.0"
    with bench.open() as registry:
        assert registry.project("two_counties").base == before[0].base, "the versions of the first one"


# What is not the project's alone -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "fits"),
    [
        (lambda spec: spec["subset"]["by_sector"]["selectors"]["commercial"].append("house"), False),
        (lambda spec: spec["requires"]["offices"].update(subsector={"except": ["house"]}), True),
        (lambda spec: spec["supplemental"].clear(), True),
        (lambda spec: spec["base"]["end_use"]["records"][0].update(unit="kWh"), True),
        (lambda spec: spec["base"]["end_use"]["records"][0].update(unit="kW"), False),
        (lambda spec: spec["time"].update(end="2018-01-03 23:00"), False),
        (lambda spec: spec["base"]["sector"]["records"].reverse(), True),
        (lambda spec: spec["base"].update(size={"type": "subsector", "records": [one("small")]}), True),
    ],
    ids=["subset", "same", "supplemental", "unit", "kind of unit", "time", "order", "second base"],
)
def test_a_submission_goes_along_exactly_when_it_could_be_made_anew(
    bench: Bench, edit: Callable[[Spec], object], fits: bool
) -> None:
    found = bench.apply_project(edit, allow="major").proposal
    if not found.is_empty:
        assert ([one.dataset_id for one in found.carried] == ["offices"]) == fits
        assert bool(found.invalidated) != fits
    remove({"ids": ["offices"], "cascade": True}, registry=bench.folder)
    bench.add_dataset("offices")
    again = job("submit_dataset", SUBMISSION)
    if fits:
        assert plan(again, registry=bench.folder).proposal.subjects
    else:
        with pytest.raises(DsgridError):
            plan(again, registry=bench.folder)


def test_a_shared_dimension_gives_each_project_a_version_of_its_own_time(bench: Bench) -> None:
    sizes = {"owner": "census", "dimension": {"size": {"type": "subsector", "records": [one("small")]}}}
    register_dimensions(job("register_dimensions", sizes), registry=bench.folder)

    def use(spec: Spec) -> None:
        spec["base"]["size"] = {"type": "subsector", "use": "census/size"}
        spec["requires"] = {}

    other = edited(PROJECT, lambda spec: (use(spec), spec["project"].update(id="other")))
    bench.apply_project(use, allow="major")
    apply(job("register_project", other), registry=bench.folder)
    more = changed(sizes, "dimension/size/records", [one("small"), one("large")])
    assert len(apply(job("register_dimensions", more), registry=bench.folder).proposal.keeping) == 2
    bench.apply_project(use)
    with bench.open() as registry:
        assert registry.project("two_counties").base[-1].version == "1.1.0"
        assert registry.project("two_counties@2.0.0").base[-1].records.ids == ("small",)
        assert registry.project("other").base[-1].records.ids == ("small",)
    # Back to what it was: the shared dimension counts on, the project's own record tables do not.
    apply(job("register_dimensions", sizes), registry=bench.folder, allow="major")
    assert bench.version("census/size") == "2.0.0"
    pinned = edited(PROJECT, lambda spec: (use(spec), spec["base"]["size"].update(use="census/size@1.0.0")))
    assert apply(job("register_project", pinned), registry=bench.folder, allow="major").proposal.level == "major"
    with bench.open() as registry:
        assert registry.project("two_counties").base[-1].version == "1.0.0"


# The same twice, and others at once ----------------------------------------------------------------------------------


def test_a_submission_to_a_version_by_its_number_is_applied_once(bench: Bench) -> None:
    def pinned(spec: Spec) -> None:
        swap(spec)
        spec["project"] = "two_counties@1.0.0"

    assert bench.apply_submission(pinned, allow="major").proposal.project == ("two_counties", "2.0.0")
    assert bench.apply_submission(pinned, allow="major").proposal.is_empty
    with pytest.raises(RegistryError, match="only those of the newest version"):
        bench.apply_submission(
            lambda spec: (pinned(spec), spec["mapping"]["geography"].update(description="Other")), allow="major"
        )


def test_a_mapping_that_was_there_before_gets_no_new_version(bench: Bench) -> None:
    bench.apply_submission(swap, allow="major")
    remove({"ids": ["two_counties/offices@2.0.0+1.0.0"]}, registry=bench.folder)
    mapping = submit_dataset(SUBMISSION, registry=bench.folder).submission.mappings["geography"].mapping
    assert mapping is not None
    assert mapping.version == "1.0.0"


def test_a_dataset_is_submitted_to_the_version_that_came_meanwhile(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove({"ids": ["two_counties/offices@1.0.0+1.0.0"]}, registry=bench.folder)
    known = dsgrid.operations.submit_dataset.read_and_build

    def first(*arguments: Any) -> Any:
        monkeypatch.setattr(dsgrid.operations.submit_dataset, "read_and_build", known)
        found = known(*arguments)
        bench.apply_project(rename, allow="major")
        return found

    monkeypatch.setattr(dsgrid.operations.submit_dataset, "read_and_build", first)
    assert submit_dataset(SUBMISSION, registry=bench.folder).submission.project_version == "2.0.0"


def test_of_many_who_change_the_same_at_once_each_is_told_or_has_what_it_wanted(bench: Bench) -> None:
    names = [f"Name {number}" for number in range(6)]
    ready, told, done = threading.Barrier(len(names)), [], []

    def change(name: str) -> None:
        spec = job("register_project", edited(PROJECT, lambda spec: spec["project"].update(name=name)))
        ready.wait()
        try:
            done.append(apply(spec, registry=bench.folder, allow="patch").proposal.subjects[0].new)
        except RegistryError as error:
            told.append(str(error))

    threads = [threading.Thread(target=change, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) + len(told) == len(names)
    assert all("while this was worked out; nothing was written" in message for message in told)
    assert sorted(done) == [f"1.0.{number + 1}" for number in range(len(done))]
    with bench.open() as registry:
        versions = [row["version"] for row in registry.projects(all_versions=True)]
        assert versions == ["1.0.0", *sorted(done)]
        assert all(registry.submission("two_counties", "offices", version) for version in versions)


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        lambda bench: bench.apply_project(lambda spec: (rename(spec), spec["requires"].pop("offices")), allow="major"),
        lambda bench: bench.apply_project(rename, allow="major"),
        lambda bench: bench.apply_submission(swap, allow="major"),
        lambda bench: remove({"ids": ["two_counties"]}, registry=bench.folder),
    ],
    ids=["lost", "carried", "mapping", "removed"],
)
def test_an_error_at_any_statement_leaves_all_as_it_was(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, change: Callable[[Bench], object]
) -> None:
    count, last = 0, 0

    def failing(known: Callable[..., Any]) -> Callable[..., Any]:
        def statement(self: Database, *arguments: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            if count == last:
                raise OSError("the disk is gone")
            return known(self, *arguments, **named)

        return statement

    before = state(bench.folder), files(bench.folder)
    for name in ("insert", "insert_many", "execute"):
        monkeypatch.setattr(Database, name, failing(getattr(Database, name)))
    while True:
        count, last = 0, last + 1
        try:
            change(bench)
        except OSError:
            assert state(bench.folder) == before[0]
            continue
        break
    assert last > 5
    assert state(bench.folder) != before[0]
