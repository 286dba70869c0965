"""The operation `generate_project`: propose the spec of a project that registered datasets fit into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from dsgrid.datasets.offenders import counted
from dsgrid.dimensions.classes import plain_class
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.records import Record, Records
from dsgrid.dimensions.tables import read_table, require_columns
from dsgrid.errors import DsgridError
from dsgrid.operations.draft import Draft
from dsgrid.operations.draft_project import SPEC, ProjectWishes, project_draft
from dsgrid.operations.generate_dataset import is_named, open_registry, output_folder, relative
from dsgrid.operations.generated import Generated
from dsgrid.registry.folders import generated_folder
from dsgrid.registry.model import Dataset
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node, shown


def generate_project(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    engine: object = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Generated:
    """Propose a project for registered datasets and record files: base dimensions, time, requirements, submissions.

    Raises
    ------
    NotFoundError
        If a dataset is not registered, or a file does not exist.
    RegistryError
        If the output folder holds something and is not to be overwritten.
    """
    loaded = load_spec(spec, "generate_project", variables)
    root = loaded.root
    output = output_folder(root)
    with ExitStack() as stack, generated_folder(output, bool(root.scalar("overwrite", False))) as inside:
        opened = open_registry(loaded, registry, stack)
        datasets = _datasets(root, opened)
        named = opened is not None and is_named(loaded, registry)
        where = relative(opened.folder, output) if opened is not None and named else ""
        draft = Draft()
        wishes = ProjectWishes(root["id"].value, where, bool(root.scalar("reuse", True)), _record_files(root, output))
        project_draft(draft, datasets, wishes)
        specs = tuple(output / path for path in draft.write(inside))
    names = ", ".join(path.name for path in specs)
    lines = [f"wrote {shown(output)}: {names}, {counted(len(draft.tables), 'table')}"]
    lines += draft.report([Path(shown(output / SPEC))])
    return Generated(wishes.id, output, specs, tuple(draft.decisions), tuple(draft.notes), tuple(lines))


def _datasets(root: Node, registry: Registry | None) -> list[Dataset]:
    found: list[Dataset] = []
    if "datasets" not in root:
        return found
    for node in root["datasets"]:
        if registry is None:
            raise node.error("no registry is named to look the dataset up in")
        try:
            found.append(registry.dataset(node.value))
        except DsgridError as error:
            raise type(error)([node.problem(one.message) for one in error.problems]) from None
    return found


def _record_files(root: Node, output: Path) -> dict[str, tuple[Dimension, str]]:
    """Return the dimensions that the user has as files; their class is the plain one, which metrics have none of."""
    files: dict[str, tuple[Dimension, str]] = {}
    for type_, node in root["records"].items() if "records" in root else ():
        table = read_table(node)
        require_columns(table, ("id",))
        ids = dict.fromkeys(str(id_) for id_ in table.column("id") if id_)
        records = Records(tuple(Record(id_, id_) for id_ in ids))
        dimension = Dimension(type_, type_, plain_class(type_) or "", records)
        files[type_] = (dimension, relative(node.file(), output))
    return files
