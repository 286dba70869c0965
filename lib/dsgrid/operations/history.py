"""How something in a registry came to be what it is: ``dsgrid registry history``."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from dsgrid.operations.reported import Reported
from dsgrid.registry.database import LOCK_TIMEOUT
from dsgrid.registry.history import Event, History, Registered, Version
from dsgrid.registry.registry import Registry

_INDENT: Final = " " * 4
_SAID: Final = {
    "submitted": ("+", "submitted", "to"),
    "carried": ("=", "carried along", "to"),
    "invalidated": ("!", "not carried along", "to"),
    "removed": ("-", "removed", "from"),
}


@dataclass(frozen=True, repr=False)
class ShownHistory(Reported):
    """The history of one project, dataset, dimension or mapping."""

    history: History

    def report(self, width: int | None = None) -> str:
        """Return it for people to read, oldest first; with a `width` long lines are wrapped."""
        history = self.history
        number = len(history.versions)
        lines = [f"{history.kind} {history.id}: {number} version{'' if number == 1 else 's'}"]
        for version in history.versions:
            lines += ["", *_version_lines(version, history.id)]
            for event in history.events_of(version.version):
                lines += _event_lines(event, version, history.kind)
        return "\n".join(part for line in lines for part in _wrapped(line, width))

    def document(self) -> dict[str, Any]:
        """Return it as a document for JSON: a list of versions, each with its events."""
        history = self.history
        return {
            "kind": history.kind,
            "id": history.id,
            "versions": [
                {
                    "version": each.version,
                    "level": each.level,
                    **asdict(each.registered),
                    "removed": asdict(each.removed) if each.removed else None,
                    "aliases": list(each.aliases),
                    "events": [_event_document(event) for event in history.events_of(each.version)],
                }
                for each in history.versions
            ],
        }

    def __str__(self) -> str:
        return self.report()


def history(
    folder: str | Path, reference: str, *, kind: str | None = None, lock_timeout: float = LOCK_TIMEOUT
) -> ShownHistory:
    """Return the versions of something, oldest first: when, who, why, by which job, and what kind of update.

    A project's and a dataset's also tell which datasets were submitted, carried along to the next version of the
    project, or not because they don't fit it.

    Parameters
    ----------
    folder
        The registry's folder.
    reference
        The id of a project, dataset, dimension or mapping; with ``@version`` only the versions that this fits.
    kind
        ``project``, ``dataset``, ``dimension`` or ``mapping``, where the id has to be that of one; None takes any.
    lock_timeout
        How many seconds to wait for another process that has locked the registry.

    Raises
    ------
    NotFoundError
        If nothing has or had this id, or such a version.
    """
    with Registry.open(folder, lock_timeout=lock_timeout) as registry:
        return ShownHistory(registry.history(reference, kind))


def _version_lines(version: Version, id_: str) -> Iterator[str]:
    yield f"{version.version}  {version.level}  {_when_and_who(version.registered)}"
    if version.registered.log_message:
        yield f"{_INDENT}{version.registered.log_message}"
    if version.aliases:
        # Of an id that is the same in both registries the numbers tell it.
        names = (alias.removeprefix(f"{id_}@") for alias in version.aliases)
        yield f"{_INDENT}also called {', '.join(names)}"
    if version.removed is not None:
        yield f"{_INDENT}- removed  {_when_and_who(version.removed)}"
        yield f"{_INDENT}  {version.removed.log_message}"


def _event_lines(event: Event, version: Version, kind: str) -> Iterator[str]:
    mark, happened, to = _SAID[event.action]
    # The lines stand below a version of the one and name the other.
    dataset, project = "@".join(event.dataset), "@".join(event.project)
    text = f"{mark} {dataset} {happened}" if kind == "project" else f"{mark} {happened} {to} {project}"
    if event.registered == version.registered:  # who and why stand there already
        yield f"{_INDENT}{text}" + (f": {event.reason}" if event.reason else "")
        return
    yield f"{_INDENT}{text}  {_when_and_who(event.registered)}"
    for more in (event.reason, event.registered.log_message):
        if more:
            yield f"{_INDENT}  {more}"


def _when_and_who(registered: Registered) -> str:
    moment = registered.registered_at
    return "  ".join(filter(None, (f"{moment[:10]} {moment[11:16]} UTC", registered.submitter, registered.job)))


def _event_document(event: Event) -> dict[str, Any]:
    return {
        "action": event.action,
        "project_id": event.project[0],
        "project_version": event.project[1],
        "dataset_id": event.dataset[0],
        "dataset_version": event.dataset[1],
        "reason": event.reason,
        **asdict(event.registered),
    }


def _wrapped(line: str, width: int | None) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()))
    said = " ".join(line.split("\n"))  # a log message may have several lines
    if width is None or len(said) <= width:
        return [said.rstrip()]
    # The columns of a heading stand two blanks apart, also where it is folded.
    return textwrap.wrap(
        said.lstrip(), max(width, 40), initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False
    )
