"""The operation `import_registry`: a registry of dsgrid-toolkit becomes one of ours, registration by registration."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dsgrid.engine import Engine
from dsgrid.errors import DataError, DsgridError, Problem, RegistryError, did_you_mean
from dsgrid.importers.registry.data import data_folder
from dsgrid.importers.registry.source import OldRegistry, Registered, read_registry
from dsgrid.operations.imported_registrations import Importing, Step, Wish
from dsgrid.operations.imported_report import json_report, markdown_report, summary_lines
from dsgrid.operations.location import folder_of
from dsgrid.operations.reported import Reported
from dsgrid.operations.running import running
from dsgrid.registry.folders import whole_folder, write_text
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node

REPORT: Final = "import_report"
_SHOWN: Final = 20


@dataclass(frozen=True, repr=False)
class ImportedRegistry(Reported):
    """A registry that is made of another one.

    Parameters
    ----------
    folder, source
        The registry, and the database that it was made of.
    steps
        What became of each registration.
    aliases
        How many ids and versions of the other registry mean something here.
    notes
        What else there is to know, such as where the data were found.
    """

    folder: Path
    source: Path
    steps: tuple[Step, ...]
    aliases: int = 0
    notes: tuple[str, ...] = ()
    data: str = "link"
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def failed(self) -> tuple[Problem, ...]:
        """What could not be imported, and why."""
        return tuple(problem for step in self.steps for problem in step.problems)

    def report(self) -> str:
        """Return what to tell the user."""
        return "\n".join(summary_lines(self))


def import_registry(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    engine: Engine | None = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> ImportedRegistry:
    """Make a registry of one of dsgrid-toolkit, which is only read.

    All registrations are made again in their order, each in one transaction, with its submitter, moment and log
    message. The new registry appears when everything is in it: a run that is killed leaves none.

    Parameters
    ----------
    registry
        The folder of the new registry; wins over the spec's `target`.

    Raises
    ------
    NotFoundError, RegistryError
        If there is no such registry, it is damaged, or the target holds something.
    DataError
        If something in it could not be imported. Everything else is there, with a report that says the same.
    """
    loaded = load_spec(spec, "import_registry", variables)
    root = loaded.root
    zone = _zone(root)
    target = Path(registry).absolute() if registry is not None else folder_of(root["target"])
    say = progress or (lambda _: None)
    say("reading the other registry")
    old, data, note = read_source(root)
    if old.database.parent == target or target in old.database.parents:
        raise RegistryError(root["target"].problem(f"{target} is the other registry, which stays as it is"))
    if data is not None and data.resolve() in (target.resolve(), *target.resolve().parents):
        raise RegistryError(root["target"].problem(f"{target} is inside the data of the other registry, {data}"))
    how = root.string("data", "link")
    with whole_folder(target, "an imported registry") as unfinished, tempfile.TemporaryDirectory() as scratch:
        with ExitStack() as stack:
            opened = stack.enter_context(Registry.create(unfinished))
            has_data = any(model.kind == "dataset" for model in old.models)
            if has_data:
                # An engine that does not start is no fault of the first dataset.
                engine = stack.enter_context(running(engine, say))
            importing = Importing(old, opened, Wish(how, data, zone, Path(scratch), loaded), engine, say)
            steps = tuple(_import(importing, each, old, say) for each in old.registrations)
            done = ImportedRegistry(
                folder=target,
                source=old.database,
                steps=steps,
                aliases=len(opened.aliases()),
                notes=tuple(each for each in (note if has_data else "", _dangling(old)) if each),
                data=how,
                counts={
                    "projects": len(opened.projects()),
                    "datasets": len(opened.datasets()),
                    "submissions": len(opened.submissions(all_versions=True)),
                    "dimensions": len(opened.dimensions()),
                    "mappings": len(opened.mappings()),
                },
            )
        write_text(unfinished / f"{REPORT}.md", markdown_report(done))
        write_text(unfinished / f"{REPORT}.json", json_report(done))
    if done.failed:
        raise _incomplete(done)
    return done


def _import(importing: Importing, registered: Registered, old: OldRegistry, say: Callable[[str], None]) -> Step:
    say(f"registration {registered.number} of {len(old.registrations)}: {registered.log_message}")
    return importing.step(registered)


def _incomplete(done: ImportedRegistry) -> DataError:
    """Return the error that says what could not be imported, and that all the rest was."""
    *others, last = done.failed[:_SHOWN]
    more = len(done.failed) - _SHOWN
    lines = [last.detail, f"and {more} more" if more > 0 else "", *summary_lines(done)]
    return DataError([*others, replace(last, detail="\n".join(line for line in lines if line))])


def read_source(root: Node) -> tuple[OldRegistry, Path | None, str]:
    """Return the other registry, the folder with its data, and what is to be known of that folder."""
    node, given = root["source"], root.get("data_path")
    try:
        old = read_registry(_place(node))
        node = node if given is None else given
        folder, note = data_folder(old, None if given is None else _place(given))
    except DsgridError as error:
        raise type(error)([replace(each, where=node.where, key=node.key) for each in error.problems]) from None
    return old, folder, note


def _place(node: Node) -> Path:
    text = str(node.value)
    if text.startswith("sqlite:") and node.source.fence is None:
        return Path(text)
    place = node.resolve(to_read=True)
    if not isinstance(place, Path):
        raise node.error(f"found {place}; a registry of dsgrid-toolkit is on a disk")
    node.look_through(place)
    return place


def _zone(root: Node) -> ZoneInfo:
    name = root.string("zone", "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        from zoneinfo import available_timezones

        raise root["zone"].error(f'there is no time zone "{name}"{did_you_mean(name, available_timezones())}') from None


def _dangling(old: OldRegistry) -> str:
    if not old.dangling:
        return ""
    return f"{old.dangling} links of its database lead to what was removed; there are no such links here"
