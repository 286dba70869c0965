"""Dimensions, mappings and subsets from specs and the tables that they name."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from dsgrid.dimensions.classes import RECORD_CLASSES, RecordClass, classes_of
from dsgrid.dimensions.collector import paused_collector
from dsgrid.dimensions.dimension import Dimension, Selector, Subset
from dsgrid.dimensions.ids import control_character, unknown_ids
from dsgrid.dimensions.kinds import KINDS
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.records import Attribute, Record, Records
from dsgrid.dimensions.tables import Problems, Table, read_table, require_columns
from dsgrid.errors import DataError, Problem, did_you_mean, listing
from dsgrid.spec.node import Node

_FROM, _TO, _FRACTION = ("from", "from_id"), ("to", "to_id"), ("fraction", "from_fraction")
# What specs call the cells of further columns.
CELL_TYPES: dict[str, type] = {"string": str, "int": int, "float": float, "bool": bool}
# Cells of a selector that leave an id out.
_NOT_SELECTED = ("", "0", "false", "no")
# The columns of a mapping that hold ids.
MAPPING_IDS = (*_FROM, *_TO)


def load_records(node: Node, record_class: str, type_: str, types: Node | None = None) -> Records:
    """Return the records that a node names or holds.

    Ids and names are text in one line. A name that is missing or blank is the id; further blank cells are None, and
    columns that the class or the spec knows as numbers or truth values are converted. A metric needs a `unit`, which
    may be blank only in classes of numbers without one.

    Parameters
    ----------
    node
        The value of ``records``: a path of a CSV or Parquet file, or an array of tables.
    record_class
        A key of `dsgrid.dimensions.classes.RECORD_CLASSES`.
    type_
        The dimension type; the class has to be of it.
    types
        What the cells of further columns are, by column: a table of words of `CELL_TYPES`.

    Raises
    ------
    DataError
        With all problems of the table, each with its line: missing columns, blank or repeated ids, control
        characters, cells that are not what the class says.
    """
    found = RECORD_CLASSES.get(record_class)
    if found is None:
        raise node.error(f'there is no class "{record_class}"{did_you_mean(record_class, classes_of(type_), 30)}')
    if found.type != type_:
        raise node.error(f'class "{record_class}" is of {found.type}, not of {type_}{_classes(type_)}')
    table = read_table(node)
    # Without a `name`, an id is its own name.
    require_columns(table, ("id", *found.required))
    if not table.rows:
        raise DataError(Problem("the table has no records", table.where, table.key))
    found = _with_types(found, table, types)

    problems = Problems()
    first_places: dict[str, str] = {}
    rows = []
    for cells, place in zip(table.rows, table.places, strict=True):
        row = dict(zip(table.columns, cells, strict=True))
        id_ = row.pop("id") or ""
        _check_id(id_, place, first_places, problems)
        name = row.pop("name", None)
        shown_name = str(name) if name not in (None, "") else id_
        problem = control_character(id_, "the id") or control_character(shown_name, "the name")
        if problem is not None:
            problems.add(problem, place)
        attributes = {}
        for column, cell in row.items():
            try:
                attributes[column] = _cell(found, column, cell)
            except ValueError as error:
                problems.add(f'id "{id_}": {error}', place)
        rows.append(Record(id_, shown_name, attributes))
    problems.raise_any()
    return Records(tuple(rows))


def load_dimension(node: Node, name: str, type_: str) -> Dimension:
    """Return the dimension that a table with ``class``, ``records`` and perhaps ``description`` defines.

    Without a ``class`` it is the plain one of its type (``sector``, ``scenario``, ...).
    """
    record_class = node.string("class", type_)
    place = node.get("class") or node
    if record_class not in classes_of(type_):
        other = RECORD_CLASSES.get(record_class)
        if other is not None:
            raise place.error(f'class "{record_class}" is of {other.type}, not of {type_}{_classes(type_)}')
        if "class" not in node:
            raise place.error(f"a {type_} needs a `class`; there are: {listing(classes_of(type_), 30)}")
        raise place.error(f'there is no class "{record_class}"{did_you_mean(record_class, classes_of(type_), 30)}')
    records = load_records(node["records"], record_class, type_, node.get("types"))
    return Dimension(name, type_, record_class, records, node.string("description"))


@paused_collector()
def load_mapping(node: Node) -> Mapping:
    """Return the mapping that a table with ``kind``, ``records`` and perhaps ``tolerance`` defines.

    The records have the columns ``from`` (or ``from_id``), ``to`` (``to_id``; blank drops the id on purpose) and
    perhaps ``fraction`` (``from_fraction``; 1 without the column). Whether they suit the kind and the two dimensions is
    checked by `dsgrid.dimensions.kinds.check_mapping`.
    """
    kind = node.string("kind")
    if kind not in KINDS:
        raise (node.get("kind") or node).error(f'there is no kind "{kind}"{did_you_mean(kind, KINDS)}')
    records = node["records"]
    table = read_table(records, MAPPING_IDS)
    associations = _associations(table)
    return Mapping(kind, associations, node.string("description"), float(node.scalar("tolerance", 1e-6)))


def load_subset(node: Node, name: str, base: Dimension) -> Subset:
    """Return the subset that a table with ``selectors`` and perhaps ``attributes`` defines over a base dimension.

    Parameters
    ----------
    node
        ``selectors`` is a path of a table with the column ``id`` and one column per selector, where any cell makes the
        id a member that is not blank, 0, false or no; or a table ``selector = [ids]``. ``attributes`` is keyed by
        selector; a `name` among them is the selector's description.
    base
        The dimension whose records are selected. Records that no selector names are in none.
    """
    selectors = node["selectors"]
    members = _inline_members(selectors) if isinstance(selectors.value, dict) else _table_members(selectors)
    problems = Problems()
    for selector, ids in members.items():
        problem = control_character(selector, "the name of a selector")
        if problem is not None:
            problems.add(problem, selectors.where, selectors.key)
        unknown = unknown_ids(ids, base.records.by_id, f'record of "{base.name}"')
        if unknown is not None:
            first = min(id_ for id_ in set(ids) if id_ not in base.records.by_id)
            problems.add(f'selector "{selector}": {unknown}', *_place_of(selectors, selector, first))
        if not ids:
            problems.add(f'selector "{selector}" selects nothing', selectors.where, selectors.key)
    problems.raise_any()

    attributes: dict[str, dict[str, Attribute]] = {}
    extra = node.get("attributes")
    if extra is not None:
        for selector, values in extra.items():
            if selector not in members:
                raise values.error(f'there is no selector "{selector}"{did_you_mean(selector, members)}')
            if "id" in values:
                raise values["id"].error("the id of a selector is its name")
            attributes[selector] = dict(values.value)
    found = []
    for selector, ids in members.items():
        columns = attributes.get(selector, {})
        found.append(Selector(selector, ids, str(columns.pop("name", "")), columns))
    return Subset(name, base.name, tuple(found), node.string("description"))


def _classes(type_: str) -> str:
    return f"; of {type_} there are: {', '.join(classes_of(type_))}"


def _cell(record_class: RecordClass, column: str, cell: Any) -> Attribute:
    """Return an attribute as the class wants it; a ValueError says what is wrong."""
    blank = cell is None or cell == ""
    if column == "unit" and record_class.type == "metric":
        if blank and not record_class.dimensionless:
            raise ValueError(
                f"the unit is blank, but {record_class.name} has one (kWh, MWh, ...); factors without a unit are of "
                'class "growth_rate"'
            )
        return "" if blank else str(cell)
    wanted = record_class.cells.get(column)
    if blank:
        if column in record_class.required:
            raise ValueError(f'"{column}" is blank')
        return None
    if isinstance(cell, (bytes, list, dict)):
        raise ValueError(f'"{column}" is a text, a number or a truth value, not {cell!r}')
    if wanted is None:
        return cell if isinstance(cell, (str, int, float, bool)) else str(cell)
    return _converted(column, cell, wanted)


def _with_types(record_class: RecordClass, table: Table, types: Node | None) -> RecordClass:
    """Return a class that knows what the cells of columns are, of which its spec says that."""
    cells = dict(record_class.cells)
    for column, node in types.items() if types is not None else ():
        if column not in table.columns:
            raise node.error(f'the records have no column "{column}"{did_you_mean(column, table.columns)}')
        wanted = CELL_TYPES[node.value]
        known = str if column in ("id", "name", "unit") else cells.get(column, wanted)
        if known is not wanted:
            word = next(word for word, type_ in CELL_TYPES.items() if type_ is known)
            raise node.error(f'"{column}" is a {word} in the class "{record_class.name}"')
        if wanted is not str:
            cells[column] = wanted  # type: ignore[assignment]
    return replace(record_class, cells=cells)


def _converted(column: str, cell: Any, wanted: type) -> Attribute:
    if wanted is bool:
        values = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        value = values.get(str(cell).lower())
        if value is None:
            raise ValueError(f'"{column}" is true or false, not "{cell}"')
        return value
    try:
        number = float(cell)
    except (TypeError, ValueError):
        raise ValueError(f'"{column}" is a number, not "{cell}"') from None
    if wanted is int and not number.is_integer():
        raise ValueError(f'"{column}" is a whole number, not "{cell}"')
    return int(number) if wanted is int else number


def _associations(table: Table) -> tuple[Association, ...]:
    from_index, to_index = _index(table, _FROM), _index(table, _TO)
    fraction_index = _index(table, _FRACTION) if set(_FRACTION) & set(table.columns) else None
    for name in table.columns:
        if name not in (*_FROM, *_TO, *_FRACTION):
            message = f'a mapping has the columns from, to and fraction, not "{name}"'
            raise DataError(Problem(message, table.where, table.key))

    # A project may have millions of associations of a few thousand ids: each id is looked at once, and kept once.
    known: dict[Any, str | None] = {None: None, "": None}
    froms, tos = ([known.setdefault(row[index], row[index]) for row in table.rows] for index in (from_index, to_index))
    cells = [None] * len(table.rows) if fraction_index is None else [row[fraction_index] for row in table.rows]
    # An inline row may leave its fraction out; a blank cell of a file, and a NULL, is a mistake.
    absent = 1.0 if fraction_index is None or table.key else math.nan
    fractions = {cell: absent if cell is None else _fraction(cell) for cell in set(cells)}

    problems = Problems()
    not_clean = {id_ for id_ in known if id_ and control_character(id_, "")}
    odd = {cell for cell, fraction in fractions.items() if not math.isfinite(fraction)}
    if not_clean or odd or None in froms:
        for row, cell, place in zip(zip(froms, tos, strict=True), cells, table.places, strict=True):
            if cell in odd:
                found = "NULL" if cell is None else f'"{cell}"'
                problems.add(f"the fraction is a finite number, not {found}", place)
            if row[0] is None:
                problems.add("the `from` id is blank", place)
            for id_, side in zip(row, ("from", "to"), strict=True):
                problem = control_character(id_ or "", f"the `{side}` id")
                if problem is not None:
                    problems.add(problem, place)
    problems.raise_any()
    return tuple(map(Association, froms, tos, map(fractions.__getitem__, cells)))  # type: ignore[arg-type]


def _fraction(cell: Any) -> float:
    """Return a cell as a number, NaN when it is none; a blank cell of a file is a mistake."""
    try:
        # Python's own numbers may have underscores; a table's are mistakes.
        return math.nan if isinstance(cell, str) and "_" in cell else float(cell)
    except (TypeError, ValueError):
        return math.nan


def _index(table: Table, names: tuple[str, str]) -> int:
    """Return the index of a column that has two accepted names."""
    present = [name for name in names if name in table.columns]
    if len(present) == 1:
        return table.columns.index(present[0])
    if present:
        message = f'columns "{names[0]}" and "{names[1]}" say the same; keep one'
    else:
        message = f'there is no column "{names[0]}" (or "{names[1]}"){did_you_mean(names[0], table.columns)}'
    raise DataError(Problem(message, table.where, table.key))


def _inline_members(node: Node) -> dict[str, tuple[str, ...]]:
    members = {}
    for selector, ids in node.items():
        if not isinstance(ids.value, (list, tuple)) or not all(isinstance(id_, str) for id_ in ids.value):
            raise DataError(ids.problem('a selector is an array of ids, which are text, such as ["06037"]'))
        members[selector] = tuple(dict.fromkeys(ids.value))
    return members


def _table_members(node: Node) -> dict[str, tuple[str, ...]]:
    table = read_table(node)
    require_columns(table, ("id",))
    selectors = [name for name in table.columns if name != "id"]
    if not selectors:
        raise DataError(Problem('the table has no selectors: one column each, beside "id"', table.where, table.key))
    problems = Problems()
    members: dict[str, list[str]] = {selector: [] for selector in selectors}
    first_places: dict[str, str] = {}
    for cells, place in zip(table.rows, table.places, strict=True):
        row = dict(zip(table.columns, cells, strict=True))
        id_ = row["id"]
        if _check_id(id_, place, first_places, problems):
            for selector in selectors:
                if _is_selected(row[selector]):
                    members[selector].append(id_)
    problems.raise_any()
    return {selector: tuple(ids) for selector, ids in members.items()}


def _is_selected(cell: Any) -> bool:
    """Say whether a cell makes an id a member: tables have an x there, or are of 0 and 1, or of words."""
    return cell.lower() not in _NOT_SELECTED if isinstance(cell, str) else bool(cell)


def _place_of(node: Node, selector: str, id_: str) -> tuple[str, str]:
    """Return where a selector names an id, and its key."""
    if isinstance(node.value, dict):
        return node[selector].where, node[selector].key
    table = read_table(node)
    return table.places[list(table.column("id")).index(id_)], ""


def _check_id(id_: str | None, place: str, first_places: dict[str, str], problems: Problems) -> bool:
    """Say whether a row has an id of its own; note where it stands, or what is wrong with it."""
    if not id_:
        problems.add("the id is blank", place)
    elif id_ in first_places:
        problems.add(f'id "{id_}" occurs twice; first in {first_places[id_]}', place)
    else:
        first_places[id_] = place
        return True
    return False
