"""Annual sales of the two counties, and datasets whose course they may follow, of which only the sums are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from changing import Bench, job
from tests.project_specs import DATASET, SUBMISSION, TIME, changed, dataset, one

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.operations.apply import apply
from dsgrid.registry.publish import data_file, new_folder, write_manifest
from dsgrid.registry.registry import Registry

YEAR = {"kind": "annual", "start": "2018", "end": "2018", "measurement": "total"}
# Whole years, whatever part of one the project has.
HOURS = {**{key: value for key, value in TIME.items() if key != "name"}, "end": "2018-12-31 23:00"}


def add_course(
    bench: Bench, id_: str, sums: Mapping[str, float], time: dict[str, Any] = HOURS, version: str = "1.0.0"
) -> None:
    """Register a dataset with these sums over all of its time, by geography; other types have one record."""
    spec = changed(changed(DATASET, "time", time), "dimension/geography/records", [one(place) for place in sums])
    with Registry.open(bench.folder, write=True) as registry:
        folder = new_folder(registry, id_, version)
        ids = {type_: [table["records"][0]["id"]] * len(sums) for type_, table in spec["dimension"].items()}
        numbers = {"sum": list(sums.values()), "abs_sum": list(map(abs, sums.values())), "rows": [8760] * len(sums)}
        table = pa.table({**{type_: ids[type_] for type_ in RECORD_TYPES}, "geography": list(sums), **numbers})
        pq.write_table(table, folder / "associations.parquet")
        files = (data_file(folder, "associations.parquet", "associations", len(sums)),)
        write_manifest(folder, files)
        drawn = replace(dataset(spec), id=id_, folder=f"{id_}/{folder.name}", files=files)
        with registry.registration("a course") as registration:
            registration.add_dataset(drawn)


def shaped_bench(bench: Bench) -> Bench:
    """Make the project expect ``sales``, and register them with the dataset ``course``."""
    bench.apply_project(lambda spec: spec["requires"].update(sales={"sector": ["com"], "subsector": ["office"]}))
    add_course(bench, "sales", {"g1": 10.0, "g2": 20.0}, YEAR)
    add_course(bench, "course", {"g1": 1.0, "g2": 2.0})
    return bench


def sales(**rules: Any) -> dict[str, Any]:
    """Return the spec that submits the sales, with rules of time."""
    spec = changed(SUBMISSION, "dataset", "sales")
    return changed(spec, "mapping/time", rules) if rules else spec


def apply_sales(bench: Bench, allow: str | None = None, **rules: Any) -> str:
    """Apply that spec; return the report."""
    return apply(job("submit_dataset", sales(**rules)), registry=bench.folder, allow=allow).report()
