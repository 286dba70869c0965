"""A small project with annual sales by county that follow the days of another dataset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tests.project_specs import DATASET, PROJECT, TIME, changed, one

from dsgrid.operations.register_dataset import register_dataset
from dsgrid.operations.register_project import register_project
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.registry.registry import Registry

if TYPE_CHECKING:
    from dsgrid.engine import Engine

DAYS = {**TIME, "start": "2018-01-01 00:00", "end": "2018-12-31 00:00", "step": "1d"}
YEAR = {"kind": "annual", "start": "2018", "end": "2018", "measurement": "total"}
IDS = ["06037", "08031"]
CROSSED = {
    "kind": "one_to_one",
    "records": [{"from": one, "to": other} for one, other in zip(IDS, IDS[::-1], strict=True)],
}


def sales_spec(**rules: str | bool) -> dict[str, Any]:
    """Return the spec that submits the sales, of each county to the other one, with rules of time."""
    return {"project": "two_counties", "dataset": "sales", "mapping": {"geography": CROSSED, "time": rules}}


def shaped_registry(folder: Path, engine: Engine) -> Path:
    """Make a registry with the project, the sales, and ``course``, which is submitted, too; return its folder."""
    labels = [str(day) for day in np.arange("2018-01-01", "2019-01-01", dtype="datetime64[D]")]
    rows = [
        f"{id_},{label} 00:00,{1 + (day * (place + 2)) % 7}"
        for place, id_ in enumerate(IDS)
        for day, label in enumerate(labels)
    ]
    (folder / "course.csv").write_text("\n".join(["geography,timestamp,value", *rows]))
    (folder / "sales.csv").write_text("geography,year,value\n06037,2018,1000\n08031,2018,50\n")
    registry = folder / "registry"
    Registry.create(registry).close()
    project = changed(changed(PROJECT, "time", {**DAYS, "name": "day"}), "requires", {"sales": {}, "course": {}})
    project = changed(project, "base/sector/records", [one("com")])
    project = changed(changed(project, "base/building/records", [one("office")]), "subset", None)
    register_project(project, registry=registry)
    for name, time in (("course", {**DAYS, "labels": "wall_clock"}), ("sales", YEAR)):
        spec = changed(changed(DATASET, "dataset/id", name), "data/table", str(folder / f"{name}.csv"))
        spec = changed(changed(spec, "time", time), "dimension/geography/records", [one(id_) for id_ in IDS])
        register_dataset(spec, registry=registry, engine=engine)
    submit_dataset(sales_spec(shape="course"), registry=registry)
    submit_dataset({"project": "two_counties", "dataset": "course"}, registry=registry)
    return registry
