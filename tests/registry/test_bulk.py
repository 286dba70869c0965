"""A bulk runs its specs in order, each once, however often and wherever it is interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.dataless import add_dataset
from tests.faults import KilledError, Steps
from tests.project_specs import DATASET, PROJECT, SUBMISSION, changed
from tests.rounds import thinned

from dsgrid.errors import DsgridError, NotFoundError, RegistryError, RegistryLockedError, SpecError, UsageError
from dsgrid.operations import storing
from dsgrid.operations.apply import apply
from dsgrid.operations.bulk import bulk
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.journal import Journal, open_journal
from dsgrid.operations.register_dimensions import register_dimensions
from dsgrid.operations.register_project import register_project
from dsgrid.operations.validate import validate
from dsgrid.registry.registry import Registry
from dsgrid.toml_text import dumps

ROOT = Path(__file__).resolve().parents[2]
HEAD = 'spec_version = 1\njob = "{}"\n'
DIMENSION = HEAD.format("register_dimensions") + 'owner = "{0}"\n[dimension.{0}]\ntype = "sector"\nrecords = [{1}]\n'


class Folder:
    """A folder of specs: a registry to create, two dimensions, a mapping between them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry = folder / "registry"
        self.journal = folder / "bulk.journal.json"
        self.said: list[str] = []
        self.write("create", HEAD.format("create_registry"))
        self.write("fine", DIMENSION.format("fine", '{ id = "a" }, { id = "b" }'))
        self.write("coarse", DIMENSION.format("coarse", '{ id = "all" }'))
        self.write(
            "mapping",
            HEAD.format("register_mappings") + 'owner = "fine"\n[mapping.to_coarse]\nfrom = "fine/fine"\n'
            'to = "coarse/coarse"\nkind = "many_to_one_aggregation"\n'
            'records = [{ from = "a", to = "all" }, { from = "b", to = "all" }]\n',
        )
        self.list("create", "fine", "coarse", "mapping")

    def write(self, name: str, text: str) -> None:
        (self.folder / f"{name}.toml").write_text(text, "utf-8")

    def list(self, *names: str) -> None:
        """Write the bulk."""
        specs = json.dumps([f"{name}.toml" for name in names])
        self.write("bulk", HEAD.format("bulk") + f'registry = "registry"\nspecs = {specs}\n')

    def run(self, **options: Any) -> Any:
        self.said = []
        return bulk(self.folder / "bulk.toml", progress=self.said.append, **options)

    def contents(self) -> list[Any]:
        """Everything but when it was registered, and by what code."""
        with Registry.open(self.registry) as opened:
            rows = [*opened.dimensions(), *opened.mappings(), *opened.registrations()]
        left_out = ("registered_at", "bundle_sha256")
        return [{key: value for key, value in row.items() if key not in left_out} for row in rows]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What the registry holds when nothing interrupted the bulk."""
    folder = Folder(tmp_path_factory.mktemp("whole"))
    folder.run()
    return folder.contents()


def test_the_specs_run_in_their_order_on_the_registry_of_the_bulk(folder: Folder) -> None:
    done = folder.run()
    assert [step.name for step in done.steps] == ["create.toml", "fine.toml", "coarse.toml", "mapping.toml"]
    assert not any(step.is_skipped for step in done.steps)
    assert done.report().splitlines()[-1] == "ran 4 specs"
    with Registry.open(folder.registry) as opened:
        assert [row["job"] for row in opened.registrations()] == [
            *("register_dimensions", "register_dimensions", "register_mappings")
        ]
    assert sorted(path.name for path in folder.folder.iterdir()) == [
        *("bulk.toml", "coarse.toml", "create.toml", "fine.toml", "mapping.toml", "registry")
    ], "no journal and no lock is left"


def test_a_registry_that_is_given_wins(folder: Folder, tmp_path: Path) -> None:
    folder.run(registry=tmp_path / "other")
    assert (tmp_path / "other/registry.db").exists()
    assert not folder.registry.exists()


def test_without_a_registry_each_spec_names_its_own(folder: Folder) -> None:
    create_registry({}, registry=folder.folder / "own")
    text = (folder.folder / "fine.toml").read_text("utf-8").replace("owner =", 'registry = "own"\nowner =')
    folder.write("fine", text)
    folder.write("bulk", HEAD.format("bulk") + 'specs = ["fine.toml"]\n')
    folder.run()
    with Registry.open(folder.folder / "own") as opened:
        assert [row["id"] for row in opened.dimensions()] == ["fine/fine"]


def test_a_spec_runs_once_for_each_value_of_its_variables(folder: Folder) -> None:
    create_registry({}, registry=folder.registry)
    folder.write("named", DIMENSION.format("${name}", '{ id = "a" }').replace("[dimension.${name}]", "[dimension.one]"))
    steps = "".join(
        f'[[spec]]\npath = "named.toml"\nvariables = {{ name = "{name}" }}\n' for name in ("first", "second")
    )
    folder.write("bulk", HEAD.format("bulk") + 'registry = "registry"\n' + steps)
    folder.run()
    with Registry.open(folder.registry) as opened:
        assert [row["id"] for row in opened.dimensions()] == ["first/one", "second/one"]


# What is checked before the first spec runs --------------------------------------------------------------------------


def test_what_mappings_leave_out_is_told_before_the_first_spec_runs(folder: Folder) -> None:
    create_registry({}, registry=folder.registry)
    register_project(changed(PROJECT, "requires/offices/geography", ["06037"]), registry=folder.registry)
    add_dataset(folder.registry, DATASET)
    lossy = changed(SUBMISSION, "mapping/geography/records", [{"from": "g1", "to": "06037"}])
    folder.write("submit", dumps({"spec_version": 1, "job": "submit_dataset", **lossy}))
    folder.list("fine", "submit")
    told = 'submit.toml: warning: mapping.geography does not name 1 of 2 records, which queries leave out: "g2"'
    assert told in validate(folder.folder / "bulk.toml").report()
    folder.run()
    assert folder.said.index(told) < min(number for number, said in enumerate(folder.said) if "registered" in said)


def refused(folder: Folder, error: type[DsgridError], match: str) -> None:
    """The bulk is refused by itself and by `validate`, and nothing has run."""
    for refuse in (folder.run, lambda: validate(folder.folder / "bulk.toml")):
        with pytest.raises(error, match=match):
            refuse()
    assert not folder.registry.exists()
    assert not folder.journal.exists()


def test_errors_of_all_specs_are_told_at_once(folder: Folder) -> None:
    folder.write("fine", DIMENSION.format("fine", "3"))
    folder.write("coarse", HEAD.format("register_dimensions") + "owner = \n")
    folder.list("create", "fine", "coarse", "absent")
    with pytest.raises(DsgridError) as caught:
        folder.run()
    text = str(caught.value)
    assert all(part in text for part in ("fine.toml:6", "coarse.toml:3", 'no file "absent.toml"'))
    assert not folder.registry.exists()


def test_a_later_spec_is_checked_against_what_earlier_ones_will_register(folder: Folder) -> None:
    text = (folder.folder / "mapping.toml").read_text("utf-8")
    folder.write("mapping", text.replace('from = "b"', 'from = "c"'))
    refused(folder, DsgridError, 'there is no record "c"')
    folder.write("mapping", text.replace('"coarse/coarse"', '"coarse/corse"'))
    refused(folder, NotFoundError, 'did you mean "coarse/coarse"')
    folder.write("mapping", text)
    folder.list("create", "mapping", "fine", "coarse")
    refused(folder, NotFoundError, f'no dimension "fine/fine" in the registry {folder.registry}')


def test_datasets_and_submissions_are_checked_without_data(folder: Folder) -> None:
    def spec(name: str, value: dict[str, Any], **more: Any) -> None:
        # JSON's tables are no TOML, but a string of JSON is: the spec is one inline table of each key.
        lines = [HEAD.format(value["job"])]
        lines += [f"{key} = {_inline(each)}" for key, each in {**value, **more}.items() if key != "job"]
        folder.write(name, "\n".join(lines) + "\n")

    (folder.folder / "offices.parquet").touch()
    submission = {"project": "two_counties", "mapping": {"geography": {"kind": "one_to_one"}}}
    records = [{"from": "g1", "to": "06037"}, {"from": "g2", "to": "08031"}]
    submission["mapping"]["geography"]["records"] = records[:1]
    spec("project", {"job": "register_project", **PROJECT})
    spec("dataset", {"job": "register_dataset", **DATASET})
    spec("submit", {"job": "submit_dataset", "dataset": "offices", **submission})
    folder.list("create", "project", "dataset", "submit")
    refused(folder, DsgridError, 'does not cover 1 required record of "county": "08031"')
    spec("both", {"job": "register_and_submit_dataset", **DATASET, "submission": submission})
    folder.list("create", "project", "both")
    refused(folder, DsgridError, 'does not cover 1 required record of "county": "08031"')
    spec("dataset", {"job": "register_dataset", **changed(DATASET, "data/table", "office.parquet")})
    folder.list("create", "project", "dataset")
    refused(folder, NotFoundError, 'did you mean "offices.parquet"')
    # After a query the file may be its result.
    spec("query", {"job": "query", "name": "totals", "project": "two_counties", "datasets": ["offices"]})
    folder.list("create", "project", "query", "dataset")
    validate(folder.folder / "bulk.toml")
    folder.list("create", "query")
    refused(folder, NotFoundError, 'no project "two_counties"')


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_inline(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value)


def test_what_is_registered_already_is_told_before_anything_runs(folder: Folder) -> None:
    create_registry({}, registry=folder.registry)
    register_dimensions(folder.folder / "coarse.toml", registry=folder.registry)
    before = folder.contents()
    folder.list("create", "fine")
    with pytest.raises(RegistryError, match="is a registry already"):
        folder.run()
    assert folder.contents() == before


def test_a_bulk_that_ended_does_nothing_when_it_runs_again(folder: Folder) -> None:
    folder.list("create", "coarse", "fine")
    folder.run()
    before = folder.contents()
    again = folder.run()
    assert [step.is_skipped for step in again.steps] == [True, True, True]
    assert "coarse.toml: skipped, the registry holds it already" in again.report()
    assert folder.contents() == before


def test_what_the_registry_holds_already_is_skipped_and_the_rest_runs(folder: Folder) -> None:
    create_registry({}, registry=folder.registry)
    register_dimensions(folder.folder / "coarse.toml", registry=folder.registry)
    folder.list("create", "fine", "coarse")
    done = folder.run()
    assert [step.is_skipped for step in done.steps] == [True, False, True]


@pytest.mark.parametrize(
    ("text", "error", "match"),
    [
        ('specs = ["fine.toml", "fine.toml"]', SpecError, "specs"),
        ('[[spec]]\npath = "fine.toml"\n[[spec]]\npath = "fine.toml"\nvariables = {}', SpecError, "is listed twice"),
        ('specs = ["bulk.toml"]', SpecError, "bulk.toml is a bulk itself"),
        ('specs = ["fine.toml"]\n[[spec]]\npath = "coarse.toml"', SpecError, "spec"),
        ("", SpecError, "specs"),
        ('specs = ["fin.toml"]', NotFoundError, 'did you mean "fine.toml"'),
        ('specs = ["fine.toml"]\njournal = "s3://bucket/journal"', DsgridError, "a journal is a file on a disk"),
        ('specs = ["fine.toml"]\njournal = "fine.toml/j"', RegistryError, "name a file in another folder"),
    ],
)
def test_a_wrong_bulk_is_told_in_one_sentence(folder: Folder, text: str, error: type[DsgridError], match: str) -> None:
    create_registry({}, registry=folder.registry)
    folder.write("bulk", HEAD.format("bulk") + f'registry = "registry"\n{text}\n')
    with pytest.raises(error, match=match):
        folder.run()


def test_a_bulk_made_in_python_names_its_journal(folder: Folder) -> None:
    spec = {"specs": [str(folder.folder / "create.toml")]}
    with pytest.raises(UsageError, match="has no file to keep its journal beside"):
        bulk(spec, registry=folder.registry)
    bulk({**spec, "journal": str(folder.folder / "j.json")}, registry=folder.registry)
    assert folder.registry.exists()
    assert not (folder.folder / "j.json").exists()


# Interruptions -------------------------------------------------------------------------------------------------------


def test_a_bulk_that_is_killed_at_any_step_goes_on_and_does_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: list[Any]
) -> None:
    monkeypatch.setattr("dsgrid.operations.bulk.rehearse", lambda _: ())
    steps = Steps(monkeypatch)
    (tmp_path / "counted").mkdir()
    with steps.dying_before(None):
        Folder(tmp_path / "counted").run()
    *before, _ = steps.telling()  # at the last the journal is gone already: the bulk has ended
    assert len(before) > 40
    for step in thinned(before, 3):
        (tmp_path / str(step)).mkdir()
        folder = Folder(tmp_path / str(step))
        with steps.dying_before(step), pytest.raises(KilledError):
            folder.run()
        began = folder.journal.exists()
        assert began or not folder.registry.exists()
        done = folder.run()
        assert folder.contents() == whole, step
        assert not folder.journal.exists()
        skipped = [one.name for one in done.steps if one.is_skipped]
        assert skipped == [one.name for one in done.steps][: len(skipped)]
        assert began or not skipped


def test_a_bulk_that_is_killed_again_and_again_comes_to_its_end(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, whole: list[Any]
) -> None:
    steps = Steps(monkeypatch)
    monkeypatch.setattr("dsgrid.operations.bulk.rehearse", lambda _: ())
    tries = 0
    while True:
        tries += 1
        try:
            with steps.dying_before(15 + tries):
                folder.run()
            break
        except KilledError:
            assert tries < 200
    assert tries > 2
    assert folder.contents() == whole


def test_a_spec_that_fails_ends_the_bulk_and_the_next_run_goes_on_with_it(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, whole: list[Any]
) -> None:
    from dsgrid.operations import register_mappings as mappings

    def fail(*_: object) -> None:
        raise SpecError("the third spec fails")

    with monkeypatch.context() as patch:
        patch.setattr("dsgrid.operations.bulk.rehearse", lambda _: ())
        patch.setattr(mappings, "build_mappings", fail)
        with pytest.raises(UsageError) as caught:
            folder.run()
    message, note = str(caught.value).splitlines()
    assert message == "the third spec fails"
    assert note.startswith("stopped in mapping.toml (4 of 4); 3 of 4 are done; run the bulk again")
    done = folder.run()
    assert [step.is_skipped for step in done.steps] == [True, True, True, False]
    assert done.report().splitlines()[-1] == "ran 1 spec, skipped 3 that were done"
    assert [line.split(",")[0] for line in folder.said[:3]] == [
        f"skipping {name}.toml" for name in ("create", "fine", "coarse")
    ]
    assert folder.contents() == whole


@contextmanager
def interrupted(folder: Folder, monkeypatch: pytest.MonkeyPatch, after: int) -> Iterator[None]:
    """Kill a bulk when so many of its specs are done and in the journal."""
    record = Journal.record
    seen: list[object] = []

    def counted(self: Journal, entry: Any) -> None:
        record(self, entry)
        seen.append(entry.is_done)
        if sum(map(bool, seen)) == after:
            raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "record", counted)
        with pytest.raises(KilledError):
            folder.run()
    yield


def test_a_spec_that_was_changed_after_it_ran_is_told_and_nothing_runs(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with interrupted(folder, monkeypatch, after=2):
        text = (folder.folder / "fine.toml").read_text("utf-8")
        before = folder.contents()
        folder.write("fine", text.replace('{ id = "b" }', '{ id = "b", name = "B" }'))
        with pytest.raises(RegistryError, match=r"fine\.toml: changed since this bulk ran it; `dsgrid plan fine"):
            folder.run()
        assert folder.contents() == before
        folder.write("fine", text)
        assert [step.is_skipped for step in folder.run().steps] == [True, True, False, False]


def test_a_change_that_was_applied_meanwhile_is_done(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    with interrupted(folder, monkeypatch, after=2):
        path = folder.folder / "fine.toml"
        path.write_text(path.read_text("utf-8").replace('{ id = "b" }', '{ id = "b" }, { id = "c" }'), "utf-8")
        with pytest.raises(RegistryError, match="changed since"):
            folder.run()
        apply(path, registry=folder.registry)
        assert [step.is_skipped for step in folder.run().steps] == [True, True, False, False]


def test_a_change_of_words_only_is_none(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    with interrupted(folder, monkeypatch, after=2):
        path = folder.folder / "fine.toml"
        path.write_text(path.read_text("utf-8") + "# a comment\n", "utf-8")
        assert [step.is_skipped for step in folder.run().steps] == [True, True, False, False]


def test_a_removal_runs_once(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("remove", HEAD.format("remove") + 'ids = ["fine/fine"]\n')
    folder.list("create", "fine", "remove", "coarse")
    record = Journal.record

    def die(self: Journal, entry: Any) -> None:
        if entry.spec == "remove.toml" and entry.is_done:
            raise KilledError
        record(self, entry)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "record", die)
        with pytest.raises(KilledError):
            folder.run()
    assert [step.is_skipped for step in folder.run().steps] == [True, True, True, False]


def test_a_spec_that_was_changed_before_it_ran_runs_as_it_is(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    with interrupted(folder, monkeypatch, after=2):
        folder.write("coarse", DIMENSION.format("coarse", '{ id = "all", name = "All" }'))
        folder.run()
        with Registry.open(folder.registry) as opened:
            assert opened.dimension("coarse/coarse").records.by_id["all"].name == "All"


def test_a_registry_that_is_gone_is_made_again(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, whole: list[Any]
) -> None:
    import shutil

    with interrupted(folder, monkeypatch, after=3):
        shutil.rmtree(folder.registry)
        done = folder.run()
        assert not any(step.is_skipped for step in done.steps)
        assert folder.contents() == whole


def test_another_registry_gets_everything(folder: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with interrupted(folder, monkeypatch, after=3):
        done = folder.run(registry=tmp_path / "other")
        assert not any(step.is_skipped for step in done.steps)
        assert any("ran on another registry, registry" in said for said in folder.said)


def test_an_interrupted_bulk_moves_with_its_folder(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with interrupted(folder, monkeypatch, after=3):
        moved = tmp_path.with_name(tmp_path.name + "_moved")
        tmp_path.rename(moved)
        done = bulk(moved / "bulk.toml")
        assert [step.is_skipped for step in done.steps] == [True, True, True, False]


def test_specs_may_be_added_to_an_interrupted_bulk(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    with interrupted(folder, monkeypatch, after=3):
        folder.write("more", DIMENSION.format("more", '{ id = "x" }'))
        folder.list("create", "more", "fine", "coarse", "mapping")
        assert [step.is_skipped for step in folder.run().steps] == [True, False, True, True, False]


# The journal ---------------------------------------------------------------------------------------------------------


def test_two_bulks_at_once_on_one_journal_are_refused(folder: Folder) -> None:
    with open_journal(folder.journal), pytest.raises(RegistryLockedError, match="another bulk runs these specs"):
        folder.run()
    assert not folder.registry.exists()
    folder.run()


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("{", "is no journal of a bulk, or is damaged"),
        ('{"steps": []}', "is no journal of a bulk"),
        ("[]", "is no journal of a bulk"),
        ('{"format": 1, "specs": [{"x": 1}]}', "is no journal of a bulk"),
        ('{"format": 2}', "has format 2, and this dsgrid knows 1"),
    ],
)
def test_a_file_that_is_no_journal_is_left_alone(folder: Folder, text: str, match: str) -> None:
    folder.journal.write_text(text)
    with pytest.raises(RegistryError, match=match):
        folder.run()
    assert folder.journal.read_text() == text
    assert not folder.registry.exists()


KILLED = """
import os, signal, sys
from dsgrid.operations import bulk as running
from dsgrid.operations.journal import Journal

record, seen = Journal.record, []

def die(self, entry):
    if entry.is_done and entry.spec == sys.argv[2]:
        print("about to die", flush=True)
        sys.stdin.read() if sys.argv[3] == "wait" else os.kill(os.getpid(), signal.SIGKILL)
    record(self, entry)

Journal.record = die
running.bulk(sys.argv[1])
"""


def started(folder: Folder, at: str, way: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", KILLED, str(folder.folder / "bulk.toml"), at, way]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "lib")}
    return subprocess.Popen(command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_a_step_that_is_in_the_registry_but_not_in_the_journal_is_not_done_twice(
    folder: Folder, whole: list[Any]
) -> None:
    with started(folder, "coarse.toml", "now") as process:
        assert process.wait(60) == -signal.SIGKILL
    assert [entry.is_done for entry in Journal(folder.journal).entries.values()] == [True, True, False]
    done = folder.run()
    assert [step.is_skipped for step in done.steps] == [True, True, True, False]
    assert folder.contents() == whole


def test_a_process_that_runs_a_bulk_keeps_others_out_until_it_is_gone(folder: Folder, whole: list[Any]) -> None:
    with started(folder, "fine.toml", "wait") as process:
        assert process.stdout is not None
        assert "about to die" in process.stdout.readline()
        with pytest.raises(RegistryLockedError):
            folder.run()
        process.kill()
    deadline = time.monotonic() + 10
    while True:
        try:
            folder.run()
            break
        except RegistryLockedError:
            assert time.monotonic() < deadline
    assert folder.contents() == whole


# The engine ----------------------------------------------------------------------------------------------------------


def test_no_engine_is_started_where_none_is_needed(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    from dsgrid.operations import job, running
    from dsgrid.operations.request import Request

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("an engine was started")

    for place in (running, storing):
        monkeypatch.setattr(place, "kept_session" if place is running else "running", fail)
    monkeypatch.setattr(job, "launch", fail)
    request = Request(spec=folder.folder / "bulk.toml", engine="spark")
    assert "ran 4 specs" in job.perform(request, folder.said.append).report
