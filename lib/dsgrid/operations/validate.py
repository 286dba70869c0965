"""The operation `validate`: everything that can be said of a spec before it runs, without an engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dsgrid.errors import DsgridError, NotFoundError, Problem, UsageError
from dsgrid.operations.location import registry_folder
from dsgrid.operations.reported import Reported
from dsgrid.registry.moments import At
from dsgrid.registry.proposal import Remark
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node
from dsgrid.storage.location import Location


@dataclass(frozen=True, repr=False)
class Validated(Reported):
    """A spec that is right, as far as can be told without running it.

    Parameters
    ----------
    against_registry
        Whether its names were looked up in a registry, too; without one only the files were checked.
    remarks
        What else there is to know.
    """

    spec: Spec
    against_registry: bool
    remarks: tuple[Remark | str, ...] = ()

    def report(self) -> str:
        """Return what to tell the user."""
        note = "" if self.against_registry else " (no registry to look names up in yet)"
        return "\n".join([f"{self.spec.path or 'spec'}: ok{note}", *(f"  {remark}" for remark in self.remarks)])


def validate(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | Registry | None = None,
    variables: Mapping[str, str] | None = None,
) -> Validated:
    """Check a spec: syntax, schema, the files that it names and their records, and names in the registry if it exists.

    Raises
    ------
    DsgridError
        With all problems of the spec, as the job itself would raise them.
    """
    loaded = load_spec(spec, None, variables)
    if loaded.job == "bulk":
        from dsgrid.operations.bulk import check_bulk

        _, told = check_bulk(loaded, registry.folder if isinstance(registry, Registry) else registry)
        return Validated(loaded, True, told)
    opened = _registry(loaded, registry)
    try:
        remarks = _CHECKS[loaded.job](loaded, opened) or ()
    finally:
        if opened is not None:
            opened.close()
    return Validated(loaded, opened is not None, remarks)


def _registry(spec: Spec, registry: str | Path | Registry | None) -> Registry | None:
    """Return the registry if there is one: a spec may well be checked before its registry is made."""
    try:
        opened = Registry.open(registry_folder(spec, registry))
    except (NotFoundError, UsageError):
        if registry is not None:
            raise
        return None
    at = _at(spec)
    if at is None:
        return opened
    opened.close()
    return Registry.open(opened.folder, at=at)


def _at(spec: Spec) -> At | None:
    """Return the moment whose registry a query asks; every other job works on the registry as it is."""
    from dsgrid.operations.asking import ASKING, read_asked

    return read_asked(spec).at if spec.job in ASKING else None


def _check_nothing(_spec: Spec, _registry: Registry | None) -> None:
    """The schema has said it all."""


def _check_project(spec: Spec, registry: Registry | None) -> None:
    from dsgrid.operations.register_project import build_project

    build_project(spec.root, registry)


def _check_dataset(spec: Spec, registry: Registry | None) -> None:
    from dsgrid.operations.register_dataset import load_dimensions

    problems = absent_files(spec.root["data"])
    try:
        load_dimensions(spec.root, registry)
    except DsgridError as error:
        raise type(error)([*problems, *error.problems]) from None
    if problems:
        raise NotFoundError(problems)


def absent_files(data: Node) -> list[Problem]:
    """Return the problems of the files that a ``[data]`` table names and that do not exist."""
    named = [data, *(data[key] for key in ("missing", "expected") if key in data)]
    return [problem for node in named for problem in _absent(node)]


def _absent(node: Node) -> list[Problem]:
    if isinstance(node.value, list):
        files: list[Callable[[], Location]] = [child.file for child in node]
    else:
        files = [node[key].file for key in ("table", "lookup") if key in node]
    problems: list[Problem] = []
    for file in files:
        try:
            file()
        except NotFoundError as error:
            problems.extend(error.problems)
    return problems


def _check_new_submitted(spec: Spec, registry: Registry | None) -> tuple[Remark, ...]:
    from dsgrid.operations.register_and_submit_dataset import draft_submission
    from dsgrid.operations.register_dataset import draft_dataset
    from dsgrid.operations.told_losses import told

    _check_dataset(spec, registry)
    if registry is None:
        _check_mappings(spec.root["submission"])
        return ()
    draft = draft_dataset(spec.root, registry)
    return told(spec.root["submission"], draft, draft_submission(spec.root, draft, registry), registry)


def _check_dimensions(spec: Spec, _registry: Registry | None) -> None:
    from dsgrid.operations.register_dimensions import build_dimensions

    build_dimensions(spec.root)


def _check_owned_mappings(spec: Spec, registry: Registry | None) -> None:
    from dsgrid.operations.register_mappings import build_mappings

    if registry is not None:
        build_mappings(spec.root, registry)
    else:
        _check_mappings(spec.root)


def _check_mappings(node: Node) -> None:
    """Check the tables of a ``mapping`` table, without what they map."""
    from dsgrid.dimensions.load import load_mapping

    tables = node.get("mapping")
    for _, table in tables.items() if tables is not None else ():
        if "records" in table:
            load_mapping(table)


def _check_submission(spec: Spec, registry: Registry | None) -> tuple[Remark, ...]:
    from dsgrid.operations.submit_dataset import read_and_build
    from dsgrid.operations.told_losses import told

    if registry is None:
        _check_mappings(spec.root)
        return ()
    return told(spec.root, *read_and_build(spec.root, registry), registry)


def _check_query(spec: Spec, registry: Registry | None) -> None:
    from dsgrid.operations.asking import inputs_of, plans_of, read_asked

    asked = read_asked(spec)
    if registry is not None:
        plans_of(asked, inputs_of(asked, registry), registry)


def _check_dataset_query(spec: Spec, registry: Registry | None) -> tuple[Remark, ...]:
    from dsgrid.operations.asking import inputs_of, plans_of, read_asked
    from dsgrid.operations.dataset_inputs import told_of

    asked = read_asked(spec)
    if registry is None:
        return ()
    inputs = inputs_of(asked, registry)
    plans_of(asked, inputs, registry)
    return told_of(inputs, registry)


def _check_mapped(spec: Spec, registry: Registry | None) -> None:
    from dsgrid.operations.map_dataset import refuse_registered

    if registry is not None:
        refuse_registered(spec.root, registry)
    _check_query(spec, registry)


def _check_removal(spec: Spec, registry: Registry | None) -> None:
    from dsgrid.operations.remove import removal_of

    if registry is not None:
        removal_of(spec.root, registry)


def _check_dump(spec: Spec, registry: Registry | None) -> None:
    from dsgrid.operations.dump import refuse_references

    if registry is None:
        return
    if "ids" not in spec.root:
        refuse_references(spec.root, registry)
        return
    for node in spec.root["ids"]:
        try:
            registry.kind(node.value)
        except DsgridError as error:
            raise type(error)([node.problem(one.message) for one in error.problems]) from None
    refuse_references(spec.root, registry)


def _check_copy(spec: Spec, registry: Registry | None) -> None:
    from dsgrid.operations.copy_registry import check_ids

    if registry is not None:
        check_ids(spec.root, registry)


def _check_filter(spec: Spec, registry: Registry | None) -> None:
    from dsgrid.operations.filter_registry import choose

    if registry is not None:
        choose(spec.root, registry)


def _check_recheck(spec: Spec, registry: Registry | None) -> None:
    from dsgrid.operations.check_dataset import named_dataset

    if registry is not None:
        named_dataset(spec, registry)


def _check_result(spec: Spec, registry: Registry | None) -> None:
    from dsgrid.operations.derived_form import named_result, read_form

    form = read_form(named_result(spec.root["result"]))
    if registry is not None:
        registry.project(form.project, form.version)


def _check_import_of_registry(spec: Spec, _registry: Registry | None) -> None:
    from dsgrid.operations.import_registry import read_source

    read_source(spec.root)


def _check_export(spec: Spec, _registry: Registry | None) -> None:
    from dsgrid.operations.export_result import planned_export

    planned_export(spec.root)


def _check_generation(spec: Spec, registry: Registry | None) -> None:
    problems: list[Any] = []
    root = spec.root
    files = [root["records"][type_] for type_ in root.scalar("records", {})]
    checks: list[tuple[Node, Callable[[], object]]] = [
        (node, node.file) for node in (*(root[key] for key in ("table", "lookup") if key in root), *files)
    ]
    if registry is not None:
        if "project" in root:
            checks.append((root["project"], lambda: registry.project(root["project"].value)))
        if "datasets" in root:
            checks += [(node, lambda node=node: registry.dataset(node.value)) for node in root["datasets"]]  # type: ignore[misc]
    for node, check in checks:
        try:
            check()
        except NotFoundError as error:
            problems.extend(replace(one, where=node.where, key=node.key) for one in error.problems)
    if problems:
        raise NotFoundError(problems)


def _check_import(spec: Spec, _registry: Registry | None) -> None:
    from dsgrid.operations.import_project import check_places

    check_places(spec.root)


_CHECKS: dict[str, Callable[[Spec, Registry | None], tuple[Remark, ...] | None]] = {
    "create_registry": _check_nothing,
    "register_project": _check_project,
    "register_dataset": _check_dataset,
    "submit_dataset": _check_submission,
    "register_and_submit_dataset": _check_new_submitted,
    "register_dimensions": _check_dimensions,
    "register_mappings": _check_owned_mappings,
    "query": _check_query,
    "query_dataset": _check_dataset_query,
    "map_dataset": _check_mapped,
    **dict.fromkeys(("create_derived_dataset", "register_composite"), _check_result),
    "export_result": _check_export,
    "remove": _check_removal,
    "dump": _check_dump,
    "generate_dataset": _check_generation,
    "generate_project": _check_generation,
    "check_registry": _check_nothing,
    "check_dataset": _check_recheck,
    "copy_registry": _check_copy,
    "filter_registry": _check_filter,
    "import_project": _check_import,
    "import_registry": _check_import_of_registry,
}
