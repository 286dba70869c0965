"""What a configuration file is about, told by what it says and not by how it is called."""

from __future__ import annotations

from typing import Any, Final, Literal

Kind = Literal[
    "project", "dataset", "mappings", "mapping references", "dimensions", "time update", "query", "dataset query",
    "mapping plan", "registration", "subset dimensions", "supplemental dimensions", "requirements",
    "changed requirements", "filter", "settings", "records", "unknown",
]  # fmt: skip

# What dsgrid-toolkit writes itself, and nothing has to be made of, by the keys that are in no other file.
WRITTEN_BY_ITSELF: Final = {
    "completed_operation_names": "a checkpoint of a run that was interrupted",
    "registered_projects": "the journal of a registration that was interrupted",
    "submitted_datasets": "the journal of a registration that was interrupted",
    "data_store_type": "what a registry says about itself",
    "base_dimension_names": "what is kept beside a result",
}
_SETTINGS: Final = frozenset({"database_url", "backend_engine", "thrift_server_url", "use_hive_metastore"})
_LISTS: Final[tuple[tuple[str, Kind], ...]] = (
    ("subset_dimensions", "subset dimensions"),
    ("supplemental_dimensions", "supplemental dimensions"),
    ("dataset_dimension_requirements", "changed requirements"),
    ("references", "mapping references"),
    ("dimensions", "dimensions"),
)
_PLAN: Final = frozenset(
    {"apply_fraction_op", "apply_scaling_factor_op", "convert_units_op", "map_time_op", "keep_intermediate_files"}
)


def recognise(document: dict[str, Any]) -> Kind:
    """Return the kind of a configuration; "unknown" when no command of dsgrid-toolkit reads such a file."""
    if isinstance(document.get("project"), dict) and ("result" in document or "dataset" in document["project"]):
        return "query"
    if "to_dimension_references" in document:
        return "dataset query"
    if "project_id" in document and ("dimensions" in document or "datasets" in document):
        return "project"
    if "dataset_id" in document:
        return _of_dataset(document)
    found = _registration(document)
    if found is not None:
        return found
    for key, kind in _LISTS:
        if isinstance(document.get(key), list):
            return kind
    if isinstance(document.get("mappings"), list):
        return "mappings"
    if "time_type" in document and document.get("type", document.get("dimension_type")) == "time":
        return "time update"
    return "settings" if _SETTINGS & document.keys() else "unknown"


def _of_dataset(document: dict[str, Any]) -> Kind:
    if document.keys() & {"data_layout", "data_schema", "dimensions", "dimension_references", "dataset_type"}:
        return "dataset"
    return "mapping plan" if "mappings" in document or _PLAN & document.keys() else "dataset"


def _registration(document: dict[str, Any]) -> Kind | None:
    """Tell files for several entries apart, whose lists have the same names."""
    entries = [
        (key, entry) for key in ("projects", "datasets", "dataset_submissions") for entry in _objects(document.get(key))
    ]
    if any("config_file" in entry for _, entry in entries) or any(key == "dataset_submissions" for key, _ in entries):
        return "registration"
    if any("dimensions" in entry for _, entry in entries):
        return "filter"
    if any(key == "datasets" and "dataset_id" in entry for key, entry in entries):
        return "requirements"
    return "registration" if "dataset_submissions" in document else None


def _objects(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
