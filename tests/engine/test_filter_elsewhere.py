"""An extract of a registry whose data are on S3 is a registry of this machine with the same numbers."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from tests.desk import Desk
from tests.object_store import BUCKET, ObjectStore, environment, variables

from dsgrid.engine import session
from dsgrid.errors import UsageError
from dsgrid.operations.check_registry import examine
from dsgrid.operations.copy_registry import copy_registry
from dsgrid.operations.filter_registry import filter_registry
from dsgrid.operations.query import query


def test_an_extract_is_made_of_data_on_s3(tmp_path: Path) -> None:
    store = ObjectStore()
    try:
        store.client().create_bucket(Bucket=BUCKET)
        with variables(**environment(store.url)), session("sail", memory="1g") as engine:
            desk = Desk.new(tmp_path / "desk", engine)
            desk.run("register_commercial", "submit_commercial")
            place = {"target": tmp_path / "there", "data_root": f"s3://{BUCKET}/data"}
            copy_registry(place, registry=desk.registry)
            spec = {"project": "three_states_2018", "keep": {"county": ["06037"], "fuel": ["electricity"]}}
            tables: list[pa.Table] = []
            for registry, target in ((desk.registry, "one"), (tmp_path / "there", "other")):
                done = filter_registry({**spec, "target": tmp_path / target}, registry=registry, engine=engine)
                assert done.choice.datasets[0].kept
                assert examine(tmp_path / target, checksums=True, older_than=0).is_clean
                asked = {"name": "q", "project": "three_states_2018", "datasets": ["commercial_2018"]}
                asked["result"] = {"path": tmp_path / "results", "sort": ["county", "end_use", "building_type"]}
                tables.append(query(asked, registry=tmp_path / target, engine=engine).to_arrow())
            assert tables[0].num_rows == tables[1].num_rows > 0
            assert tables[0].schema == tables[1].schema
            with pytest.raises(UsageError, match="an object store has no links"):
                filter_registry(
                    {**spec, "keep": {"scenario": ["reference"]}, "data": "link", "target": tmp_path / "linked"},
                    registry=tmp_path / "there",
                    engine=engine,
                )
            assert not (tmp_path / "linked").exists()
    finally:
        store.stop()
