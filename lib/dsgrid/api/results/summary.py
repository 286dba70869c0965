"""What a server tells of a result: its columns, units and sums, and the addresses of what there is of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from dsgrid.api.results.held import Held
from dsgrid.query.handoff.exported import Exported
from dsgrid.spec.node import shown

_SHOWN = (
    "name",
    "type",
    "holds",
    "unit",
    "time_zone",
    "calendar_zone",
    "interval",
    "measurement",
    "dimension",
    "level",
)


def summary(one: Held) -> dict[str, Any]:
    """Return a result as a document."""
    told = one.result.manifest
    address = one.address
    links = {"self": address, "job": f"/v1/jobs/{quote(one.job.id, safe='')}", "manifest": f"{address}/manifest"}
    if one.result.has_table:
        links |= {"table": f"{address}/table", "files": f"{address}/files", "plot": f"{address}/plot"}
        links |= {form: f"{address}/table.{form}" for form in ("parquet", "arrow", "csv", "json")}
    exports = [str(each["name"]) for each in told.get("exports", ())] if not one.name else []
    return {
        "job": one.job.id,
        "name": one.name,
        "query": told["query"],
        "project": told.get("project"),
        "datasets": [f"{each['id']}@{each['version']}" for each in told["datasets"]],
        "rows": one.result.rows,
        "bytes": sum(int(each["bytes"]) for each in one.files.values()),
        "columns": [{key: column[key] for key in _SHOWN if column.get(key) is not None} for column in told["columns"]],
        "units": list(told.get("units", ())),
        "adds_up": bool(told.get("adds_up", True)),
        "sums": [{"unit": each["unit"], "sum": each["found"]} for each in told["sums"]],
        "time": told.get("time", {}),
        "report": _report(one),
        "results": {name: f"{address}/results/{quote(name, safe='')}" for name in one.result.results},
        "exports": {name: f"{address}/exports/{quote(name, safe='')}" for name in exports},
        "links": links,
    }


def _report(one: Held) -> str:
    """Return the result in words; places are those in the run's folder."""
    told = one.result.report()
    for place in (str(one.result.folder), shown(one.result.folder)):
        told = told.replace(f"{place}/", "").replace(place, ".")
    return told


def files_of(files: Mapping[str, Mapping[str, Any]], address: str) -> list[dict[str, Any]]:
    """Return the files of a manifest as documents."""
    return [
        {**{key: one[key] for key in ("path", "bytes", "rows", "sha256")}, "href": f"{address}/{quote(path)}"}
        for path, one in files.items()
    ]


def exported(export: Exported, address: str, name: str) -> dict[str, Any]:
    """Return an export as a document."""
    told = dict(export.manifest)
    files = {str(one["path"]): one for one in told.pop("files")}
    return {**told, "files": files_of(files, f"{address}/{quote(name, safe='')}/files")}
