"""The specs of a dataset that is made of a result, with their tables, in a folder that is not yet in its place."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any, Final

from dsgrid.dimensions.gaps import ANY
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import DsgridError, NotFoundError
from dsgrid.operations.derived_contents import Contents
from dsgrid.operations.derived_dimensions import Part
from dsgrid.operations.derived_form import Form
from dsgrid.operations.derived_submission import is_required, submission_table, with_requirement
from dsgrid.operations.derived_table import copy_table, is_readable
from dsgrid.operations.derived_time import DerivedTime
from dsgrid.operations.draft import reference
from dsgrid.operations.generate_dataset import relative
from dsgrid.operations.submit_dataset import build_submission
from dsgrid.registry.composites import expecting
from dsgrid.registry.documents import project_document
from dsgrid.registry.folders import schema_line, schemas_above, write_schemas, write_text
from dsgrid.registry.lineage import run_name
from dsgrid.registry.model import Dataset, Project
from dsgrid.registry.registry import Registry
from dsgrid.registry.spec_tables import SpecTables
from dsgrid.registry.toml import escaped
from dsgrid.spec.load import load_spec
from dsgrid.storage.location import Location
from dsgrid.toml_text import dumps

Document = dict[str, Any]

REGISTER: Final = "register_dataset.toml"
SUBMIT: Final = "submit_dataset.toml"
PROJECT: Final = "project/register_project.toml"
EXPECTED: Final = "expected_associations.csv"


class SpecWriter:
    """Writes the specs of one derived dataset, and their tables."""

    def __init__(
        self,
        form: Form,
        contents: Contents,
        parts: Mapping[str, Part],
        time: DerivedTime,
        registry: Registry,
        inside: Path,
        output: Path,
    ) -> None:
        self._form, self._contents, self._parts, self._time = form, contents, parts, time
        self._registry, self._inside, self._output = registry, inside, output
        self._schemas = schemas_above(output) or write_schemas(inside)
        self._named = relative(registry.folder.absolute(), output)

    def write(self, name: str, document: Document) -> None:
        """Write a spec."""
        # Relative to where it will be.
        line = schema_line(self._output / name, document["job"], self._in_place(self._schemas))
        write_text(self._inside / name, line + dumps(escaped(document)))

    def dataset(self, id_: str, head: Document) -> Document:
        """Return the spec of the dataset, after its tables are written."""
        tables = SpecTables(self._inside)
        return {
            "spec_version": 1,
            "job": "register_dataset",
            "registry": self._named,
            "log_message": f"Register the result of query {self._form.query}",
            "dataset": {"id": id_, "kind": self._kind(), **head},
            "data": self._data(),
            "dimension": {type_: self._dimension(self._parts[type_], tables) for type_ in RECORD_TYPES},
            "time": self._time.table,
        }

    def submission(
        self, dataset: Dataset, project: Project, given: Mapping[str, Any], expected: bool
    ) -> tuple[tuple[str, ...], bool]:
        """Write the spec of the submission, and of the project that expects it; return why not, and if the latter."""
        mapping = submission_table(dataset, project, self._registry, given)
        newest = self._registry.project(project.id).version
        document = {
            "spec_version": 1,
            "job": "submit_dataset",
            "registry": self._named,
            "log_message": f"Submit {dataset.id} to {project.id}",
            "project": project.id if project.version == newest else f"{project.id}@{project.version}",
            "dataset": dataset.id,
            **({"mapping": mapping} if mapping else {}),
        }
        self.write(SUBMIT, document)
        root = load_spec(self._inside / SUBMIT, "submit_dataset").root
        try:
            submission = build_submission(root, expecting(project, dataset.id), dataset, self._registry)
        except DsgridError as error:
            (self._inside / SUBMIT).unlink()
            return tuple(problem.message for problem in error.problems), False
        if expected or is_required(project, dataset.id):
            return (), False
        if project.version != newest:
            (self._inside / SUBMIT).unlink()
            older = f"project {project.id} {project.version} does not expect dataset {dataset.id}"
            return (f"{older}, and only its newest version, {newest}, can come to expect one",), False
        place = self._inside / PROJECT
        tables = SpecTables(place.parent)
        project_spec = project_document(with_requirement(project, submission, dataset), tables)
        project_spec["log_message"] = f"Expect dataset {dataset.id}"
        self.write(
            PROJECT,
            {
                **{key: project_spec.pop(key) for key in ("spec_version", "job")},
                "registry": relative(self._registry.folder.absolute(), self._output / "project"),
                **project_spec,
            },
        )
        return (), True

    def _in_place(self, schemas: Path) -> Path:
        inside = schemas.is_relative_to(self._inside)
        return self._output / schemas.relative_to(self._inside) if inside else schemas

    def _kind(self) -> str:
        kinds = set()
        for one in self._form.result.manifest["datasets"]:
            try:
                kinds.add(self._registry.dataset(one["id"], one["version"]).kind)
            except NotFoundError:
                kinds.add("unspecified")
        return kinds.pop() if len(kinds) == 1 else "unspecified"

    def _data(self) -> Document:
        form = self._form
        if is_readable(form):
            table = relative(_absolute(form.result.path), self._output)
        else:
            copy = self._inside / run_name(form.result.folder)
            table = relative(copy_table(form, self._parts, copy), self._inside)
        ignored = [name for part in self._parts.values() for name in part.ignored]
        ignored += [*self._time.ignored, *(["unit"] if form.has_units else [])]
        columns = {
            part.column: {"dimension": type_}
            for type_, part in self._parts.items()
            if part.column is not None and part.column != type_
        }
        return {
            "table": table,
            **({"pivot": form.pivot.type} if form.pivot is not None else {}),
            **({"ignore": ignored} if ignored else {}),
            **self._expected(),
            **({"columns": columns} if columns else {}),
        }

    def _expected(self) -> Document:
        """Write the combinations that there are, where these are not all."""
        types = [type_ for type_ in RECORD_TYPES if len(self._parts[type_].dimension.records) > 1]
        names = [self._parts[type_].column or type_ for type_ in types]
        if not names:
            return {}
        found = self._contents.combinations.select(names).group_by(names).aggregate([])
        if found.num_rows == prod(len(self._parts[type_].dimension.records) for type_ in types):
            return {}
        rows = [
            [self._id(type_, row[name]) for type_, name in zip(types, names, strict=True)]
            for row in found.sort_by([(name, "ascending") for name in names]).to_pylist()
        ]
        odd = [id_ for row in rows for id_ in row if id_ == ANY]
        if odd:
            raise self._form.error(f'a record has the id "{ANY}", which stands for every id in tables of combinations')
        _write_csv(self._inside / EXPECTED, types, rows)
        return {"expected": [EXPECTED]}

    def _id(self, type_: str, value: Any) -> str:
        ids = self._parts[type_].ids
        return str(value) if ids is None else ids[str(value)]

    def _dimension(self, part: Part, tables: SpecTables) -> Document:
        dimension = part.dimension
        if part.is_registered:
            return {"name": dimension.name, "use": reference(dimension)}
        records = tables.records(dimension)
        described = {"description": dimension.description} if dimension.description else {}
        return {"name": dimension.name, "class": dimension.record_class, "records": records, **described}


def _absolute(path: Location) -> Location:
    return path.absolute() if isinstance(path, Path) else path


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([header, *rows])
    write_text(path, stream.getvalue())
