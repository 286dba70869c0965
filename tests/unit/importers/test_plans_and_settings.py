from __future__ import annotations

from pathlib import Path

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.document import Entry
from dsgrid.importers.plans import is_plan, plan
from dsgrid.importers.settings_file import settings_file

PLAN = {
    "dataset_id": "offices",
    "mappings": [{"name": "county", "handle_data_skew": True, "persist": True}, {"name": "end_use"}],
    "apply_fraction_op": {"name": "apply_fraction_op", "persist": True},
    "keep_intermediate_files": False,
}


def test_a_mapping_plan_is_dropped_with_what_it_would_keep() -> None:
    document = Entry(PLAN, Path("plan.json5"))
    assert is_plan(document)
    (remark,) = plan(document)
    assert remark.kind == "dropped"
    assert '"offices"' in remark.message
    assert "(county, apply_fraction_op)" in remark.message


def test_what_nobody_knows_in_a_plan_is_told() -> None:
    (unknown, _) = plan(Entry(PLAN | {"map_time_ops": {"persist": True}}, Path("plan.json5")))
    assert (unknown.kind, unknown.key) == ("decide", "map_time_ops")
    with pytest.raises(SpecError, match=r'plan\.json5: mappings\[0\]: the key "name" is missing'):
        plan(Entry(PLAN | {"mappings": [{"persist": True}]}, Path("plan.json5")))


def test_a_dataset_is_no_plan() -> None:
    assert not is_plan(Entry({"dataset_id": "offices", "data_layout": {}}, Path("dataset.json5")))


def test_every_setting_says_where_it_is_here_and_no_secret_is_repeated() -> None:
    document = Entry(
        {"database_url": "sqlite:///r.db", "database_password": "hunter2", "scratch_dir": "/s", "colour": "red"},
        Path("/home/me/.dsgrid.json5"),
    )
    remarks = settings_file(document)
    assert [one.key for one in remarks] == ["database_url", "database_password", "scratch_dir", "colour"]
    assert "dsgrid import registry" in remarks[0].message
    assert not any("hunter2" in one.message for one in remarks)
