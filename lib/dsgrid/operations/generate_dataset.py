"""The operation `generate_dataset`: look at data files, and propose the specs that register and submit them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsgrid.datasets.files import find, is_table
from dsgrid.datasets.inspection import inspect
from dsgrid.datasets.offenders import counted
from dsgrid.datasets.recognition import Recognised, recognise
from dsgrid.datasets.timeline import timeline
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import UsageError, did_you_mean
from dsgrid.operations.draft import Draft
from dsgrid.operations.draft_dataset import Wishes, dataset_draft
from dsgrid.operations.draft_submission import submission_draft
from dsgrid.operations.generated import Generated
from dsgrid.operations.location import registry_place
from dsgrid.registry.folders import generated_folder
from dsgrid.registry.model import Project
from dsgrid.registry.registry import Registry
from dsgrid.spec.fence import active
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node, shown
from dsgrid.spec.patterns import ID
from dsgrid.storage.location import Location

_TABLES = ("load_data", "table", "data")
_LOOKUPS = ("load_data_lookup", "lookup_table", "lookup")


@dataclass(frozen=True, repr=False)
class GeneratedDataset(Generated):
    """Specs of a dataset.

    Parameters
    ----------
    recognised
        What was found in the files.
    """

    recognised: Recognised


def generate_dataset(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    engine: object = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> GeneratedDataset:
    """Propose dimensions, records and a ready-to-edit spec for data files, and the submission to a project.

    Nothing is registered, and no engine is needed: the files are read once, in batches.

    Raises
    ------
    DataError
        If the files are no tables.
    RegistryError
        If the output folder holds something and is not to be overwritten.
    """
    loaded = load_spec(spec, "generate_dataset", variables)
    root = loaded.root
    say = progress or (lambda _: None)
    table, lookup = _files(root)
    output = output_folder(root)
    id_ = root.string("id") or _id(output)
    with ExitStack() as stack, generated_folder(output, bool(root.scalar("overwrite", False))) as inside:
        opened = open_registry(loaded, registry, stack)
        project = _project(root, opened)
        known = known_dimensions(opened, project)
        say(f"looking at {shown(table)}")
        contents = inspect(find(table))
        looked_up = inspect(find(lookup)) if lookup is not None else None
        declared = dict(root.scalar("columns", {}))
        _check_columns(root, [*contents.columns, *(looked_up.columns if looked_up else ())])
        found = recognise(contents, looked_up, known, declared)
        draft = Draft()
        metric = root.scalar("metric", {})
        named = relative(opened.folder, output) if opened is not None and is_named(loaded, registry) else ""
        wishes = Wishes(
            id_,
            relative(table, output),
            relative(lookup, output) if lookup is not None else "",
            named,
            known,
            dict(root.scalar("time", {})),
            metric.get("class", ""),
            metric.get("unit", ""),
            bool(root.scalar("reuse", True)),
        )
        ids = dataset_draft(draft, found, timeline(contents.files, found), wishes)
        if project is not None:
            submission_draft(draft, id_, ids, project, named)
        specs = tuple(output / path for path in draft.write(inside))
    lines = [f"wrote {shown(output)}: {', '.join(path.name for path in specs)}, {counted(len(draft.tables), 'table')}"]
    lines += _told(found, ids)
    lines += draft.report([Path(shown(specs[0]))])
    return GeneratedDataset(id_, output, specs, tuple(draft.decisions), tuple(draft.notes), tuple(lines), found)


def output_folder(root: Node) -> Path:
    """Return the folder that a generator writes."""
    output = root["output"].resolve()
    if not isinstance(output, Path):
        raise root["output"].error("specs are written to a folder of this machine")
    return Path(os.path.abspath(output))


def open_registry(loaded: Spec, registry: str | Path | None, stack: ExitStack) -> Registry | None:
    """Open the registry whose dimensions are used, if one is named."""
    try:
        place = registry_place(loaded, registry)
    except UsageError:
        return None
    return stack.enter_context(Registry.open(place.folder))


def is_named(loaded: Spec, registry: str | Path | None) -> bool:
    """Say whether the registry was named for this run, and not by the user's surroundings."""
    return registry is not None or "registry" in loaded.root


def known_dimensions(registry: Registry | None, project: Project | None) -> tuple[Dimension, ...]:
    """Return the dimensions that may be used: those of the project first, then the newest of all others."""
    if registry is None:
        return ()
    base = project.base if project is not None else ()
    own = {dimension.id for dimension in base}
    rows = [row for row in registry.dimensions() if row["type"] != "time" and row["id"] not in own]
    return (*base, *(registry.dimension(row["id"]) for row in rows))


def _files(root: Node) -> tuple[Location, Location | None]:
    """Return the table and the lookup; a folder may hold both under names that are usual."""
    place = root["table"].file()
    lookup = root["lookup"].file() if "lookup" in root else None
    if not place.is_dir():
        return place, lookup
    entries: list[Location] = sorted(place.iterdir(), key=lambda each: each.name)
    usual = {entry.name.partition(".")[0]: entry for entry in entries if is_table(entry) or entry.is_dir()}
    table = next((usual[name] for name in _TABLES if name in usual), None)
    if table is None:
        return place, lookup  # a table of several files
    return table, lookup or next((usual[name] for name in _LOOKUPS if name in usual), None)


def _id(output: Path) -> str:
    found = re.sub(r"[^A-Za-z0-9]+", "_", output.name).strip("_")
    if not re.fullmatch(ID.pattern, found):
        raise UsageError(f'no id can be made of the folder\'s name "{output.name}"; give one (`id`, --id)')
    return found


def _project(root: Node, registry: Registry | None) -> Project | None:
    if "project" not in root:
        return None
    if registry is None:
        raise root["project"].error("no registry is named to look the project up in")
    return registry.project(root["project"].value)


def _check_columns(root: Node, names: list[str]) -> None:
    for name, node in root["columns"].items() if "columns" in root else ():
        if name not in names:
            raise node.error(f'there is no column "{name}"{did_you_mean(name, names)}')


def relative(place: Location, folder: Path) -> str:
    """Return a place as a spec in a folder names it; with a fence, what is elsewhere by the name of its root."""
    fence = active()
    if fence is not None and isinstance(place, Path):
        inside = Path(os.path.abspath(place)).is_relative_to(os.path.abspath(folder))
        return os.path.relpath(place, folder) if inside else fence.shown(place)
    return Path(os.path.relpath(place, folder)).as_posix() if isinstance(place, Path) else str(place)


def _told(found: Recognised, ids: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return a line for each dimension and for time: where it is, and how much of it."""
    lines = []
    for type_ in (*RECORD_TYPES, "time"):
        if type_ == "time":
            where = _time(found)
        elif type_ == found.pivot:
            where = f"the names of {counted(len(found.pivoted), 'column')}"
        elif type_ in found.dimensions:
            one = found.dimensions[type_]
            table = " of the lookup" if one.place != "columns" else ""
            where = f'column "{one.column.name}"{table}: {counted(len(one.ids), "record")}'
        else:
            where = f"no column; one record{f', {ids[type_][0]}' if ids.get(type_) else ''}"
        lines.append(f"  {type_.ljust(13)} {where}")
    return lines


def _time(found: Recognised) -> str:
    names = [f'"{column.name}"' for column in found.time.columns.values()]
    if not names:
        return "no column" if found.time.kind == "none" else f"no column; {found.time.kind}"
    kind = "" if found.time.kind == "datetime" else f": {found.time.kind}"
    return f"column{'s' if len(names) > 1 else ''} {', '.join(names)}{kind}"
