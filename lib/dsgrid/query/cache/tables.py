"""Results before they get their form: coded tables in the cache, from which another form is written without an engine.

What the codes stand for is the plan's affair, so a table is kept with the fingerprint of the axes that its codes are
numbers of, and taken out only for a plan with the same. Values are told in the plan's unit.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dsgrid.dimensions.units import UnitError, factor, is_temperature
from dsgrid.errors import DsgridError
from dsgrid.query.cache.entries import TABLES, Cache
from dsgrid.query.fingerprint import fingerprint
from dsgrid.query.plan import Plan
from dsgrid.query.terms import BALANCE, CODE, VALUE
from dsgrid.registry.publish import Manifest

if TYPE_CHECKING:
    import pyarrow as pa

TABLE: Final = "coded.parquet"


def keep_coded(cache: Cache, key: str, plan: Plan, coded: pa.Table, about: dict[str, Any]) -> bool:
    """Keep the coded table of a result; a large one is not kept."""
    from dsgrid.datasets import parquet

    if coded.nbytes > cache.largest:
        return False
    units = list(plan.shown.axis("metric").units)
    described = {**about, "rows": coded.num_rows, "axes": _axes(plan), "units": units}
    return cache.keep(TABLES, key, lambda folder: parquet.write(coded, folder / TABLE), described)


def kept_coded(cache: Cache, key: str, plan: Plan) -> pa.Table | None:
    """Return the coded table of a plan from the cache; None where it has none."""
    from dsgrid.datasets import parquet

    with cache.found(TABLES, key) as found:
        if found is None:
            return None
        folder, manifest = found
        scales = _scales(plan, manifest)
        if manifest.extra.get("axes") != _axes(plan) or scales is None:
            return None
        try:
            table = parquet.read(Path(folder / TABLE))
        except (OSError, DsgridError):  # somebody empties the cache
            return None
        return table if all(scale == 1.0 for scale in scales) else _scaled(plan, table, scales)


def _axes(plan: Plan) -> str:
    """Return the fingerprint of what codes, and slots, are numbers of, and of whether rows carry what was foretold."""
    shown = plan.shown
    axes = [(axis.type, axis.keys, axis.stride, [column.name for column in axis.columns]) for axis in shown.axes]
    slots = None if shown.slots is None else shown.slots.tobytes()
    return fingerprint(axes, shown.time_keys, slots, plan.balances)


def _scales(plan: Plan, manifest: Manifest) -> list[float] | None:
    """Return what the values of each metric key are multiplied with; None where that is not all."""
    wanted = plan.shown.axis("metric").units
    kept = manifest.extra.get("units", ())
    if len(kept) != len(wanted):
        return None
    try:
        return [_scale(old, new) for old, new in zip(kept, wanted, strict=True)]
    except UnitError:
        return None


def _scale(old: str, new: str) -> float:
    if old != new and (is_temperature(old) or is_temperature(new)):
        raise UnitError("temperatures differ by more than a factor")
    return factor(old, new)


def _scaled(plan: Plan, table: pa.Table, scales: list[float]) -> pa.Table:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    axis = plan.shown.axis("metric")
    codes = table.column(CODE).combine_chunks().to_numpy(zero_copy_only=False)
    of_rows = pa.array(np.array(scales or [1.0])[codes // axis.stride % axis.radix])
    for name in (VALUE, BALANCE):
        if name in table.column_names:
            index = table.column_names.index(name)
            table = table.set_column(index, table.field(index), pc.multiply(table.column(name), of_rows))
    return table
