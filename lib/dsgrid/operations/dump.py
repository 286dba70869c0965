"""The operation `dump`: what a registry holds, as specs that register again to the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsgrid.errors import UsageError
from dsgrid.operations.location import registry_folder
from dsgrid.operations.reported import Reported
from dsgrid.registry.dump import REFER, Dump
from dsgrid.registry.dump import dump as write_dump
from dsgrid.registry.moments import parse_at
from dsgrid.registry.registry import Registry
from dsgrid.registry.whole_dump import BULK, dump_all
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node, shown


@dataclass(frozen=True, repr=False)
class Dumped(Reported):
    """What was written."""

    dump: Dump
    registry: Path

    def report(self) -> str:
        """Return what to tell the user."""
        specs = self.dump.specs
        count = f"{len(specs)} spec{'s' if len(specs) > 1 else ''}"
        lines = [f"dumped {self.registry} to {shown(self.dump.folder)}: {count}"]
        last = specs[-1]
        listed = [last] if last.stem == BULK and len(specs) > 12 else list(specs)
        lines += [f"  {path.relative_to(self.dump.folder)}" for path in listed]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.dump.notes)])


def dump(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    engine: object = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Dumped:
    """Write projects, datasets, dimensions and mappings, or everything, as specs with their tables.

    Raises
    ------
    NotFoundError
        If one of the ids, or its version, is not registered.
    RegistryError
        If the output folder holds something already.
    """
    loaded = load_spec(spec, "dump", variables)
    root = loaded.root
    folder = registry_folder(loaded, registry)
    output = root["output"].resolve()
    if not isinstance(output, Path):
        raise root["output"].error("a dump goes to a folder of this machine")
    ids = list(root.scalar("ids", []))
    moment = None
    if "at" in root:
        at = parse_at(root["at"].value)
        moment = at if at.version is None else None
        if at.version is not None:
            if len(ids) != 1 or "@" in ids[0]:
                raise UsageError(root["at"].problem("a version is that of one thing; write id@version for each"))
            ids = [f"{ids[0]}@{at.version}"]
    data = root.string("data", REFER)
    with Registry.open(folder, at=moment) as opened:
        refuse_references(root, opened)
        if ids:
            return Dumped(Dump(output, write_dump(opened, ids, output, data)), folder)
        return Dumped(dump_all(opened, output, data), folder)


def refuse_references(root: Node, registry: Registry) -> None:
    """Refuse a dump that would name files of the registry, where who gets it cannot reach them.

    Raises
    ------
    SpecError
        If it has datasets, and their files are not copied.
    """
    if root.source.fence is None or root.string("data", REFER) != REFER:
        return
    ids = root.scalar("ids", [])
    if not ids or any(registry.kind(each) == "dataset" for each in ids):
        message = 'the specs would name files of the server, which nobody else can reach; say data = "copy"'
        raise (root.get("data") or root).error(message)
