"""Records, dimensions and mappings, as the specs of several jobs write them."""

from __future__ import annotations

from typing import Final

from dsgrid.spec.patterns import COLUMN, DIMENSION_REFERENCE, FILLED, MAPPING_REFERENCE, NAME
from dsgrid.spec.schemas.fragments import (
    Schema,
    alone,
    array,
    choice,
    exactly_one,
    exclude,
    ref,
    table,
    tables_by_name,
    text,
)
from dsgrid.spec.schemas.words import CELL_TYPES, CLASSES, MAPPING_KINDS, RECORD_TYPES


def record_type(title: str, description: str, **more: object) -> Schema:
    """Return one of the seven dimension types that have records."""
    return choice(title, description, RECORD_TYPES, **{"examples": ["geography"], **more})


def record_class(type_: str | None = None) -> Schema:
    """Return the class of records, of one dimension type or of all."""
    names = CLASSES[type_] if type_ else tuple(name for classes in CLASSES.values() for name in classes)
    return choice(
        "Class of the records",
        "What the records are, which says what columns they need: counties may have a `state` and a `time_zone`, "
        "metrics have a `unit`. By default the plain class with the type's own name; metrics have no plain class.",
        names,
        examples=[names[-1] if type_ != "metric" else "energy_end_use"] if type_ else ["county"],
    )


def description(of: str, example: str) -> Schema:
    """Return a free text about something."""
    return text("Description", f"Free text about the {of}.", default="", examples=[example])


def use(what: str) -> Schema:
    """Return a reference to a registered dimension, in place of records."""
    return text(
        "Registered dimension",
        f"A dimension that the registry holds already, by its name or its id, to be used as {what} instead of "
        "`records`. `@1` or `@1.2.0` fixes the version; without it the newest one is taken.",
        DIMENSION_REFERENCE,
        examples=["model_year@1"],
    )


def use_mapping() -> Schema:
    """Return a reference to a registered mapping, in place of records."""
    return text(
        "Registered mapping",
        "A mapping that the registry holds already, by its id, instead of `kind` and `records`. `@1` or `@1.2.0` fixes "
        "the version; without it the newest one is taken. The dimensions that it maps have to be the ones here, in the "
        "same versions.",
        MAPPING_REFERENCE,
        examples=["census_2020/county_to_state@1"],
    )


_CELL: Schema = {
    "title": "Cell",
    "description": "The value of a column: a text, a number, or true or false. Ids are always texts, in quotes.",
    "type": ["string", "number", "boolean"],
    "examples": ["Colorado"],
}

_ID = text(
    "Id",
    "The record's id, as it stands in the data: always a text, with its leading zeros.",
    FILLED,
    examples=["06037"],
)

RECORD = table(
    "Record",
    "A record written in place. Further keys are further columns.",
    {
        "id": _ID,
        "name": text("Name", "What tables and charts show; the id when there is none.", examples=["Los Angeles"]),
    },
    ("id",),
    patternProperties={COLUMN.pattern: _CELL},
)

RECORDS: Schema = {
    "title": "Records",
    "description": "The table of records: the path of a CSV or Parquet file with the columns `id`, `name` and those of "
    "the class, relative to this file; or, for a handful, an array of tables `{ id = ..., name = ... }`. Further "
    "columns are kept, and queries can filter on them.",
    "anyOf": [
        {"type": "string", "pattern": FILLED.pattern},
        {"type": "array", "items": ref("record"), "minItems": 1},
    ],
    "examples": ["dimensions/counties.csv", [{"id": "com", "name": "Commercial"}]],
}

TYPES: Schema = tables_by_name(
    "Types of columns",
    "What the cells of columns of `records` are, keyed by column. Cells of CSV files are texts where nothing else is said; "
    "the columns of the class are known.",
    COLUMN,
    choice("Type", "What the cells of the column are.", CELL_TYPES, examples=["int"]),
    examples=[{"population": "int", "coastal": "bool"}],
)

ASSOCIATION = table(
    "Association",
    "`from` contributes `fraction` of its value to `to`.",
    {
        "from": text("From", "The id of a record of the dimension that is mapped.", FILLED, examples=["06037"]),
        "to": text(
            "To",
            "The id of a record of the dimension that is mapped to. Left out, `from` is dropped on purpose.",
            default="",
            examples=["CA"],
        ),
        "fraction": {
            "title": "Fraction",
            "description": "The factor that values are multiplied with. 0 is an association, too: it yields 0.",
            "type": "number",
            "default": 1,
            "examples": [0.25],
        },
    },
    ("from",),
)

MAPPING_RECORDS: Schema = {
    "title": "Records of the mapping",
    "description": "The associations: the path of a CSV or Parquet file with the columns `from`, `to` and, where they "
    "differ from 1, `fraction` (the headers `from_id`, `to_id`, `from_fraction` are read as well), relative to this "
    "file; or an array of tables `{ from = ..., to = ... }`. A blank `to` drops a record on purpose.",
    "anyOf": [
        {"type": "string", "pattern": FILLED.pattern},
        {"type": "array", "items": ref("association"), "minItems": 1},
    ],
    "examples": ["mappings/county_to_state.csv", [{"from": "reference", "to": "high_growth"}]],
}

MAPPING_KEYS: Final[dict[str, Schema]] = {
    "kind": choice(
        "Kind",
        "What the mapping is for, which says what is checked: whether ids may repeat and which fractions sum to 1. The "
        "arithmetic is the same for all kinds.",
        MAPPING_KINDS,
        examples=["many_to_one_aggregation"],
    ),
    "records": MAPPING_RECORDS,
    "description": description("mapping", "Shares of households in 2018"),
    "tolerance": {
        "title": "Tolerance",
        "description": "How far a sum of fractions may be from 1.",
        "type": "number",
        "minimum": 0,
        "default": 1e-6,
        "examples": [1e-4],
    },
}

_OF_RECORDS: Final = {"records": ["kind"], "tolerance": ["records"], "description": ["records"]}

MAPPING = table(
    "Mapping",
    "How the records of one dimension become those of another: its own `kind` and `records`, or a registered mapping by "
    "`use`.",
    {**MAPPING_KEYS, "use": use_mapping()},
    dependencies={"kind": ["records"], **_OF_RECORDS},
    **exactly_one("records", "use"),
)

MAPPING_TO_BASE = table(
    "Mapping to a base dimension",
    "How the dataset's records of this type become the project's: by its own `kind` and `records`, or by what is "
    "registered: one mapping that is named by `use`, a chain of several that is looked for with `find`, or the reverse "
    "of how a supplemental dimension is made with `reverse_of`.",
    {
        "to": text(
            "Base dimension",
            "The project's base dimension that is mapped to. Needed only where the project has several of this type; "
            "alone, where the dataset's ids are ids of it.",
            NAME,
            examples=["end_use"],
        ),
        **MAPPING_KEYS,
        "use": use_mapping(),
        "find": {
            "title": "Find registered mappings",
            "description": "Look for registered mappings that lead, one after the other, from the dataset's dimension to "
            "the base dimension, and register what they make together. The dataset's dimension has to be a registered "
            "one that it `use`s. It has to be asked for, because others can register mappings that change what is "
            "found; several chains that differ in what they do are refused.",
            "type": "boolean",
            "enum": [True],
            "examples": [True],
        },
        "through": array(
            "Through",
            "Which of several chains `find` takes: what it passes, in this order. Dimensions, by name or id, or "
            "mappings, by id; each with or without a version.",
            text("Stop", "A dimension or a mapping.", DIMENSION_REFERENCE, examples=["state"]),
            examples=[["state"], ["census_2020/county_to_state", "census_2020/state_to_region"]],
        ),
        "reverse_of": text(
            "Reverse of a supplemental dimension",
            "A supplemental dimension of the project, whose records are the dataset's: its mapping is reversed. Where "
            'several base records make up one of it, the reverse copies, which has to be said by `kind = "duplication"` '
            "and suits shares, rates and alternatives such as scenarios. What adds up (energy, stock, ...) needs "
            "weights, so it is refused: give a disaggregation with `records`.",
            NAME,
            examples=["state"],
        ),
    },
    dependencies={**_OF_RECORDS, "through": ["find"]},
    allOf=[exclude("kind", "use"), exclude("kind", "find")],
    oneOf=[
        *exactly_one("records", "use", "find", "reverse_of")["oneOf"],
        alone("to", "kind", "records", "use", "find", "reverse_of"),
    ],
)

DEFINITIONS = {
    "record": RECORD,
    "association": ASSOCIATION,
    "mapping": MAPPING,
    "mapping_to_base": MAPPING_TO_BASE,
}


def ids(description: str, example: list[str]) -> Schema:
    """Return an array of record ids."""
    return array(
        "Ids",
        description,
        text("Id", "The id of a record, in quotes.", FILLED, examples=[example[0]]),
        examples=[example],
    )


def attributes(title: str, description: str, examples: list[object]) -> Schema:
    """Return a table of further columns of one record."""
    return tables_by_name(title, description, COLUMN, _CELL, examples=examples)
