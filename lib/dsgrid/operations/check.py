"""The operation `check`: every check of registration and submission on a dataset's raw files, and nothing is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from dsgrid.datasets.ledger import CHECKS, Ledger, Outcome
from dsgrid.datasets.offending import named_files, write_rows
from dsgrid.dimensions.odd_units import odd_units
from dsgrid.engine import Engine, engine_errors
from dsgrid.errors import DataError, DsgridError, NotFoundError, StorageError, UsageError
from dsgrid.operations.location import registry_folder
from dsgrid.operations.register_dataset import load_dimensions
from dsgrid.operations.reported import Reported
from dsgrid.operations.running import running
from dsgrid.operations.submit_dataset import build_submission, read_named
from dsgrid.operations.told_losses import told
from dsgrid.registry.model import Dataset, Layout
from dsgrid.registry.proposal import WARNING, Remark
from dsgrid.registry.registry import Registry
from dsgrid.registry.versions import parse_reference
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node, Source
from dsgrid.time.files import in_files

T = TypeVar("T")
JOBS = ("register_dataset", "register_and_submit_dataset")


@dataclass(frozen=True, repr=False)
class Checked(Reported):
    """What the checks of a dataset found.

    Parameters
    ----------
    dataset
        Its id.
    outcomes
        The outcome of each check, in order.
    files
        Where all offending rows are, if that was asked for.
    remarks
        What the mappings of the submission do to totals.
    trouble
        Why the rows could not be written.
    """

    dataset: str
    outcomes: tuple[Outcome, ...]
    files: tuple[Path, ...] = ()
    remarks: tuple[Remark, ...] = ()
    trouble: str = ""

    @property
    def code(self) -> int:
        """The exit code: 0 when every check is passed, and rows that were asked for are written."""
        if any(outcome.problems for outcome in self.outcomes):
            return DataError.exit_code
        return StorageError.exit_code if self.trouble else 0

    def report(self) -> str:
        """Return what to tell the user: a line for each check, then what is wrong."""
        states = [outcome.state for outcome in self.outcomes]
        counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
        width = max(len(outcome.check.name) for outcome in self.outcomes)
        lines = [f"checks of dataset {self.dataset}: {counts}"]
        lines += [
            f"  {outcome.check.name:{width}}  {outcome.state:11}  {outcome.check.says}" for outcome in self.outcomes
        ]
        lines += [f"  {remark}" for remark in self.remarks]
        problems = [problem for outcome in self.outcomes for problem in outcome.problems or ()]
        lines += ["", *map(str, problems)] if problems else []
        if self.files:
            lines += [f"all rows: {', '.join(map(str, self.files))}"]
        if self.trouble:
            lines += [self.trouble]
        return "\n".join(lines)


def check(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    project: str = "",
    submission: str | Path | Mapping[str, Any] | Spec | None = None,
    rows: str | Path | None = None,
    registry: str | Path | None = None,
    engine: Engine | None = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Checked:
    """Check the files of a dataset that is not registered yet, as registration and submission would.

    Nothing is registered, and what is written on the way (into the machine's folder for temporary files) is removed.

    Parameters
    ----------
    spec
        One of `register_dataset` or `register_and_submit_dataset`.
    project
        A project that the dataset is to be submitted to, with ``@version`` or without, instead of the one that the
        spec names.
    submission
        A `submit_dataset` spec, whose mappings and rules are checked with the dataset.
    rows
        A folder for all rows that break a check, a CSV file each.

    Raises
    ------
    SpecError
        If the spec breaks its schema, or says something that cannot be of dimensions and time: there is nothing to
        check the files against.
    NotFoundError
        If the project, or the registry that it is to be found in, does not exist.
    """
    loaded = load_spec(spec, None, variables)
    if loaded.job not in JOBS:
        raise UsageError(f"{loaded.path or 'the spec'} is one of {loaded.job}; expected one of {' or '.join(JOBS)}")
    if project and submission is not None:
        raise UsageError("a submission names its project already; give one of the two")
    ledger, remarks = Ledger(), tuple[Remark, ...]()
    root = _submission(loaded, submission, variables)
    asked = bool(project) or root is not None
    opened = _registry(loaded, registry, needed=asked)
    try:
        draft = _draft(loaded.root, opened)
        odd = tuple(Remark(WARNING, text) for text in odd_units(draft.dimensions["metric"]))
        if opened is not None and asked:
            submit = partial(_submit, loaded.root, root, project, draft, opened, ledger)
            remarks = _see(ledger, submit) or ()
        _see(ledger, partial(_read, loaded, draft, ledger, engine, progress))
    finally:
        if opened is not None:
            opened.close()
    names = [one.name for one in CHECKS if (one.name != "submission" or asked) and _is_due(one.name, loaded.root)]
    outcomes = ledger.outcomes(names)
    files: tuple[Path, ...] = ()
    trouble = ""
    if rows is not None:
        try:
            files = write_rows(Path(rows), outcomes, named_files(loaded.root["data"]))
        except StorageError as error:
            trouble = str(error)
    return Checked(draft.id, outcomes, files, (*odd, *remarks), trouble)


def _is_due(name: str, root: Node) -> bool:
    return {"lookup": "lookup" in root["data"], "values": "checks" in root}.get(name, True)


def _registry(spec: Spec, registry: str | Path | None, *, needed: bool) -> Registry | None:
    """Open the registry; None where there is none, and nothing has to be looked up in it."""
    try:
        return Registry.open(registry_folder(spec, registry))
    except (NotFoundError, UsageError):
        if needed or registry is not None:
            raise
        return None


def _draft(root: Node, registry: Registry | None) -> Dataset:
    dimensions, time = load_dimensions(root, registry)
    return Dataset(
        root["dataset"]["id"].value, "1.0.0", "unspecified", dimensions, time, Layout(False, None, ()), folder=""
    )


def _see(ledger: Ledger, run: Callable[[], T]) -> T | None:
    """Run a stage whose checks take down what they find; what no check found is an error."""
    try:
        return run()
    except DsgridError as error:
        known = {id(problem) for outcome in ledger.outcomes() for problem in outcome.problems or ()}
        rest = [problem for problem in error.problems if id(problem) not in known]
        if rest:
            raise type(error)(rest) from None
        return None


def _submission(
    loaded: Spec, submission: str | Path | Mapping[str, Any] | Spec | None, variables: Mapping[str, str] | None
) -> Node | None:
    """Return the table that says how the dataset is to be submitted: of another spec, or of its own."""
    if submission is None:
        return loaded.root.get("submission")
    given = load_spec(submission, "submit_dataset", variables).root
    own = loaded.root["dataset"]["id"].value
    if parse_reference(given["dataset"].value)[0] != own:
        raise given["dataset"].error(f'this is about "{given["dataset"].value}", and the dataset to check is "{own}"')
    return given


def _submit(
    root: Node, submission: Node | None, project: str, dataset: Dataset, registry: Registry, ledger: Ledger
) -> tuple[Remark, ...]:
    node = submission or Node({}, (), root.source)
    named = Node(project, (), Source(None, "", Path())) if project else node["project"]
    found = read_named(named, registry.project)
    with ledger.check("submission"):
        built = build_submission(node, found, dataset, registry, root["dataset"]["id"], root)
    return told(node, dataset, built)


def _read(
    spec: Spec,
    draft: Dataset,
    ledger: Ledger,
    engine: Engine | None,
    progress: Callable[[str], None] | None,
) -> None:
    from dsgrid.datasets.register import prepare

    time = in_files(spec.root["time"], draft.time)
    with TemporaryDirectory(prefix="dsgrid-check-") as folder, running(engine) as used, engine_errors():
        prepare(
            used.spark,
            spec.root,
            draft.dimensions,
            time,
            Path(folder) / "data",
            progress or (lambda _: None),
            ledger,
        )
