"""The operation `export_result`: a result that is there, as files for another model."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsgrid.errors import NotFoundError, RegistryError, did_you_mean, listing
from dsgrid.operations.reported import Reported
from dsgrid.query.handoff.exported import Exported
from dsgrid.query.handoff.layout import lay_out
from dsgrid.query.handoff.model import Export, read_export
from dsgrid.query.handoff.source import result_source
from dsgrid.query.handoff.write import write_export
from dsgrid.query.result import Result, open_result
from dsgrid.registry import disk
from dsgrid.registry.publish import MANIFEST, POINTER, discard
from dsgrid.registry.toml import escaped
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node, shown
from dsgrid.storage.location import Location, entries
from dsgrid.toml_text import dumps


@dataclass(frozen=True, repr=False)
class ExportedResult(Reported):
    """What was written."""

    export: Exported

    def report(self) -> str:
        """Return what to tell the user."""
        return self.export.report()


def export_result(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: object = None,
    engine: object = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> ExportedResult:
    """Write a result in a shape that another model reads; neither registry nor engine is needed.

    Parameters
    ----------
    registry, engine
        Not used; every operation takes them.

    Raises
    ------
    NotFoundError
        If there is no such result.
    SpecError
        If the result has not what is asked for.
    RegistryError
        If the output folder holds something already that is not to be replaced.
    """
    root = load_spec(spec, "export_result", variables).root
    say = progress or (lambda _: None)
    result, export = planned_export(root)
    output = root["output"].resolve()
    replaces = _has_room(root["output"], output, bool(root.scalar("replace", False)))
    say(f"exporting {result.rows:,} rows")
    if not isinstance(output, Path):
        disk.make_folder(output)
        try:
            return ExportedResult(write_export(result, export, output))
        except BaseException:
            discard(output)
            raise
    output = output.absolute()
    made = output.parent / f".{output.name}-{secrets.token_hex(4)}"
    disk.make_folder(made)
    try:
        written = write_export(result, export, made)
        say("publishing")
        _publish(made, output, replaces)
    except BaseException:
        discard(made)
        raise
    return ExportedResult(Exported(output, written.manifest))


def export_toml(spec: Mapping[str, Any]) -> str:
    """Return the spec, as a file, that asks the same as a mapping."""
    loaded = load_spec(spec, "export_result")
    head = ("spec_version", "job", "result", "output")
    value = loaded.root.value
    return dumps(escaped({key: value[key] for key in (*head, *(key for key in value if key not in head))}))


def planned_export(root: Node) -> tuple[Result, Export]:
    """Return the result that a spec names, and the export of it, whose names are all there.

    Raises
    ------
    NotFoundError, DataError, SpecError
        If there is no such result, it is not whole, or has not what is asked for.
    """
    result = _opened(root["result"])
    export = read_export(root, root.string("name", str(result.manifest["query"])))
    lay_out(export, result_source(result.manifest))
    return result, export


def _opened(node: Node) -> Result:
    place = node.resolve(to_read=True)
    node.look_through(place)
    try:
        result = open_result(place)
    except NotFoundError as error:
        raise NotFoundError(node.problem(f"{error.problems[0].message}{_near(place)}")) from None
    if not result.has_table or "report" in result.manifest:
        names = [name for name, one in result.results.items() if "report" not in one.manifest]
        hint = f"; name that of one of its results: {listing(names)}" if names else ""
        raise NotFoundError(node.problem(f"{shown(place)} has no table of values{hint}"))
    return result


def _near(place: Location) -> str:
    """Return the results beside a place that is none, or in it."""
    if not isinstance(place, Path):
        return ""
    for folder in (place, place.parent):
        if folder.is_dir():
            names = sorted(one.name for one in folder.iterdir() if (one / POINTER).is_file())
            if names:
                return did_you_mean(place.name, names)
    return ""


def _has_room(node: Node, output: Location, replace: bool) -> bool:
    """Refuse a folder that has something in it; tell whether it has an export that is to be replaced."""
    if isinstance(output, Path) and not output.exists():
        return False
    if isinstance(output, Path) and not output.is_dir():
        raise RegistryError(node.problem(f"{shown(output)} is a file; expected a folder that is absent or empty"))
    if not entries(output):
        return False
    if not (output / MANIFEST).is_file():
        raise RegistryError(node.problem(f"{shown(output)} holds something that is no export; name another folder"))
    if not replace or not isinstance(output, Path):
        hint = "; say replace = true, or name another folder" if isinstance(output, Path) else "; name another place"
        raise RegistryError(node.problem(f"{shown(output)} holds an export already{hint}"))
    return True


def _publish(made: Path, output: Path, replaces: bool) -> None:
    """Put a folder that is complete in its place, and one that it replaces out of it."""
    if not replaces:
        disk.swap_file(output, made)
        disk.sync(output.parent)
        return
    before = output.parent / f".{output.name}-{secrets.token_hex(4)}"
    disk.swap_file(before, output)
    try:
        disk.swap_file(output, made)
    except BaseException:
        disk.swap_file(output, before)
        raise
    disk.sync(output.parent)
    discard(before)
