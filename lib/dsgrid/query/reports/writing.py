"""Write a report: reduced by the engine, decoded, in order, and checked against what the load has to add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dsgrid.datasets import parquet
from dsgrid.datasets.facts import quoted
from dsgrid.query.conservation import Total
from dsgrid.query.decoding import decode
from dsgrid.query.output import LARGEST_ARROW_RESULT, Written
from dsgrid.query.plan import Plan
from dsgrid.query.reports.calibration import WORST, compared, refuse_disjoint
from dsgrid.query.reports.coded import coded_load
from dsgrid.query.reports.extent import has_every_slot, most_rows
from dsgrid.query.reports.headlines import headline
from dsgrid.query.reports.load import CALIBRATION, Load
from dsgrid.query.reports.load_duration import durations
from dsgrid.query.reports.measures import measures_of
from dsgrid.query.reports.peak_load import peaks
from dsgrid.query.reports.rows import GROUP, PERIOD, SLOT, Persist, loads
from dsgrid.query.reports.table import described_report_columns, form_of, schema, stamped
from dsgrid.query.reports.totals import annual_summaries, load_factors
from dsgrid.query.rules.presentation import UNIT
from dsgrid.query.terms import CODE, VALUE
from dsgrid.query.terms import SLOT as LABEL
from dsgrid.query.timestamps import readable, with_readable_instants
from dsgrid.query.writing import CSV_OPTIONS
from dsgrid.storage.location import Location, arrow_output, engine_path, files_below, storage_errors

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

# The coded table of a report's load and that of its benchmark; None for one without rows, and for no benchmark.
Tables = tuple["DataFrame | None", "DataFrame | None"]
_OF_PERIODS: Final = {"load_duration": durations, "annual_summary": annual_summaries, "load_factor": load_factors}


def write_report(plan: Plan, tables: Tables, folder: Location, session: SparkSession, persist: Persist) -> Written:
    """Write a report into `folder`; what is small goes through the driver: one file, in order.

    Parameters
    ----------
    tables
        What `dsgrid.query.execution.follow` returns for the report, and for its benchmark where it has one.
    persist
        Writes a coded table and returns it as it is read again: a load is read several times.

    Raises
    ------
    ConservationError
        If the load does not add up to what the stored sums of the datasets promise.
    SpecError
        If a calibration finds no key that both sides have.
    """
    folder.mkdir(parents=True, exist_ok=True)
    load = Load(plan)
    path = folder / f"table.{plan.query.output.format}"
    rows, totals = coded_load(plan, tables[0], session, persist)
    checked: tuple[Total, ...] = ()
    if plan.benchmark is not None:
        other, checked = coded_load(plan.benchmark, tables[1], session, persist)
        table = compared(load, session, rows, other)
        refuse_disjoint(load, table)
        small = plan.rows + plan.benchmark.rows <= LARGEST_ARROW_RESULT
    else:
        table = _decoded(load, session, _measured(load, session, rows, persist))
        # Ties, and groups that are not there, are known when they are counted.
        small = most_rows(load) <= LARGEST_ARROW_RESULT or (
            not has_every_slot(load) and table.count() <= LARGEST_ARROW_RESULT
        )
    columns = described_report_columns(load)
    if not small:
        return Written(path, _write_large(load, table, session, path), totals, columns, benchmark=checked)
    found = _in_order(load, table.toArrow())
    _write_small(load, found, path)
    return Written(path, found.num_rows, totals, columns, headline(load, found), checked)


# The report ---------------------------------------------------------------------------------------------------------


def _measured(load: Load, session: SparkSession, rows: DataFrame, persist: Persist) -> DataFrame:
    """Return the report by numbers of groups and periods, and of slots where it is of these."""
    found = loads(load, session, rows)
    if load.report.kind == "peak_load":
        return peaks(load, session, found, persist)
    return _OF_PERIODS[load.report.kind](load, found)


def _decoded(load: Load, session: SparkSession, rows: DataFrame) -> DataFrame:
    """Return the report's table: columns of groups, periods and slots, then its own and the unit."""
    from pyspark.sql import functions as F

    group, keys = F.col(quoted(GROUP)), []
    if SLOT not in rows.columns:
        group = group + F.col(quoted(PERIOD)) * F.lit(load.groups).cast("long")
    elif load.keeps_labels:
        keys.append(F.col(quoted(SLOT)).alias(LABEL))
    else:
        group = group + F.col(quoted(SLOT)) * F.lit(load.groups).cast("long")
    names = [measure.name for measure in measures_of(load)]
    # Decoding carries one value along, which may have parts.
    parts = F.struct(*(F.col(quoted(name)).alias(f"m{number}") for number, name in enumerate(names)))
    form = form_of(load)
    table = decode(form, session, rows.select(group.cast("long").alias(CODE), *keys, parts.alias(VALUE)))
    return table.select(
        *(F.col(quoted(column.name)) for column in form.columns),
        *(F.col(f"{VALUE}.m{number}").alias(name) for number, name in enumerate(names)),
        F.col(UNIT),
    )


# The table -----------------------------------------------------------------------------------------------------------


def _order(load: Load) -> list[tuple[str, str]]:
    """Return what rows are sorted by."""
    keys = [(column.name, "ascending") for column in form_of(load).columns]
    if load.report.kind == CALIBRATION:
        return [(WORST, "descending"), *keys, (UNIT, "ascending")]
    return [*keys, ("share_of_time", "ascending")] if load.report.kind == "load_duration" else keys


def _in_order(load: Load, table: pa.Table) -> pa.Table:
    order = _order(load)
    ordered = table.sort_by(order) if order else table
    promised = schema(load)
    return ordered.select(promised.names).cast(promised)


def _write_small(load: Load, table: pa.Table, path: Location) -> None:
    import pyarrow.csv

    if path.suffix == ".parquet":
        parquet.write(table, path)
        return
    with storage_errors(path), arrow_output(path) as sink:
        pyarrow.csv.write_csv(readable(stamped(load), table), sink)


def _write_large(load: Load, table: DataFrame, session: SparkSession, path: Location) -> int:
    """Write a table that is too large for the driver as a folder of files; return its rows."""
    from pyspark.sql import functions as F

    order = [F.desc(quoted(name)) if way == "descending" else F.asc(quoted(name)) for name, way in _order(load)]
    promised = schema(load)
    told = {field.name: {k.decode(): v.decode() for k, v in (field.metadata or {}).items()} for field in promised}
    # Without offset(0) Sail drops an order before a write.
    ordered = (table.orderBy(*order).offset(0) if order else table).select(
        *(F.col(quoted(name)).alias(name, metadata=told[name]) for name in promised.names)
    )
    if path.suffix == ".parquet":
        ordered.write.option("compression", "zstd").parquet(engine_path(session, path))
        return sum(parquet.rows(file) for file, _, _ in files_below(path) if file.suffix == ".parquet")
    texts = with_readable_instants(stamped(load), session, ordered)
    texts.write.options(**CSV_OPTIONS).csv(engine_path(session, path))
    return int(session.read.options(**CSV_OPTIONS).csv(engine_path(session, path)).count())
