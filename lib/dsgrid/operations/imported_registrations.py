"""The registrations of another registry, made again one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from dsgrid.bundle import bundle_sha256
from dsgrid.dimensions.classes import RECORD_CLASSES
from dsgrid.engine import Engine
from dsgrid.errors import DataError, DsgridError, Problem, RegistryLockedError, StorageError
from dsgrid.importers.registry.models import Models
from dsgrid.importers.registry.source import Model, OldRegistry, Registered
from dsgrid.importers.translation import Remark, Remarks
from dsgrid.operations.imported_names import Names
from dsgrid.registry.proposal import Proposal
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec

JOB: Final = "import_registry"


@dataclass(frozen=True)
class Wish:
    """What the user asked for.

    Parameters
    ----------
    how
        ``link``, ``copy`` or ``rewrite``.
    data
        The folder with the datasets of the other registry; None where there is none.
    zone
        Of the clock of its moments.
    scratch
        For files that are needed for a moment.
    """

    how: str
    data: Path | None
    zone: ZoneInfo
    scratch: Path
    spec: Spec


@dataclass(frozen=True)
class Step:
    """What became of one registration.

    Parameters
    ----------
    number, log_message
        Of the other registry.
    done
        A line for each thing that it registered.
    remarks
        What is not the same on both sides.
    problems
        Why something of it could not be imported.
    """

    number: int
    log_message: str
    done: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass
class Work:
    """One registration while it is worked on.

    Attributes
    ----------
    done
        A line for each thing that is registered.
    problems
        Why it, or a part of it, could not be.
    is_lost
        Whether nothing of it is registered.
    stack
        What is undone when the whole of it fails: data that were stored.
    """

    registered: Registered
    remarks: Remarks = field(default_factory=Remarks)
    done: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_lost: bool = False
    stack: ExitStack = field(default_factory=ExitStack)


class Importing:
    """Makes registrations again, and keeps what later ones need to know.

    Parameters
    ----------
    old
        The other registry.
    registry
        The new one, open for writing.
    """

    def __init__(
        self, old: OldRegistry, registry: Registry, wish: Wish, engine: Engine | None, say: Callable[[str], None]
    ) -> None:
        self.old, self.registry, self.wish, self.engine, self.say = old, registry, wish, engine, say
        self.models = Models(old.models)
        self.names = Names(registry)
        self.projects: dict[str, Model] = {}  # the newest version of each that was imported, as it stands there
        self.failed: dict[tuple[str, str], Registered] = {}
        self._told: set[Remark] = set()

    def step(self, registered: Registered) -> Step:
        """Make a registration again; what cannot be made is told, and does not stop the others."""
        work = Work(registered)
        try:
            with work.stack:
                self._run(work)
        except (StorageError, RegistryLockedError):
            raise  # of a disk that is full nothing later could be stored
        except DsgridError as error:
            self._fail(work, error.problems)
        except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
            what = f"it has not the form of a configuration ({type(error).__name__}: {error})"
            self._fail(work, (Problem(what),))
        else:
            self.names.keep()
        problems = tuple(self._placed(work, each) for each in work.problems)
        remarks = tuple(each for each in dict.fromkeys(work.remarks.remarks) if each not in self._told)
        self._told.update(remarks)
        return Step(registered.number, registered.log_message, tuple(work.done), remarks, problems)

    def _fail(self, work: Work, problems: Iterable[Problem]) -> None:
        self.names.forget()
        work.done.clear()
        work.problems = list(problems)
        work.is_lost = True
        self.failed.update({(model.kind, model.id): work.registered for model in work.registered.models})

    def _placed(self, work: Work, problem: Problem) -> Problem:
        registered = work.registered
        what = ", ".join(str(each) for each in registered.models if each.kind in ("project", "dataset"))
        how = "was not imported" if work.is_lost else "was imported in part"
        # Of a place in the other database the key says it, which names the model.
        places = (problem.where if problem.where != str(self.old.database) else "", problem.key, problem.message)
        head = f"registration {registered.number} ({what or registered.log_message}) {how}"
        message = ": ".join(part for part in (head, *places) if part)
        return replace(problem, message=message, where=str(self.old.database), key="")

    def _run(self, work: Work) -> None:
        # Imported here: what reads data is not needed to read a registry.
        from dsgrid.operations.imported_datasets import draft_data
        from dsgrid.operations.imported_projects import make_project, make_submissions
        from dsgrid.operations.imported_rest import make_rest

        for model in work.registered.models:
            if model.broken:
                raise DataError(f"{model}: {model.broken}")
        # Data are written before the transaction begins, which holds the lock.
        data = [draft_data(self, work, model) for model in work.registered.of_kind("dataset")]
        with self.registry.registration(
            work.registered.log_message,
            submitter=work.registered.submitter or None,
            registered_at=moment(work.registered.timestamp, self.wish.zone),
            job=JOB,
            spec_sha256=self.wish.spec.sha256,
            bundle_sha256=bundle_sha256(),
        ) as registration:
            # Not the version before there: what a registration that failed had submitted is submitted with the next.
            imported = dict(self.projects)
            try:
                for model in work.registered.of_kind("project"):
                    make_project(self, work, registration, model)
                for write in data:
                    write(registration)
                for model in work.registered.of_kind("project"):
                    make_submissions(self, work, registration, model, imported.get(model.id))
                    self.projects[model.id] = model
                make_rest(self, work, registration)
                self.names.write(registration)
            except BaseException:
                self.projects = imported
                raise


def moment(timestamp: str, zone: ZoneInfo) -> str:
    """Return a moment as the registry keeps it, of a clock without a zone.

    Raises
    ------
    DataError
        If it is none.
    """
    try:
        found = datetime.fromisoformat(timestamp)
    except ValueError:
        raise DataError(f'"{timestamp}" is no moment') from None
    local = found.replace(tzinfo=zone) if found.tzinfo is None else found
    return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def with_version(proposal: Proposal, kind: str, version: str) -> Proposal:
    """Return a proposal in which a project or dataset gets the number that it has in the other registry."""
    parts = []
    project = proposal.project
    for part in proposal.parts:
        if part.kind == kind == "project":
            part = replace(part, new=version, value=replace(part.value, version=version))
            project = (part.id, version) if project else None
        elif part.kind == kind == "dataset":
            dataset = replace(part.value.dataset, version=version)
            part = replace(part, new=version, value=replace(part.value, dataset=dataset))
        elif part.kind == "submission" and kind == "project":
            part = replace(
                part,
                new=f"{version}+{part.value.dataset_version}",
                value=replace(part.value, project_version=version),
            )
        parts.append(part)
    return replace(proposal, parts=tuple(parts), project=project)


def load(translation_job: str, spec: dict[str, Any]) -> Spec:
    """Return a translated spec after checking it as any other is."""
    from dsgrid.registry.toml import escaped
    from dsgrid.spec.load import load_spec

    return load_spec(escaped(_with_cells(spec)), translation_job)


def _with_cells(value: Any) -> Any:
    """Return a spec whose inline records have all columns of their class: there a blank cell says that it is blank."""
    if isinstance(value, list):
        return [_with_cells(child) for child in value]
    if not isinstance(value, dict):
        return value
    table = {key: _with_cells(child) for key, child in value.items()}
    class_ = RECORD_CLASSES.get(str(table.get("class")))
    if class_ is not None and isinstance(table.get("records"), list):
        blank = dict.fromkeys(class_.required, "")
        table["records"] = [{**row, **{key: "" for key in blank if key not in row}} for row in table["records"]]
    return table
