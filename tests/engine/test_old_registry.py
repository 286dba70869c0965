"""A query on a registry of the first schema gives what it gave then."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from tests.old_registry import FIXTURE, old_registry

from dsgrid.operations.query import query

if TYPE_CHECKING:
    from dsgrid.engine import Engine


def test_a_registry_of_the_first_schema_answers_as_it_did(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    spec = tmp_path / "specs/query.toml"
    spec.write_text((FIXTURE / "query.toml").read_text("utf-8"), "utf-8")
    result = query(spec, registry=old_registry(tmp_path / "registry"), engine=engine)
    found = pd.read_csv(result.path, dtype={"state": str})
    expected = pd.read_csv(FIXTURE / "heating_by_hour.csv", dtype={"state": str})
    keys = ["state", "end_use", "hour_of_day"]
    pd.testing.assert_frame_equal(
        found.sort_values(keys, ignore_index=True), expected.sort_values(keys, ignore_index=True), rtol=1e-9
    )
