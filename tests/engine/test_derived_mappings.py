"""Mappings that are found or lose something, on real data: the answers are the same, and the shares told are true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import tomli
from tests.desk import Desk

from dsgrid.operations.apply import apply
from dsgrid.operations.explain import explain
from dsgrid.operations.query import query
from dsgrid.operations.register_and_submit_dataset import register_and_submit_dataset
from dsgrid.operations.register_dimensions import register_dimensions
from dsgrid.operations.register_mappings import register_mappings
from dsgrid.registry.registry import Registry

AREAS = ("west", "mountains")
REGIONS = ("CA_coast", "CO_western_slope")
ONLY_HOMES = ('datasets = ["commercial_2018", "residential_2018"]', 'datasets = ["residential_2018"]')
RECORDS = 'kind = "one_to_many_disaggregation"\nrecords = "mappings/regions_to_counties.csv"'


def read_result(desk: Desk) -> Any:
    table = query(desk.specs / "hourly_by_state.toml", engine=desk.engine).to_pandas()
    return table.sort_values(list(table.columns[:3]), ignore_index=True)


def test_a_chain_that_is_found_gives_the_answers_of_the_mapping_written_out(desk: Desk, tmp_path: Path) -> None:
    desk.replace("hourly_by_state.toml", *ONLY_HOMES)
    desk.run("register_residential")
    other = desk.copy(tmp_path / "other")
    desk.run("submit_residential")

    areas = {"type": "geography", "records": [{"id": id_, "name": id_} for id_ in AREAS]}
    register_dimensions({"owner": "areas", "dimension": {"area": areas}}, registry=other.registry)
    with Registry.open(desk.registry) as opened:
        written = opened.submission("three_states_2018", "residential_2018").mappings["geography"].mapping
    assert written is not None
    area = dict(zip(REGIONS, AREAS, strict=True))
    mappings = {
        "to_area": {
            "from": "residential_2018/residential_region@1",
            "to": "areas/area@1",
            "kind": "one_to_one",
            "records": [{"from": region, "to": area[region]} for region in REGIONS],
        },
        "to_county": {
            "from": "areas/area@1",
            "to": "three_states_2018/county@1",
            "kind": "one_to_many_disaggregation",
            "records": [
                {"from": area[each.from_id], "to": each.to_id, "fraction": each.fraction}
                for each in written.associations
            ],
        },
    }
    register_mappings({"owner": "areas", "mapping": mappings}, registry=other.registry)
    other.replace("submit_residential.toml", RECORDS, "find = true")
    submitted = other.run("submit_residential")
    assert submitted.submission.mappings["geography"].mapping.associations == written.associations

    made_of = "composed of areas/to_area@1.0.0 and then areas/to_county@1.0.0"
    assert f"mapping.geography is {made_of}" in submitted.report()
    told = explain(other.specs / "hourly_by_state.toml").report()
    assert told.splitlines()[-1] == f"mapping     geography of residential_2018 is {made_of}"
    assert made_of not in explain(desk.specs / "hourly_by_state.toml").report()

    wanted, found = read_result(desk), read_result(other)
    assert len(wanted) == len(found) > 0
    assert (wanted == found).all(axis=None)


@pytest.mark.parametrize("in_one", [False, True])
def test_the_share_of_a_total_that_is_told_is_that_of_the_data(
    desk: Desk, in_one: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk.specs)
    (desk.specs / "mappings/lossy.csv").write_text("from,to\nCA_coast,06037\nCO_western_slope,\n", "utf-8")
    lossy = 'kind = "many_to_one_aggregation"\nrecords = "mappings/lossy.csv"'
    desk.replace("submit_residential.toml", RECORDS, lossy)
    # The project does not miss what is dropped.
    head = "[requires.residential_2018]"
    desk.replace("register_project.toml", head, f'{head}\ngeography = ["06037"]')
    apply(desk.specs / "register_project.toml", allow="major")
    if in_one:
        submission = tomli.loads((desk.specs / "submit_residential.toml").read_text("utf-8"))
        spec = tomli.loads((desk.specs / "register_residential.toml").read_text("utf-8"))
        spec = {**spec, "job": "register_and_submit_dataset"}
        spec["submission"] = {key: submission[key] for key in ("project", "mapping")}
        remarks = register_and_submit_dataset(spec, engine=desk.engine).submitted.remarks
    else:
        desk.run("register_residential")
        remarks = desk.run("submit_residential").remarks

    facts = pq.read_table(desk.data / "residential/load_data.parquet").to_pandas()
    with Registry.open(desk.registry) as opened:
        metrics = opened.dataset("residential_2018").dimensions["metric"].records
    unit = {record.id: record.get("unit") for record in metrics}
    facts["unit"] = facts["end_use"].map(unit)
    dropped = facts["region"] == "CO_western_slope"
    (remark,) = remarks
    for name, part in facts.groupby("unit"):
        share = part.loc[dropped, "value"].abs().sum() / part["value"].abs().sum()
        assert f"{100 * share:.3g} % of the total in {name}" in remark.text
    assert remark.level == "note"
    assert remark.text.startswith("mapping.geography drops 1 of 2 records on purpose, ")
    assert remark.text.endswith(': "CO_western_slope"')
