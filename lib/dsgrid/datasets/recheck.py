"""The checks of a dataset's data once more, on what the registry has stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dsgrid.datasets import associations as assoc
from dsgrid.datasets import parquet, read
from dsgrid.datasets.checks import Declared
from dsgrid.datasets.columns import Columns, TableColumns
from dsgrid.datasets.expected import zones_of
from dsgrid.datasets.ingest import Source
from dsgrid.datasets.ledger import Ledger
from dsgrid.datasets.lookup import Lookup
from dsgrid.datasets.own_checks import value_check
from dsgrid.datasets.verify import Known, verify
from dsgrid.registry.data_check import stored_files
from dsgrid.time.files import as_stored
from dsgrid.time.labels import slot_keys

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from dsgrid.registry.model import Dataset
    from dsgrid.storage.location import Location

# What these checks are about is settled when the files of a user become those of the registry.
SETTLED = frozenset({"files", "columns", "cells", "labels"})


def recheck(session: SparkSession, root: Location, dataset: Dataset, ledger: Ledger) -> None:
    """Make all checks of stored facts, and those that the dataset declares.

    Parameters
    ----------
    root
        The registry's data root.
    ledger
        Takes down what each check finds.

    Raises
    ------
    DataError
        With every problem.
    """
    time = as_stored(dataset.time)
    zones = zones_of(time, dataset.dimensions)
    slots = assoc.Slots.of(time, slot_keys(time, zones.values()))
    columns = _columns(dataset)
    values = read.value_columns(dataset)

    def facts(some: Sequence[str]) -> DataFrame:
        return read.facts(session, root, dataset, values=some)

    arrays = assoc.arrays(session, facts, columns.keys, values, slots)
    rows = sum(file.rows for file in dataset.files if file.role == "facts")
    name = f"{dataset.id}@{dataset.version}"
    source = Source((), {}, naive=False, rows=rows, nulls=dict.fromkeys(values, 0), name=name)
    known = Known(columns, dataset.dimensions, time, zones, source, _lookup(root, dataset))
    declared = {
        role: tuple(Declared(table, f"{name}, {role}") for table in tables)
        for role, tables in (("expected", read.expected(root, dataset)), ("missing", read.missing(root, dataset)))
    }
    own = [value_check(check, name, f"checks[{number}]") for number, check in enumerate(dataset.checks)]
    verify(session, facts(values), arrays, slots, known, declared, own, ledger)


def _columns(dataset: Dataset) -> Columns:
    layout = dataset.layout
    values = {name: name for name in read.value_columns(dataset)}
    id_ = "id" if layout.two_tables else None
    facts = TableColumns({type_: type_ for type_ in layout.fact_types}, values, id_)
    lookup = None
    if layout.two_tables:
        factor = "scaling_factor" if layout.scaling_factor else None
        lookup = TableColumns({type_: type_ for type_ in layout.lookup_types}, id=id_, scaling_factor=factor)
    return Columns(facts, lookup, layout.pivot, layout.trivial)


def _lookup(root: Location, dataset: Dataset) -> Lookup | None:
    if not dataset.layout.two_tables:
        return None
    table = parquet.read(stored_files(root, dataset, "lookup")[0])
    return Lookup(table, table.slice(0, 0).select(list(dataset.layout.lookup_types)), None, "the lookup")
