"""The operation `create_derived_dataset`: the specs that register a published result as a dataset, and submit it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dsgrid.datasets.offenders import counted
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import DsgridError, NotFoundError, listing
from dsgrid.operations.derived_contents import Contents, read_contents
from dsgrid.operations.derived_dimensions import Part, additive, derived_dimensions
from dsgrid.operations.derived_form import Form, named_result, read_form
from dsgrid.operations.derived_specs import EXPECTED, PROJECT, REGISTER, SUBMIT, SpecWriter
from dsgrid.operations.derived_table import refuse_changed
from dsgrid.operations.derived_time import DerivedTime, derived_time
from dsgrid.operations.generate_dataset import output_folder, relative
from dsgrid.operations.generated import Generated
from dsgrid.operations.location import registry_folder
from dsgrid.operations.register_dataset import draft_dataset
from dsgrid.query.result import open_result
from dsgrid.registry.folders import generated_folder
from dsgrid.registry.lineage import Lineage, find_lineage, run_name
from dsgrid.registry.model import Dataset, Project
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec
from dsgrid.spec.node import Node, Source, shown
from dsgrid.storage.location import Location

Document = dict[str, Any]


@dataclass(frozen=True, repr=False)
class Derived(Generated):
    """Specs of a dataset that is made of a published result.

    Parameters
    ----------
    dataset_spec, submission_spec, project_spec
        The specs: that of the dataset; that of its submission, or None where it cannot be said without the user; that
        of the project with what it requires of the dataset, or None where the project expects it already.
    unsaid
        Why there is no spec of a submission.
    lineage
        The run of the query, or why the dataset will not be linked to it.
    """

    dataset_spec: Path
    submission_spec: Path | None
    project_spec: Path | None
    unsaid: tuple[str, ...]
    lineage: Lineage | str


def create_derived_dataset(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | Registry | None = None,
    engine: object = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Derived:
    """Turn a published result into specs that register it as a dataset and submit it, to be run as they are.

    Nothing is registered, and no engine is needed: the table is read once, in pieces.

    Raises
    ------
    DataError
        If no dataset can be made of the result; it says what to change in the query.
    RegistryError
        If the output folder holds something and is not to be overwritten.
    """
    loaded = load_spec(spec, "create_derived_dataset", variables)
    root = loaded.root
    output = output_folder(root)
    given = {}
    for type_, node in root["mapping"].items() if "mapping" in root else ():
        records = {"records": relative(node.file("records"), output)} if isinstance(node.scalar("records"), str) else {}
        given[type_] = {**node.value, **records}
    return derive(
        named_result(root["result"]).folder,
        id=root["id"].value,
        output=output,
        registry=registry if isinstance(registry, Registry) else registry_folder(loaded, registry),
        project=root.scalar("project"),
        description=root.string("description"),
        mapping=given,
        overwrite=bool(root.scalar("overwrite", False)),
        progress=progress,
    )


def derive(
    result_folder: str | Location,
    *,
    id: str,
    output: Path,
    registry: str | Path | Registry,
    project: str | None = None,
    description: str = "",
    mapping: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    expected: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Derived:
    """Write the specs that register a published result as a dataset and submit it; see `create_derived_dataset`.

    Parameters
    ----------
    result_folder
        The folder of a run, that of one of its further results, or that of a query, whose newest result is meant.
    id
        The dataset's id.
    output
        The folder to write.
    registry
        The registry that the query asked, or a copy of it.
    project
        The project to submit to; by default the one that the query asked.
    description
        Of the dataset; by default it says which query made it.
    mapping
        How records reach the project where their ids are not base ids: tables by type as in `submit_dataset`, with
        paths relative to `output`.
    overwrite
        Replace files of the same names in a folder that holds something.
    expected
        Write no spec of the project, even if the project does not say that it expects the dataset.
    """
    say = progress or (lambda _: None)
    form = read_form(open_result(result_folder))
    with ExitStack() as stack:
        opened = registry if isinstance(registry, Registry) else stack.enter_context(Registry.open(registry))
        asked = _asked(form, opened)
        known = next((row["version"] for row in opened.datasets() if row["id"] == id), "")
        submitted = opened.project(project) if project else opened.project(form.project)
        say("comparing the result with its manifest")
        refuse_changed(form)
        say(f"reading {shown(form.result.path)}")
        contents = read_contents(form)
        parts = derived_dimensions(form, contents, asked, submitted, opened.dimension)
        time = derived_time(form, contents, asked, additive(parts), id)
        with generated_folder(output, overwrite) as inside:
            writer = SpecWriter(form, contents, parts, time, opened, inside, output)
            head = {"description": description or _described(form)}
            document = writer.dataset(id, head)
            writer.write(REGISTER, document)
            dataset = _drafted(inside / REGISTER, opened, new=not known)
            unsaid, with_project = writer.submission(dataset, submitted, mapping or {}, expected)
            lineage = _lineage(inside, output, document, opened)
            written = {path.relative_to(inside).as_posix() for path in inside.rglob("*")}
        for name in {SUBMIT, PROJECT, EXPECTED} - written:
            # Of an earlier result: it would not fit this one.
            (output / name).unlink(missing_ok=True)
    specs = [output / REGISTER]
    specs += [output / PROJECT] if with_project else []
    specs += [] if unsaid else [output / SUBMIT]
    notes = tuple(_notes(form, lineage, project, submitted, f"{id}@{known}" if known else ""))
    return Derived(
        id=id,
        folder=output,
        specs=tuple(specs),
        decisions=(),
        notes=notes,
        lines=tuple(_lines(form, id, output, specs, parts, time, contents, unsaid, notes, known)),
        dataset_spec=output / REGISTER,
        submission_spec=None if unsaid else output / SUBMIT,
        project_spec=output / PROJECT if with_project else None,
        unsaid=unsaid,
        lineage=lineage,
    )


def _asked(form: Form, registry: Registry) -> Project:
    try:
        return registry.project(form.project, form.version)
    except NotFoundError as error:
        raise form.error(
            f"the registry {registry.folder} has no project {form.project} {form.version}, which the query asked; name "
            f"the registry that the result was made with, or a copy of it ({error.problems[0].message})"
        ) from None


def _drafted(spec: Path, registry: Registry, new: bool) -> Dataset:
    """Return the dataset that the spec defines, by the checks that registering it makes before it reads data."""
    try:
        return draft_dataset(load_spec(spec, "register_dataset").root, registry, new=new)
    except DsgridError as error:
        # The spec is not yet where it will be.
        raise type(error)([replace(each, where="") for each in error.problems]) from None


def _described(form: Form) -> str:
    document = form.result.manifest
    read = ", ".join(dict.fromkeys(f"{one['id']}@{one['version']}" for one in document["datasets"]))
    return f"The result of query {form.query} on {document['project']}, which read {read}"


def _lineage(inside: Path, output: Path, document: Document, registry: Registry) -> Lineage | str:
    """Return the run that the table comes from, or why the registry will not know of it."""
    # As the spec will be read: with a fence it may name its table by a root.
    source = Source(inside / REGISTER, "", inside)
    table = Node(document["data"]["table"], ("data", "table"), source).resolve(to_read=True)
    found = find_lineage(table)
    if not isinstance(found, Lineage):
        return found or f"{shown(table)} lies beside no manifest"
    missing = registry.missing_sources(found)
    if missing:
        return f"the registry does not hold what query {found.query} read: {listing([str(each) for each in missing])}"
    return found


# What is told --------------------------------------------------------------------------------------------------------


def _notes(form: Form, lineage: Lineage | str, project: str | None, submitted: Project, known: str) -> list[str]:
    notes = []
    if known:
        notes.append(f"{known} is registered; the specs are for its next version (`dsgrid plan` shows what changes)")
    if isinstance(lineage, str):
        notes.append(f"the dataset will not be linked to the query: {lineage}")
    if not project and submitted.version != form.version:
        notes.append(
            f"the query asked {form.project} {form.version}; the specs are for its newest version, {submitted.version}"
        )
    if "value" in form.filters:
        notes.append("the query filtered values, so what it left out is missing in the dataset, too")
    return notes


def _lines(
    form: Form,
    id_: str,
    output: Path,
    specs: list[Path],
    parts: Mapping[str, Part],
    time: DerivedTime,
    contents: Contents,
    unsaid: tuple[str, ...],
    notes: tuple[str, ...],
    known: str,
) -> list[str]:
    lines = [
        f"wrote {shown(output)}: {', '.join(path.relative_to(output).as_posix() for path in specs)}",
        f"  {id_}: the result of query {form.query} ({run_name(form.result.folder)}), "
        f"{counted(contents.combinations.num_rows, 'combination')}",
    ]
    lines += [f"  {type_.ljust(13)} {parts[type_].said()}" for type_ in RECORD_TYPES]
    lines.append(f"  {'time'.ljust(13)} {time.said}")
    lines += [f"  note: {note}" for note in notes]
    if unsaid:
        lines.append("no spec of a submission, because only you can say:")
        lines += [f"  {reason}" for reason in unsaid]
        lines.append("give that in [mapping] of a create_derived_dataset spec, or write submit_dataset.toml")
    lines.append("next:")
    commands = {PROJECT: "apply {}", REGISTER: "apply {} --allow major" if known else "run {}", SUBMIT: "run {}"}
    lines += [f"  dsgrid {commands[path.relative_to(output).as_posix()].format(shown(path))}" for path in specs]
    return lines
