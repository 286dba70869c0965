"""What a plan says: levels, versions, what goes along, what is lost; and that it writes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from changing import Bench, Spec, edited, job
from tests.project_specs import DATASET, PROJECT, SUBMISSION, changed, one

from dsgrid.cli import run
from dsgrid.errors import RegistryError, SpecError, UsageError
from dsgrid.operations.plan import plan
from dsgrid.registry.registry import Registry
from dsgrid.toml_text import dumps

STATES = {"kind": "many_to_one_aggregation", "records": [{"from": "06037", "to": "w"}, {"from": "08031", "to": "w"}]}
WEST = {"of": "county", "class": "geography", "records": [one("w")], "mapping": STATES}


def county(spec: Spec, number: int = 0) -> Spec:
    record: Spec = spec["base"]["county"]["records"][number]
    return record


def add_county(spec: Spec) -> None:
    spec["base"]["county"]["records"].append(one("36061", state="NY"))
    spec["supplemental"]["state"]["records"].append(one("NY"))
    spec["supplemental"]["state"]["mapping"]["records"].append({"from": "36061", "to": "NY"})


EDITS: list[tuple[str, Callable[[Spec], Any], str]] = [
    ("a description", lambda spec: spec["project"].update(description="Two"), "1.0.1"),
    ("the name", lambda spec: spec["project"].update(name="Pair"), "1.0.1"),
    ("a description of a dimension", lambda spec: spec["base"]["county"].update(description="Two"), "1.0.1"),
    ("a description of a mapping", lambda s: s["supplemental"]["state"]["mapping"].update(description="x"), "1.0.1"),
    ("a description of a subset", lambda spec: spec["subset"]["by_sector"].update(description="x"), "1.0.1"),
    ("a record added", add_county, "1.1.0"),
    ("a supplemental dimension added", lambda spec: spec["supplemental"].update(west=WEST), "1.1.0"),
    (
        "a subset added",
        lambda spec: spec["subset"].update(some={"of": "building", "selectors": {"one": ["office"]}}),
        "1.1.0",
    ),
    (
        "a selector added",
        lambda spec: spec["subset"]["by_sector"]["selectors"].update(both=["office", "house"]),
        "1.1.0",
    ),
    ("a requirement added", lambda spec: spec["requires"].update(homes={"sector": ["res"]}), "1.1.0"),
    ("a record's name", lambda spec: county(spec).update(name="LA"), "2.0.0"),
    ("a record's column", lambda spec: county(spec).update(state="NV"), "2.0.0"),
    ("a record removed", lambda spec: spec["base"]["building"]["records"].pop() and _less(spec), "2.0.0"),
    ("the order of records", lambda spec: spec["base"]["sector"]["records"].reverse(), "2.0.0"),
    ("an association", lambda s: s["supplemental"]["state"]["mapping"]["records"][0].update(to="CO"), "2.0.0"),
    ("a requirement of a dataset that is named", lambda spec: spec["requires"]["offices"].pop("sector"), "2.0.0"),
    ("a requirement removed", lambda spec: spec["requires"].pop("offices"), "2.0.0"),
    ("a subset removed", lambda spec: (spec.pop("subset"), spec["requires"]["offices"].pop("subsector")), "2.0.0"),
    ("a supplemental dimension removed", lambda spec: spec.pop("supplemental"), "2.0.0"),
    ("the time", lambda spec: spec["time"].update(end="2018-01-01 23:00"), "2.0.0"),
]


def _less(spec: Spec) -> None:
    del spec["subset"]["by_sector"]["selectors"]["homes"]


@pytest.mark.parametrize(("edit", "version"), [each[1:] for each in EDITS], ids=[each[0] for each in EDITS])
def test_what_is_edited_makes_the_version(bench: Bench, edit: Callable[[Spec], Any], version: str) -> None:
    before = bench.contents()
    planned = bench.plan_project(edit)
    assert [(part.kind, part.new) for part in planned.proposal.subjects] == [("project", version)]
    assert bench.contents() == before
    level = {"1.0.1": "patch", "1.1.0": None, "2.0.0": "major"}[version]
    assert planned.needed == level
    bench.apply_project(edit, allow=level)
    assert bench.version() == version
    with bench.open() as registry:
        assert registry.project("two_counties@1.0.0").version == "1.0.0"
    assert bench.plan_project(edit).proposal.is_empty
    assert bench.apply_project(edit).proposal.is_empty


def test_nothing_is_planned_for_what_is_registered(bench: Bench) -> None:
    planned = bench.plan_project()
    assert planned.proposal.is_empty
    assert "nothing to do" in planned.report()


def test_a_plan_takes_no_lock(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsgrid.registry.database.Database.atomic", None)
    monkeypatch.setattr("dsgrid.registry.locks.probe_locks", None)
    assert not bench.plan_project(add_county).proposal.is_empty


def test_something_new_needs_no_leave(tmp_path: Path) -> None:
    Registry.create(tmp_path / "registry").close()
    planned = plan(job("register_project", PROJECT), registry=tmp_path / "registry")
    assert planned.needed is None
    assert {part.old for part in planned.proposal.parts} == {""}
    assert "new project two_counties 1.0.0" in planned.report()


def test_only_what_changed_gets_a_new_version(bench: Bench) -> None:
    parts = bench.plan_project(add_county).proposal.parts
    assert {(part.id, part.new) for part in parts if part.kind == "dimension"} == {
        ("two_counties/county", "1.1.0"),
        ("two_counties/state", "1.1.0"),
    }
    assert {(part.id, part.new) for part in parts if part.kind == "mapping"} == {
        ("two_counties/county:state", "1.1.0"),
        ("two_counties/county:all_geographies", "1.1.0"),
    }


def test_a_report_says_what_goes_along_and_what_is_lost(bench: Bench) -> None:
    along = bench.plan_project(lambda spec: spec["supplemental"].update(west=WEST)).report()
    assert "datasets that go along: offices 1.0.0" in along
    lost = bench.plan_project(add_county).report()
    assert "invalidated: dataset offices 1.0.0 (submitted to 1.0.0)" in lost
    assert 'dataset offices does not cover 1 required record of "county": "36061"' in lost


def test_the_leave_that_is_needed_is_named(bench: Bench) -> None:
    assert "give --allow major" in bench.plan_project(lambda spec: county(spec).update(name="LA")).report()
    assert "--allow" not in bench.plan_project(lambda spec: county(spec).update(name="LA"), allow="major").report()


def test_a_submission_with_other_mappings_makes_a_new_version_of_the_project(bench: Bench) -> None:
    rename = {"kind": "one_to_one", "records": [{"from": "g1", "to": "08031"}, {"from": "g2", "to": "06037"}]}
    planned = plan(job("submit_dataset", changed(SUBMISSION, "mapping/geography", rename)), registry=bench.folder)
    assert [(part.kind, part.id, part.new) for part in planned.proposal.parts] == [
        ("mapping", "two_counties/offices/own_county:county", "2.0.0"),
        ("project", "two_counties", "2.0.0"),
        ("submission", "two_counties/offices", "2.0.0+1.0.0"),
    ]
    assert planned.needed == "major"


def test_a_query_cannot_be_planned(bench: Bench) -> None:
    spec = {"spec_version": 1, "job": "create_registry", "registry": str(bench.folder)}
    with pytest.raises(UsageError, match='"create_registry" cannot be planned'):
        plan(spec, registry=bench.folder)


def test_a_wrong_spec_says_what_its_job_would_say(bench: Bench) -> None:
    with pytest.raises(SpecError, match="there is no base dimension"):
        bench.plan_project(lambda spec: spec["supplemental"]["state"].update(of="counties"))


def test_a_version_that_is_not_the_newest_any_more_is_told_with_its_author(bench: Bench) -> None:
    bench.apply_project(add_county)
    edit = job("register_project", changed(PROJECT, "project/name", "Pair"), based_on="1.0.0", allow="major")
    with pytest.raises(RegistryError, match=r"two_counties is at 1\.1\.0 by now, registered by .* edited from 1\.0\.0"):
        plan(edit, registry=bench.folder)
    same = job("register_project", edited(PROJECT, add_county), based_on="1.0.0")
    assert plan(same, registry=bench.folder).proposal.is_empty


def test_the_command_ends_with_0_or_2_and_prints_what_is_asked(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "project.toml"
    spec.write_text(dumps(job("register_project", PROJECT)))
    assert run(["plan", str(spec), "--registry", str(bench.folder)]) == 0
    assert "nothing to do" in capsys.readouterr().out
    spec.write_text(dumps(job("register_project", edited(PROJECT, add_county))))
    assert run(["plan", str(spec), "--registry", str(bench.folder), "--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert document["level"] == "minor"
    assert document["invalidated"][0]["dataset_id"] == "offices"
    assert {"kind": "project", "id": "two_counties", "old": "1.0.0", "new": "1.1.0"}.items() <= document["parts"][
        -1
    ].items()
    spec.write_text("job = 1")
    assert run(["plan", str(spec), "--registry", str(bench.folder)]) == 2
    assert capsys.readouterr().out == ""


def test_a_dataset_whose_input_was_not_kept_is_read_again(bench: Bench, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"value": [1.0]}), tmp_path / "offices.parquet")
    spec = changed(DATASET, "data/table", str(tmp_path / "offices.parquet"))
    planned = plan(job("register_dataset", spec), registry=bench.folder)
    assert planned.proposal.level == "major"
    assert planned.proposal.subjects[0].value.needs_data
