"""A dataset is registered and submitted in one: afterwards both are there, as if in two steps, or neither."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomli
from tests.desk import Desk
from tests.engines import few_on_spark
from tests.orphans import orphans

from dsgrid.errors import DataError
from dsgrid.operations.register_and_submit_dataset import register_and_submit_dataset
from dsgrid.operations.register_dataset import register_dataset
from dsgrid.operations.register_dimensions import register_dimensions
from dsgrid.operations.register_mappings import register_mappings
from dsgrid.registry.registration import Registration
from dsgrid.registry.registry import Registry

pytestmark = few_on_spark(3)


def read(desk: Desk, name: str) -> dict[str, Any]:
    return tomli.loads((desk.specs / f"{name}.toml").read_text("utf-8"))


def in_one(desk: Desk) -> dict[str, Any]:
    """The specs that register and submit the homes, as one."""
    submission = read(desk, "submit_residential")
    return {
        **read(desk, "register_residential"),
        "job": "register_and_submit_dataset",
        "submission": {key: submission[key] for key in ("project", "mapping")},
    }


@pytest.fixture
def spec(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(desk.specs)
    return in_one(desk)


def test_one_spec_does_what_two_do(desk: Desk, spec: dict[str, Any], template: Desk, tmp_path: Path) -> None:
    done = register_and_submit_dataset(spec, engine=desk.engine)
    assert "registered dataset residential_2018@1.0.0" in done.report()
    assert "submitted dataset residential_2018@1.0.0 to project three_states_2018@1.0.0" in done.report()
    other = template.copy(tmp_path / "other")
    other.run("register_residential", "submit_residential")
    found = []
    for registry in (desk.registry, other.registry):
        with Registry.open(registry) as opened:
            dataset = opened.dataset("residential_2018")
            found.append((dataset.dimensions, dataset.time, opened.submission("three_states_2018", "residential_2018")))
    assert found[0] == found[1]
    with Registry.open(desk.registry) as opened:
        assert [row["job"] for row in opened.registrations()][1:] == ["register_and_submit_dataset"]


def test_when_the_submission_fails_at_the_end_nothing_is_registered(
    desk: Desk, spec: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise DataError("late")

    before = desk.listing(), desk.files()
    monkeypatch.setattr(Registration, "add_submission", fail)
    with pytest.raises(DataError, match="late"):
        register_and_submit_dataset(spec, engine=desk.engine)
    assert (desk.listing(), desk.files()) == before
    with Registry.open(desk.registry) as opened:
        assert orphans(opened) == ()


def test_data_that_are_wrong_leave_nothing(desk: Desk, spec: dict[str, Any]) -> None:
    desk.rewrite("residential/load_data.parquet", lambda table: table.slice(1))
    before = desk.listing(), desk.files()
    with pytest.raises(DataError):
        register_and_submit_dataset(spec, engine=desk.engine)
    assert (desk.listing(), desk.files()) == before


def test_a_dataset_of_a_registered_time_is_read_by_the_column_that_it_names(desk: Desk, spec: dict[str, Any]) -> None:
    own = dict(spec["time"])
    column = own.pop("column")
    register_dimensions({"owner": "clocks", "time": {"time_mst": own}}, registry=desk.registry)
    for key in ("job", "submission"):
        del spec[key]
    spec["time"] = {"use": "clocks/time_mst@1", "column": column}
    dataset = register_dataset(spec, engine=desk.engine).dataset
    with Registry.open(desk.registry) as opened:
        assert opened.dataset("residential_2018").time == opened.time("clocks/time_mst") == dataset.time


def test_a_query_maps_by_a_registered_mapping_as_by_an_own_one(desk: Desk, spec: dict[str, Any]) -> None:
    mapping = spec["submission"]["mapping"]["geography"]
    regions = {**spec["dimension"]["geography"], "type": "geography"}
    del regions["name"]
    register_dimensions({"owner": "regions", "dimension": {"region": regions}}, registry=desk.registry)
    ends = {"from": "regions/region", "to": "three_states_2018/county"}
    register_mappings({"owner": "regions", "mapping": {"to_county": {**ends, **mapping}}}, registry=desk.registry)
    spec["dimension"]["geography"] = {"use": "regions/region"}
    spec["submission"]["mapping"]["geography"] = {"use": "regions/to_county@1"}
    register_and_submit_dataset(spec, engine=desk.engine)
    desk.run("register_commercial", "submit_commercial")
    found = desk.run("hourly_by_state").to_pandas()

    plain = Desk(desk.folder / "plain", desk.engine)
    Desk.new(plain.folder, desk.engine)
    plain.run("register_residential", "submit_residential", "register_commercial", "submit_commercial")
    assert found.equals(plain.run("hourly_by_state").to_pandas())
