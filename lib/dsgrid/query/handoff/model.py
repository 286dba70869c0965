"""An export as a frozen value: the shape in which a result is handed to another model."""

from __future__ import annotations

from dataclasses import dataclass, field

from dsgrid.spec.node import Node

WIDE, LONG = "wide", "long"
TIMESTAMP, HOUR_OF_YEAR, DATE_AND_HOUR = "timestamp", "hour_of_year", "date_and_hour"
HOUR_ENDING, HOUR_BEGINNING = "hour_ending", "hour_beginning"
DROP_FEB_29, DROP_DEC_31, KEEP = "drop_feb_29", "drop_dec_31", "keep"
ERROR, ZERO, BLANK = "error", "zero", "blank"
HDF5 = "hdf5"


@dataclass(frozen=True)
class Export:
    """What files a result becomes.

    Parameters
    ----------
    of
        The further result of a query that is exported; None for the query's own.
    columns
        The dimensions whose records become columns of a wide table.
    files
        The dimensions of which each combination has a file; None leaves it to the shape.
    time
        How time is written; None where the spec does not say it, as for the other options of time.
    zone
        The clock of labels: a zone, or ``geography``. None is the clock of the result.
    whole_years
        Whether each year has 8,760 hours (``calendar = "8760"``).
    year
        The dimension whose records are the years of the labels, instead of those of the weather.
    wrap
        Whether hours outside of the whole years stand at their other end.
    units
        The unit of each metric record that is named; `unit` is that of the others.
    unit_in
        Where units stand in names: ``columns``, ``files``.
    missing
        What a cell without a value becomes; None says nothing about it, so there may be none.
    """

    name: str
    node: Node = field(compare=False, repr=False)
    of: str | None = None
    shape: str = WIDE
    format: str = "csv"
    columns: tuple[str, ...] = ()
    files: tuple[str, ...] | None = None
    separator: str = "_"
    time: str | None = None
    label: str | None = None
    zone: str | None = None
    whole_years: bool = False
    leap_day: str | None = None
    year: str | None = None
    wrap: bool = False
    unit: str | None = None
    units: tuple[tuple[str, str], ...] = ()
    unit_in: tuple[str, ...] = ()
    decimals: int | None = None
    missing: str | None = None


def read_export(node: Node, name: str) -> Export:
    """Return the export that a table of a validated spec asks for."""
    files = node.scalar("files")
    units = node.get("units")
    return Export(
        name,
        node,
        of=node.scalar("of"),
        shape=node.string("shape", WIDE),
        format=node.string("format", "csv"),
        columns=_names(node.scalar("columns", ())),
        files=None if files is None else _names(files),
        separator=node.string("separator", "_"),
        time=node.scalar("time"),
        label=node.scalar("label"),
        zone=node.scalar("zone"),
        whole_years="calendar" in node,
        leap_day=node.scalar("leap_day"),
        year=node.scalar("year"),
        wrap=bool(node.scalar("wrap", False)),
        unit=node.scalar("unit"),
        units=() if units is None else tuple((record, str(one.value)) for record, one in units.items()),
        unit_in=tuple(node.scalar("unit_in", ())),
        decimals=node.scalar("decimals"),
        missing=node.scalar("missing"),
    )


def _names(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)  # type: ignore[arg-type]
