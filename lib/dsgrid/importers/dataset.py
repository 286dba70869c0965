"""``dataset.json5`` as the spec of `register_dataset`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from dsgrid.dimensions.additivity import GROWTH
from dsgrid.errors import did_you_mean
from dsgrid.importers.adjustments import adjustments, listed_dataset
from dsgrid.importers.dimensions import FORMER_TYPES, dimension_table, name_of, record_ids, type_of
from dsgrid.importers.document import Entry
from dsgrid.importers.layout import data_table, text_columns
from dsgrid.importers.metadata import DATASET_KEYS, dataset_metadata, is_growth
from dsgrid.importers.references import Names, referenced_name
from dsgrid.importers.times import Owner, referenced_time, time_table
from dsgrid.importers.translation import Remarks, Translation, gathering, without_empty
from dsgrid.time.dimension import GEOGRAPHY, PROJECT_GEOGRAPHY

_KNOWN: Final = (
    "dataset_id", "dataset_type", "data_layout", "data_schema", "description", "enable_unit_conversion",
    "use_project_geography_time_zone", "dimensions", "dimension_references", "trivial_dimensions", "version", "id",
    "data_schema_type",
)  # fmt: skip
_KINDS: Final = ("modeled", "historical", "benchmark", "unspecified")
# Types of earlier years.
_FORMER_KINDS: Final = {"sector_model": "modeled"}


@gathering
def dataset(
    remarks: Remarks,
    document: Entry,
    data_folder: Path | None = None,
    names: Names | None = None,
    project: Entry | None = None,
) -> Translation:
    """Translate a dataset's configuration.

    Parameters
    ----------
    data_folder
        Where relative paths of data files start; the configuration's own folder when None.
    names
        The names of registered dimensions by their id, for references that only give an id.
    project
        The configuration of its project, whose adjustments say what the numbers of an index count.
    """
    remarks.unknown(document, (*_KNOWN, *DATASET_KEYS))
    if not document.flag("enable_unit_conversion", default=True):
        message = "the fractions of the metric mapping convert units; they are divided by what our conversion does"
        remarks.say("changed", document["enable_unit_conversion"], message, "dimension", "metric")
    spec = {
        "dataset": _about(document, remarks.within("dataset")),
        "data": data_table(document, data_folder, remarks.within("data")),
        "dimension": _dimensions(document, names, remarks),
        "time": _time(document, names, project, remarks.within("time")),
    }
    return remarks.finish("register_dataset", without_empty(spec))


def _about(document: Entry, remarks: Remarks) -> dict[str, Any]:
    return without_empty(
        {
            "id": document["dataset_id"].text_value,
            "kind": _kind(document, remarks),
            "description": document.text("description"),
            **dataset_metadata(document, remarks),
        }
    )


def _kind(document: Entry, remarks: Remarks) -> str:
    found = document.get("dataset_type")
    if found is None:
        remarks.say("defaulted", document, 'no dataset_type is given; kind = "unspecified"', "kind")
        return "unspecified"
    named = found.text_value
    if named in _FORMER_KINDS:
        remarks.say("renamed", found, f'the type "{named}" is "{_FORMER_KINDS[named]}"', "kind")
        return _FORMER_KINDS[named]
    if named not in _KINDS:
        raise found.error(f'there is no type of datasets "{named}"{did_you_mean(named, _KINDS)}')
    return named


def _dimensions(document: Entry, names: Names | None, remarks: Remarks) -> dict[str, Any]:
    tables: dict[str, Any] = {}
    for entry in document.entries("dimensions"):
        type_ = type_of(entry)
        if type_ in FORMER_TYPES:
            remarks.say("dropped", entry, f'"{type_}" is no type of dimension')
        elif type_ != "time":
            if type_ in tables:
                remarks.wrong(entry, f"there are two dimensions of the type {type_}")
            about = remarks.within("dimension", type_)
            tables[type_] = {"name": name_of(entry), **dimension_table(entry, about)}
            if type_ == "metric" and is_growth(document) and tables[type_]["class"] != GROWTH:
                # Which units are convertible and what may be summed goes by the class.
                remarks.say(
                    "changed", entry, f'the values are rates of growth; class = "{GROWTH}"', "dimension", type_, "class"
                )
                tables[type_]["class"] = GROWTH
    for entry in document.entries("dimension_references"):
        type_ = type_of(entry)
        about = remarks.within("dimension", type_)
        found = None if type_ in ("time", *FORMER_TYPES) else referenced_name(entry, names, about)
        if type_ in FORMER_TYPES:
            remarks.say("dropped", entry, f'"{type_}" is no type of dimension')
        if found and type_ in tables:
            remarks.wrong(entry, f"there are two dimensions of the type {type_}")
        if found:
            tables[type_] = {"use": found}
    for entry in document.entries("trivial_dimensions"):
        # A dimension with one record and no column is trivial; that needs no word.
        trivial = entry.text_value
        if trivial in FORMER_TYPES:
            remarks.say("dropped", entry, f'"{trivial}" is no type of dimension')
        elif trivial not in tables:
            hint = did_you_mean(trivial, tables)
            remarks.wrong(entry, f'the dataset has no dimension of the type "{trivial}"{hint}')
    return tables


def _time(document: Entry, names: Names | None, project: Entry | None, remarks: Remarks) -> dict[str, Any]:
    own = [entry for entry in document.entries("dimensions") if type_of(entry) == "time"]
    referenced = [entry for entry in document.entries("dimension_references") if type_of(entry) == "time"]
    if len(own) + len(referenced) != 1:
        place = document.get("dimensions") or document
        remarks.wrong(place, f"a dataset has one time dimension, but here are {len(own) + len(referenced)}")
    if own:
        return time_table(own[0], remarks, _owner(document, project))
    return referenced_time(referenced[0], names, remarks, text_columns(document)) if referenced else {}


def _owner(document: Entry, project: Entry | None) -> Owner:
    of_project = document.flag("use_project_geography_time_zone")
    listed = None if project is None else listed_dataset(project, document["dataset_id"].text_value)
    return Owner(
        text_columns(document),
        PROJECT_GEOGRAPHY if of_project else GEOGRAPHY,
        _model_years(document),
        document.text("dataset_type") == "historical",
        None if listed is None else adjustments(listed),
    )


def _model_years(document: Entry) -> frozenset[str]:
    """Return the ids of the dataset's model years; none where its records are registered elsewhere."""
    for entry in document.entries("dimensions"):
        if type_of(entry) == "model_year":
            return frozenset(record_ids(entry))
    return frozenset()
