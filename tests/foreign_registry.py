"""A small registry as dsgrid-toolkit keeps them, made with sqlite3 by the documented schema of its tables."""

from __future__ import annotations

import json
import sqlite3
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA: Final = """
CREATE TABLE key_value ("key" VARCHAR NOT NULL PRIMARY KEY, value VARCHAR NOT NULL);
CREATE TABLE registrations (id INTEGER PRIMARY KEY, timestamp VARCHAR NOT NULL, submitter VARCHAR NOT NULL,
    update_type VARCHAR NOT NULL, log_message VARCHAR NOT NULL);
CREATE TABLE models (id INTEGER PRIMARY KEY, registration_id INTEGER NOT NULL REFERENCES registrations (id),
    model_type VARCHAR NOT NULL, model_id VARCHAR NOT NULL, version VARCHAR NOT NULL, model JSON NOT NULL,
    UNIQUE (model_type, model_id, version));
CREATE TABLE current_versions (id INTEGER PRIMARY KEY, model_type VARCHAR NOT NULL, model_id VARCHAR NOT NULL,
    current_id INTEGER NOT NULL REFERENCES models (id), update_timestamp VARCHAR NOT NULL);
CREATE TABLE contains (id INTEGER PRIMARY KEY, parent_id INTEGER NOT NULL, child_id INTEGER NOT NULL);
"""
HOURS: Final = 24
RECORDS: Final[dict[str, tuple[str, list[dict[str, Any]]]]] = {
    "geography": (
        "County",
        [
            {"id": "06037", "name": "Los Angeles", "time_zone": "PacificPrevailing"},
            {"id": "08031", "name": "Denver", "time_zone": "MountainPrevailing"},
        ],
    ),
    "sector": ("Sector", [{"id": "com", "name": "Commercial"}]),
    "subsector": ("Subsector", [{"id": "all", "name": "All"}]),
    "metric": ("EnergyEndUse", [{"id": "electricity", "name": "Electricity", "fuel_id": "electricity", "unit": "MWh"}]),
    "scenario": ("Scenario", [{"id": "reference", "name": "Reference"}]),
    "model_year": ("ModelYear", [{"id": "2020", "name": "2020"}]),
    "weather_year": ("WeatherYear", [{"id": "2012", "name": "2012"}]),
}
NAMES: Final = {"geography": "county", "metric": "end_use"}
TIME: Final = {
    "time_type": "datetime",
    "column_format": {"dtype": "timestamp_tz", "time_column": "timestamp"},
    "time_zone_format": {"format_type": "aligned_in_absolute_time", "time_zone": "UTC"},
    "measurement_type": "total",
    "ranges": [
        {
            "start": "2012-01-01 00:00:00",
            "end": "2012-01-01 23:00:00",
            "str_format": "%Y-%m-%d %H:%M:%S",
            "frequency": "PT1H",
        }
    ],
    "time_interval_type": "period_beginning",
}

Document = dict[str, Any]
Reference = dict[str, str]


class ForeignRegistry:
    """Writes the registry in a folder; one registration after the other."""

    def __init__(self, folder: Path, data_path: str = "data", store: str = "filesystem") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.file = folder, folder / "registry.db"
        self.data = folder / "data" / "data"
        self.number, self.hour = 0, datetime(2025, 3, 1, 9, 30)  # noqa: DTZ001 - as it is kept there
        with sqlite3.connect(self.file) as connection:
            connection.executescript(SCHEMA)
            values = {"created_by": "anne", "data_path": data_path, "data_store_type": store}
            connection.executemany("INSERT INTO key_value VALUES (?, ?)", values.items())
        connection.close()

    def execute(self, sql: str, *values: Any) -> int:
        connection = sqlite3.connect(self.file)
        try:
            with connection:
                return int(connection.execute(sql, values).lastrowid or 0)
        finally:
            connection.close()

    def register(self, message: str, level: str = "major", submitter: str = "anne") -> int:
        """Begin a registration; what is added next belongs to it."""
        self.hour += timedelta(hours=1)
        moment = self.hour.isoformat(sep=" ")
        columns = "(timestamp, submitter, update_type, log_message) VALUES (?, ?, ?, ?)"
        self.number = self.execute(f"INSERT INTO registrations {columns}", moment, submitter, level, message)
        return self.number

    def add(self, kind: str, id_: str, document: Document, version: str = "1.0.0") -> int:
        return self.add_text(kind, id_, json.dumps({"id": 1, "version": version, **document}), version)

    def add_text(self, kind: str, id_: str, text: str, version: str = "1.0.0") -> int:
        columns = "(registration_id, model_type, model_id, version, model) VALUES (?, ?, ?, ?, ?)"
        return self.execute(f"INSERT INTO models {columns}", self.number, kind, id_, version, text)

    # Dimensions and mappings -----------------------------------------------------------------------------------------

    def dimension(
        self,
        type_: str,
        name: str = "",
        records: list[Document] | None = None,
        version: str = "1.0.0",
        id_: str = "",
        class_: str = "",
    ) -> Reference:
        id_ = id_ or str(uuid.uuid4())
        if type_ == "time":
            of_type: Document = {"class": "Time", **TIME}
        else:
            of_type = {"class": class_ or RECORDS[type_][0], "records": records or RECORDS[type_][1], "file": None}
        name = name or NAMES.get(type_, type_ if type_ != "time" else "time_utc")
        document = {"name": name, "type": type_, "dimension_id": id_, "description": f"All of {name}", **of_type}
        self.add("dimension", id_, document, version)
        return {"type": type_, "dimension_id": id_, "version": version}

    def dimensions(self) -> list[Reference]:
        return [self.dimension(type_) for type_ in (*RECORDS, "time")]

    def mapping(self, from_: Reference, to: Reference, pairs: list[tuple[str, str]]) -> Reference:
        id_ = str(uuid.uuid4())
        document = {
            "mapping_type": "many_to_one_aggregation",
            "from_dimension": from_,
            "to_dimension": to,
            "mapping_id": id_,
            "description": "",
            "records": [{"from_id": a, "to_id": b, "from_fraction": 1.0} for a, b in pairs],
        }
        self.add("dimension_mapping", id_, document)
        return {
            "from_dimension_type": from_["type"],
            "to_dimension_type": to["type"],
            "mapping_id": id_,
            "version": "1.0.0",
        }

    # Projects and datasets -------------------------------------------------------------------------------------------

    def project(
        self,
        base: list[Reference],
        datasets: list[Document],
        version: str = "1.0.0",
        supplemental: list[tuple[Reference, Reference]] | None = None,
        id_: str = "loads_2020",
    ) -> int:
        document = {
            "project_id": id_,
            "name": "Loads of 2020",
            "description": "",
            "status": "In Progress",
            "datasets": datasets,
            "dimensions": {
                "base_dimension_references": base,
                "subset_dimensions": [],
                "supplemental_dimension_references": [dimension for dimension, _ in supplemental or ()],
            },
            "dimension_mappings": {
                "base_to_supplemental_references": [mapping for _, mapping in supplemental or ()],
                "dataset_to_project": {},
            },
        }
        return self.add("project", id_, document, version)

    @staticmethod
    def listed(id_: str, status: str = "Unregistered", version: str = "1.0.0", **more: Any) -> Document:
        """Return what a project says of a dataset."""
        return {
            "dataset_id": id_,
            "dataset_type": "modeled",
            "version": version,
            "required_dimensions": {"single_dimensional": {}, "multi_dimensional": []},
            "mapping_references": [],
            "base_dimension_names": {},
            "status": status,
            "wrap_time_allowed": False,
            **more,
        }

    def dataset(self, id_: str, dimensions: list[Reference], version: str = "1.0.0", **more: Any) -> int:
        document = {
            "dataset_id": id_,
            "data_layout": None,
            "registry_data_layout": {"table_format": "one_table", "value_format": "stacked"},
            "dataset_type": "modeled",
            "description": "",
            "data_classification": "low",
            "dimensions": [],
            "dimension_references": dimensions,
            "trivial_dimensions": ["sector", "subsector", "metric", "scenario", "model_year", "weather_year"],
            **more,
        }
        return self.add("dataset", id_, document, version)

    def table(self, id_: str, version: str = "1.0.0", name: str = "table.parquet", factor: float = 1.0) -> Path:
        """Write the data of a dataset: each hour of each county."""
        first = datetime(2012, 1, 1, tzinfo=UTC)
        rows = [(first + timedelta(hours=hour), place) for place in ("06037", "08031") for hour in range(HOURS)]
        table = pa.table(
            {
                "timestamp": pa.array([moment for moment, _ in rows], pa.timestamp("us", "UTC")),
                "geography": [place for _, place in rows],
                "value": [factor * (number + 1) for number in range(len(rows))],
            }
        )
        path = self.data / id_ / version / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path)
        return path

    def started(self) -> list[Reference]:
        """Register a project, a dataset of its dimensions, and the submission; return the dimensions."""
        self.register("Register project")
        base = self.dimensions()
        self.project(base, [self.listed("loads")])
        self.register("Register loads", submitter="ben")
        self.dataset("loads", base)
        self.table("loads")
        self.register("Submit loads", "minor")
        self.project(base, [self.listed("loads", "Registered")], "1.1.0")
        return base
