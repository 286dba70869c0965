"""A project or a dataset as a spec with its tables, which registers again to the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dsgrid.dimensions.automatic import automatic_supplementals
from dsgrid.dimensions.dimension import Dimension, Supplemental
from dsgrid.errors import RegistryError, SpecError, UsageError
from dsgrid.registry.model import Coverage, Dataset, Project, Submission
from dsgrid.registry.publish import MANIFEST
from dsgrid.registry.registry import Registry
from dsgrid.registry.spec_tables import SpecTables
from dsgrid.registry.toml import dumps
from dsgrid.time.dimension import DatetimeTime

Document = dict[str, Any]
UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "min": timedelta(minutes=1), "s": timedelta(seconds=1)}


def dump(registry: Registry, reference: str, folder: str | Path) -> tuple[Path, ...]:
    """Write the spec of a project or dataset and its tables into an empty folder; return the specs.

    A dataset comes with a spec for each of its submissions. Its data are not copied: the spec names the files in the
    registry's data folder, so register it again while they are there.

    Parameters
    ----------
    reference
        ``id`` or ``id@version`` of a project or a dataset.
    folder
        Made when it is absent.

    Raises
    ------
    RegistryError
        The folder holds something already.
    """
    folder = Path(folder)
    kind = registry.kind(reference)
    if kind not in ("project", "dataset"):
        raise UsageError(f"{reference} is a {kind}; what is dumped is a project or a dataset, with all its parts")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RegistryError(f"{folder} is not empty; a dump goes to a folder of its own")
    folder.mkdir(parents=True, exist_ok=True)
    tables = SpecTables(folder)
    if kind == "project":
        documents = {"project": project_document(registry.project(reference), tables)}
    else:
        dataset = registry.dataset(reference)
        documents = {"dataset": dataset_document(dataset, registry.data_folder(dataset).absolute(), tables)}
        for row in registry.submissions(all_versions=True):
            if (row["dataset_id"], row["dataset_version"], row["status"]) == (dataset.id, dataset.version, "accepted"):
                submission = registry.submission(
                    row["project_id"], dataset.id, row["project_version"], dataset_version=dataset.version
                )
                # The newest project version comes last and stays.
                documents[f"submit_to_{row['project_id']}"] = submission_document(submission, dataset, tables)
    paths = {folder / f"{name}.toml": document for name, document in documents.items()}
    for path, document in paths.items():
        path.write_text(dumps(document), "utf-8")
    return tuple(paths)


def project_document(project: Project, tables: SpecTables) -> Document:
    """Return the spec of a project and write its tables."""
    base = {dimension.name: dimension for dimension in project.base}
    automatic = _automatic(project)
    names = {supplemental.dimension.name for supplemental in automatic}
    return {
        **_head("register_project", f"Register project {project.id} {project.version} again"),
        "project": {"id": project.id, "name": project.name, **_described(project)},
        "time": _time(project.time),
        "base": {
            dimension.name: {"type": dimension.type, **_dimension(dimension, project.id, tables)}
            for dimension in project.base
        },
        "supplemental": {
            each.dimension.name: {
                "of": each.of,
                "class": each.dimension.record_class,
                "records": tables.records(each.dimension),
                "mapping": tables.mapping(each.mapping, f"{each.of}_to_{each.dimension.name}"),
                **_described(each.dimension),
            }
            for each in project.supplemental
            if each not in automatic
        },
        "subset": {
            subset.name: {
                "of": subset.of,
                **_described(subset),
                **(_class_of(project, subset.name) if subset.name in names else {"supplemental": False}),
                "selectors": tables.selectors(subset, base[subset.of]),
                **_only(
                    attributes={
                        selector.name: dict(selector.attributes) for selector in subset.selectors if selector.attributes
                    }
                ),
            }
            for subset in project.subsets
        },
        "requires": {
            each.dataset_id: {
                **_coverage(each.single),
                **_only(together=[_coverage(coverage) for coverage in each.together]),
            }
            for each in project.requirements
        },
    }


def dataset_document(dataset: Dataset, data: Path, tables: SpecTables) -> Document:
    """Return the spec of a dataset and write its tables; `data` is the folder of its published files."""
    layout = dataset.layout
    files = {
        role: [str(data / file.path) for file in dataset.files if file.role == role] for role in ("lookup", "missing")
    }
    metadata = {key: value for key, value in dataset.metadata.items() if value not in ("", [], {})}
    return {
        **_head("register_dataset", f"Register dataset {dataset.id} {dataset.version} again"),
        "dataset": {"id": dataset.id, "kind": dataset.kind, **_described(dataset), **metadata},
        # The files as the registry keeps them: columns are named by their dimension type, labels are instants.
        "data": {
            "table": str(data / "facts"),
            **_only(lookup="".join(files["lookup"][:1]), pivot=layout.pivot or "", missing=files["missing"]),
            **_precision(dataset, data),
        },
        "dimension": {
            type_: {"name": dimension.name, **_dimension(dimension, dataset.id, tables)}
            for type_, dimension in dataset.dimensions.items()
        },
        "time": {
            **_time(dataset.time),
            "column": layout.time_column,
            **_only(labels="instants" if dataset.time.labels else ""),
        },
    }


def submission_document(submission: Submission, dataset: Dataset, tables: SpecTables) -> Document:
    """Return the spec of a submission and write its mappings."""
    return {
        **_head("submit_dataset", f"Submit {submission.dataset_id} to {submission.project_id} again"),
        "project": submission.project_id,
        "dataset": submission.dataset_id,
        **_only(wrap_time=submission.wrap_time),
        "mapping": {
            type_: dict(
                tables.mapping(
                    target.mapping,
                    f"{submission.project_id}_{dataset.dimensions[type_].name}_to_{target.base}",
                    target.base,
                )
            )
            for type_, target in submission.mappings.items()
            if target.mapping is not None
        },
    }


def _head(job: str, log_message: str) -> Document:
    return {"spec_version": 1, "job": job, "log_message": log_message}


def _described(value: Any) -> Document:
    return {"description": value.description} if value.description else {}


def _only(**values: Any) -> Document:
    return {key: value for key, value in values.items() if value}


def _dimension(dimension: Dimension, owner: str, tables: SpecTables) -> Document:
    if dimension.id != f"{owner}/{dimension.name}":
        return {"use": f"{dimension.id}@{dimension.version}"}
    return {"class": dimension.record_class, "records": tables.records(dimension), **_described(dimension)}


def shown_step(step: timedelta) -> str:
    """Return a step as specs write it, such as ``1h``; one that no spec can say as Python does."""
    unit = next((unit for unit, length in UNITS.items() if not step % length), None)
    return f"{step // UNITS[unit]}{unit}" if unit else str(step)


def _time(time: DatetimeTime) -> Document:
    if time.step % UNITS["s"]:
        raise RegistryError(f"time dimension {time.name} has a step of {time.step}, which no spec can say")
    return {
        "kind": time.kind,
        "name": time.name,
        **_described(time),
        "start": _moment(time.start),
        "end": _moment(time.end),
        "step": shown_step(time.step),
        "zone": time.zone,
        "interval": time.interval,
        "measurement": time.measurement,
    }


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S" if moment.second else "%Y-%m-%d %H:%M")


def _coverage(coverage: Coverage) -> Mapping[str, list[str]]:
    return {type_: list(ids) for type_, ids in coverage.ids.items()}


def _automatic(project: Project) -> tuple[Supplemental, ...]:
    """Return the supplemental dimensions that registering the project again adds by itself."""
    registered = {each.dimension.name: each for each in project.supplemental}
    made: list[Supplemental] = list(automatic_supplementals(project.base))
    for subset in project.subsets:
        wanted = registered.get(subset.name)
        if wanted is not None:
            try:
                selection = [(subset, True, wanted.dimension.record_class)]
                made += automatic_supplementals(project.base, selection)[len(automatic_supplementals(project.base)) :]
            except SpecError:
                continue  # the project's own, of another make
    found = (registered.get(each.dimension.name) for each in made)
    return tuple(old for old, new in zip(found, made, strict=True) if old is not None and _unregistered(old) == new)


def _unregistered(supplemental: Supplemental) -> Supplemental:
    return replace(
        supplemental,
        dimension=replace(supplemental.dimension, id="", version=""),
        mapping=replace(supplemental.mapping, id="", version=""),
    )


def _class_of(project: Project, name: str) -> Document:
    supplemental = next(each for each in project.supplemental if each.dimension.name == name)
    return {"class": supplemental.dimension.record_class}


def _precision(dataset: Dataset, data: Path) -> Document:
    """Facts of 32 bits stay so; asked of the files, when they are there."""
    facts = [data / file.path for file in dataset.files if file.role == "facts"]
    if not facts or not (data / MANIFEST).exists():
        return {}
    import pyarrow as pa
    import pyarrow.parquet as pq

    single = any(pa.types.is_float32(field.type) for field in pq.read_schema(facts[0]))
    return {"precision": "float32"} if single else {}
