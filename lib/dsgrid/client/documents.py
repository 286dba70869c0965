"""From the documents of a server to the values that the same call returns on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, TypeVar

from dsgrid.dimensions.changes import Change
from dsgrid.errors import Problem, ServerError
from dsgrid.operations.check_registry import CheckedRegistry
from dsgrid.operations.diff import ShownDifference
from dsgrid.operations.graph import DependencyGraph
from dsgrid.operations.history import ShownHistory
from dsgrid.operations.reported import Reported
from dsgrid.registry.difference import Difference
from dsgrid.registry.findings import Finding
from dsgrid.registry.graph import Graph, Node
from dsgrid.registry.history import Event, History, Registered, Version

T = TypeVar("T")
Document = Mapping[str, Any]
_ABSENT: Final = (KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, repr=False)
class Told(Reported):
    """What a server says of a spec: the report that this machine would give, and the same for programs.

    Parameters
    ----------
    text
        The report.
    """

    text: str
    _document: Document

    def report(self) -> str:
        """Return what to tell the user."""
        return self.text

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        return dict(self._document)


def read(what: str, make: Callable[[Document], T], document: Any) -> T:
    """Return the value of a document, or say that a server of another version made it."""
    try:
        return make(document)
    except _ABSENT as error:
        raise ServerError(
            f"the server's {what} is not as this dsgrid knows it ({type(error).__name__}: {error}); "
            "is the server of another version?"
        ) from None


def history_of(document: Document) -> ShownHistory:
    """Return a history."""
    kind, id_ = document["kind"], document["id"]
    versions = []
    events = []
    for one in document["versions"]:
        removed = one.get("removed")
        aliases = tuple(one.get("aliases", ()))
        gone = _made(Registered, removed) if removed else None
        versions.append(Version(one["version"], one["level"], _made(Registered, one), gone, aliases))
        for each in one["events"]:
            project = (each["project_id"], each["project_version"])
            dataset = (each["dataset_id"], each["dataset_version"])
            events.append(Event(each["action"], project, dataset, _made(Registered, each), each.get("reason", "")))
    return ShownHistory(History(kind, id_, tuple(versions), tuple(events)))


def difference_of(document: Document) -> ShownDifference:
    """Return what differs between two versions."""
    changes = tuple(_made(Change, one) for one in document["changes"])
    return ShownDifference(Difference(document["kind"], document["id"], document["old"], document["new"], changes))


def graph_of(document: Document, *, up: bool, down: bool, depth: int | None) -> DependencyGraph:
    """Return a graph of dependencies."""
    found = {_key(one): _node(one) for one in document["nodes"]}
    links = tuple((found[_key(one["parent"])], found[_key(one["child"])]) for one in document["links"])
    root = found[_key(document["root"])]
    others = tuple(_node(one) for one in document.get("others", ()))
    return DependencyGraph(root, Graph(tuple(found.values()), links), up, down, depth, others)


def checked_of(document: Document, folder: str) -> CheckedRegistry:
    """Return what a check of the registry has found."""
    found = {name: tuple(_made(Finding, one) for one in document[name]) for name in ("problems", "fixed", "left_alone")}
    return CheckedRegistry(folder, **found, counts=dict(document["counts"]))


class CheckedByJob(CheckedRegistry):
    """What a job has found that checked the registry more thoroughly, or repaired it."""

    text: str = ""

    def report(self) -> str:
        """Return what to tell the user."""
        return self.text


def checked_by_job(problems: Iterable[Problem], text: str, folder: str) -> CheckedByJob:
    """Return what a job has found."""
    found = CheckedByJob(folder, tuple(Finding("", one.where, one.message) for one in problems))
    object.__setattr__(found, "text", text)
    return found


def _node(document: Document) -> Node:
    return Node(
        document["kind"],
        document["id"],
        document["version"],
        is_derived=bool(document.get("derived", False)),
        is_composite=bool(document.get("composite", False)),
    )


def _key(document: Document) -> tuple[str, str, str]:
    return (document["kind"], document["id"], document["version"])


def _made(class_: type[T], document: Document) -> T:
    """Return a value of the keys that its class has; a newer server may say more."""
    names = {each.name for each in fields(class_)}  # type: ignore[arg-type]
    return class_(**{name: value for name, value in document.items() if name in names})
