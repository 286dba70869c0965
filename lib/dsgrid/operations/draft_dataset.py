"""The draft of a dataset's spec: columns, dimensions, records and time, from what was recognised in its files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dsgrid.datasets.inspection import INTEGER
from dsgrid.datasets.offenders import counted
from dsgrid.datasets.recognition import LOOKUP, TABLE, YEARS, Recognised
from dsgrid.datasets.timeline import Timeline
from dsgrid.dimensions.classes import RECORD_CLASSES
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.operations.draft import Document, Draft, more_records, reference, same_records, some, title
from dsgrid.operations.draft_time import time_draft
from dsgrid.toml_text import Inline, Noted

SPEC: Final = "register_dataset.toml"
_FIPS = re.compile(r"\d{5}")
_STATES: Final = frozenset(
    {
        *("AK", "AL", "AR", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "GA", "HI", "IA", "ID", "IL", "IN", "KS", "KY"),
        *("LA", "MA", "MD", "ME", "MI", "MN", "MO", "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH"),
        *("OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VT", "WA", "WI", "WV", "WY"),
    }
)


@dataclass(frozen=True)
class Wishes:
    """What the user says about a dataset before its files are looked at.

    Parameters
    ----------
    known
        Registered dimensions, the most likely first.
    time
        ``zone``, ``interval``, ``measurement``, as far as they are given.
    metric_class, unit
        Of the metrics; blank when they are to be decided.
    reuse
        Whether registered dimensions with the same records are used.
    """

    id: str
    table: str
    lookup: str = ""
    registry: str = ""
    known: Sequence[Dimension] = ()
    time: dict[str, str] = field(default_factory=dict)
    metric_class: str = ""
    unit: str = ""
    reuse: bool = True


def dataset_draft(draft: Draft, found: Recognised, line: Timeline, wishes: Wishes) -> dict[str, tuple[str, ...]]:
    """Add the spec of a dataset and its records to a draft; return the record ids by type, as far as they are known.

    Parameters
    ----------
    line
        The times of the table.
    """
    time, year = time_draft(draft, SPEC, line, wishes.time)
    ids = _ids(found, year)
    draft.specs[SPEC] = {
        "spec_version": 1,
        "job": "register_dataset",
        **({"registry": wishes.registry} if wishes.registry else {}),
        "log_message": f"Register {wishes.id}",
        "dataset": {
            "id": wishes.id,
            "kind": Noted("unspecified", "or modeled, historical, benchmark"),
            "description": "",
        },
        "data": _data(draft, found, wishes),
        "dimension": {type_: _dimension(draft, type_, ids.get(type_, ()), found, wishes) for type_ in RECORD_TYPES},
        "time": time,
    }
    for type_, each in found.dimensions.items():
        if each.column.kind == INTEGER and each.column.stored and type_ not in YEARS:
            draft.notes.append(
                f'column "{each.column.name}" is stored as {each.column.stored}; ids of {type_} are texts, which keep '
                "their leading zeros: store it as text"
            )
    # In the order of the file: the time comes last.
    draft.decisions.sort(key=lambda decision: f"{SPEC}: time." in decision[0])
    return ids


def _ids(found: Recognised, year: str | None) -> dict[str, tuple[str, ...]]:
    ids = {type_: each.ids for type_, each in found.dimensions.items()}
    if found.pivot is not None:
        ids[found.pivot] = found.pivoted
    if year is not None:
        for type_ in YEARS:
            ids.setdefault(type_, (year,))
    ids.setdefault("scenario", ("reference",))
    return ids


def _data(draft: Draft, found: Recognised, wishes: Wishes) -> Document:
    data: Document = {"table": wishes.table}
    if wishes.lookup:
        data["lookup"] = wishes.lookup
    if found.pivot is not None:
        data["pivot"] = Noted(found.pivot, f"{counted(len(found.pivoted), 'column')}: {some(found.pivoted)}")
    elif found.value is None:
        draft.notes.append("no column of numbers was found")
    elif found.value != "value":
        data["value"] = found.value
    if wishes.lookup and found.id is None:
        data["id"] = draft.decide(f"{SPEC}: data.id", "the column that joins the table and the lookup")
    elif found.id not in (None, "id"):
        data["id"] = found.id
    if found.scaling_factor not in (None, "scaling_factor"):
        data["scaling_factor"] = found.scaling_factor
    if found.superfluous:
        because = "; ".join(f"{name}: {reason}" for name, reason in found.superfluous.items())
        data["ignore"] = Noted(list(found.superfluous), because)
    for place in (TABLE, LOOKUP):
        columns: Document = {}
        for type_, each in found.dimensions.items():
            if each.place == place and each.column.name != type_:
                columns[each.column.name] = {
                    "dimension": Noted(type_, f"{each.because}; {counted(len(each.ids), 'value')}: {some(each.ids)}")
                }
        for name, where in found.unknown:
            if where == place:
                key = f"{SPEC}: data.{place}.{name}.dimension"
                columns[name] = {"dimension": draft.decide(key, "the dimension type; or move the column to `ignore`")}
        if columns:
            data[place] = columns
    return data


def _dimension(draft: Draft, type_: str, ids: tuple[str, ...], found: Recognised, wishes: Wishes) -> Document:
    name = {"name": f"{wishes.id}_{type_}"}
    has_column = type_ in found.dimensions or type_ == found.pivot
    if wishes.reuse and ids:
        same = same_records(type_, ids, wishes.known)
        if same is not None:
            return {**name, "use": Noted(reference(same), _reused(same))}
    if not has_column:
        return {**name, **_trivial(draft, type_, ids, wishes)}
    if not ids:
        draft.notes.append(f'column "{found.dimensions[type_].column.name}" has too many values for a dimension')
    more = more_records(type_, ids, wishes.known) if ids else None
    class_ = _class(draft, type_, ids, more, wishes)
    columns, rows = _records(type_, ids, more, wishes)
    path = draft.records(f"dimensions/{type_}.csv", columns, rows)
    records: Any = path
    if more is not None:
        records = Noted(path, f"names of {reference(more)}")
    if "unit" in columns and not wishes.unit and type_ == "metric":
        draft.decisions.append((path, f"the unit of {counted(len(rows), 'record')}"))
        records = Noted(path, "decide: the units in it")
    return {**name, **class_, "records": records}


def _reused(same: Dimension) -> str:
    units = sorted({str(record.get("unit")) for record in same.records if record.get("unit") is not None})
    with_units = f", in {some(units)}" if units else ""
    return f"the same {counted(len(same.records), 'record')}{with_units}"


def _records(
    type_: str, ids: Sequence[str], more: Dimension | None, wishes: Wishes
) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """Return the columns and rows of a record table; names and attributes are those of a known dimension, if any."""
    if more is None:
        columns: tuple[str, ...] = ("id", "name")
        rows: list[dict[str, Any]] = [{"id": id_, "name": title(id_)} for id_ in ids]
    else:
        columns = more.records.columns
        rows = [{each: record.get(each) for each in columns} for record in more.records if record.id in set(ids)]
    if type_ == "metric":
        # A unit is never taken from elsewhere: the same end use may be in another one here.
        rows = [{**row, "unit": wishes.unit} for row in rows]
        found = RECORD_CLASSES.get(wishes.metric_class)
        columns = tuple(dict.fromkeys((*columns, *(found.required if found else ("unit",)))))
    return columns, rows


def _class(draft: Draft, type_: str, ids: Sequence[str], more: Dimension | None, wishes: Wishes) -> Document:
    if type_ == "metric":
        if wishes.metric_class:
            return {"class": wishes.metric_class}
        if more is not None:
            return {"class": Noted(more.record_class, f"assumed, as in {reference(more)}")}
        question = "energy_end_use, power, stock, growth_rate, ... (docs/specs.md, classes of records)"
        return {"class": draft.decide(f"{SPEC}: dimension.metric.class", question)}
    if more is not None:
        return {"class": more.record_class}
    if type_ == "geography":
        if all(_FIPS.fullmatch(id_) for id_ in ids):
            return {"class": Noted("county", "assumed: ids of five digits")}
        if set(ids) <= _STATES:
            return {"class": Noted("state", "assumed: ids of states")}
    return {"class": type_}


def _trivial(draft: Draft, type_: str, ids: tuple[str, ...], wishes: Wishes) -> Document:
    """Return a dimension of one record, which needs no column; what the record is has to be guessed, or asked for."""
    record = Inline({"id": ids[0], "name": title(ids[0])} if ids else {"id": "", "name": ""})
    if type_ == "metric":
        record["unit"] = wishes.unit
    document = _class(draft, type_, ids, None, wishes) if type_ == "metric" else {"class": type_}
    if ids:
        reason = "the year of the labels" if type_ in YEARS else "no column says it"
        return {**document, "records": Noted([record], f"assumed: {reason}")}
    known = next((each.records.ids for each in wishes.known if each.type == type_), ())
    hint = f", such as {some(known)}" if known else ""
    question = f"the one {type_} of the data{hint}"
    return {**document, "records": draft.decide(f"{SPEC}: dimension.{type_}.records", question, [record])}
