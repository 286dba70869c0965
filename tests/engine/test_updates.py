"""Projects and datasets that change under queries: each version goes on giving what it gave."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.desk import Desk
from tests.engines import few_on_spark
from tests.shaped_project import sales_spec, shaped_registry

import dsgrid.datasets.inputs
from dsgrid.errors import DataError, NotFoundError, RegistryError
from dsgrid.operations.apply import Applied, apply
from dsgrid.operations.job import perform, run_job
from dsgrid.operations.plan import Planned, plan
from dsgrid.operations.query import query
from dsgrid.operations.request import Request
from dsgrid.registry.publish import verify_manifest
from dsgrid.registry.registry import Registry
from dsgrid.toml_text import dumps

if TYPE_CHECKING:
    from dsgrid.engine import Engine

pytestmark = few_on_spark(3)

COMMERCIAL = "register_commercial.toml"
FACTS = "commercial/load_data.parquet"


@pytest.fixture
def desk(commercial_desk: Desk) -> Desk:
    return commercial_desk


def without_engine(desk: Desk) -> Desk:
    """Return a desk whose operations fail when they ask for an engine."""
    return replace(desk, engine=None)  # type: ignore[arg-type]


def planned(desk: Desk, name: str) -> Planned:
    return plan(desk.specs / name)


def applied(desk: Desk, name: str, allow: str | None = None) -> Applied:
    return apply(desk.specs / name, allow=allow, engine=desk.engine)


def totals(desk: Desk, project: str = "three_states_2018") -> dict[str, float]:
    """Return the annual energy of the commercial dataset by state and scenario."""
    spec = {
        "name": "check",
        "project": project,
        "datasets": ["commercial_2018"],
        "step": [{"function": "sum", "by": ["state", "scenario", "fuel", "annual"]}],
        "result": {"path": str(desk.folder / "results"), "unit": "MWh"},
    }
    table = query(spec, registry=desk.registry, engine=desk.engine).to_pandas()
    return table.groupby(table["state"] + " " + table["scenario"])["value"].sum().to_dict()


def folders(desk: Desk) -> list[str]:
    return sorted(path.name for path in (desk.registry / "data/commercial_2018").iterdir())


def doubled(table: pa.Table) -> pa.Table:
    columns = [
        pc.multiply(column, 2.0) if pa.types.is_floating(column.type) else column for column in table.itercolumns()
    ]
    return pa.table(dict(zip(table.column_names, columns, strict=True)))


def test_words_about_a_dataset_make_a_patch_that_shares_its_data_and_needs_no_engine(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = folders(desk)
    desk.replace(COMMERCIAL, 'tags = ["demo", "commercial"]', 'tags = ["demo", "offices"]')
    found = planned(desk, COMMERCIAL)
    assert [(part.kind, part.old, part.new, part.level) for part in found.proposal.parts] == [
        ("dataset", "1.0.0", "1.0.1", "patch")
    ]
    assert found.needed == "patch"
    monkeypatch.setattr("dsgrid.operations.running.kept_session", None)
    assert "keeps dataset commercial_2018 1.0.0" in applied(without_engine(desk), COMMERCIAL, "patch").report()
    assert folders(desk) == before
    with Registry.open(desk.registry) as registry:
        old, new = registry.dataset("commercial_2018@1.0.0"), registry.dataset("commercial_2018")
        assert new.folder == old.folder
        assert new.metadata["tags"] == ["demo", "offices"]
        assert registry.inputs("commercial_2018") == registry.inputs("commercial_2018@1.0.0")
        assert registry.missing("commercial_2018") == registry.missing("commercial_2018@1.0.0") != ()
    assert applied(without_engine(desk), COMMERCIAL).proposal.is_empty


def test_data_that_changed_are_stored_beside_the_old_ones_which_the_project_keeps_until_they_are_submitted(
    desk: Desk,
) -> None:
    before = totals(desk)
    desk.rewrite(FACTS, doubled)
    found = planned(desk, COMMERCIAL)
    assert found.proposal.level == "major"
    with pytest.raises(RegistryError, match="--allow major"):
        applied(desk, COMMERCIAL)
    assert len(folders(desk)) == 1
    applied(desk, COMMERCIAL, "major")
    assert len(folders(desk)) == 2
    assert totals(desk) == before
    applied(desk, "submit_commercial.toml")
    assert totals(desk) == {key: pytest.approx(2 * value, rel=1e-9) for key, value in before.items()}
    with Registry.open(desk.registry) as registry:
        for version in ("1.0.0", "2.0.0"):
            dataset = registry.dataset("commercial_2018", version)
            assert verify_manifest(registry.data_folder(dataset)) == ()


def test_wrong_data_leave_nothing_of_an_update(desk: Desk) -> None:
    desk.rewrite(FACTS, lambda table: table.slice(0, table.num_rows - 1))
    before = desk.listing(), desk.files()
    with pytest.raises(DataError):
        applied(desk, COMMERCIAL, "major")
    assert (desk.listing(), desk.files()) == before


def test_another_name_of_the_same_file_is_no_change(desk: Desk) -> None:
    (desk.data / FACTS).rename(desk.data / "commercial/other_name.parquet")
    desk.replace(COMMERCIAL, "commercial/load_data.parquet", "commercial/other_name.parquet")
    assert planned(desk, COMMERCIAL).proposal.is_empty


def test_another_way_to_read_the_same_files_reads_them_again(desk: Desk) -> None:
    desk.replace(COMMERCIAL, 'pivot = "metric"', 'precision = "float32"\npivot = "metric"')
    found = planned(desk, COMMERCIAL)
    assert [change.what for change in found.proposal.subjects[0].changes] == ["reading"]
    applied(desk, COMMERCIAL, "major")
    assert len(folders(desk)) == 2


def test_an_input_is_read_for_its_checksum_only_when_sizes_leave_a_doubt_and_only_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    known = dsgrid.datasets.inputs.file_sha256
    monkeypatch.setattr("dsgrid.datasets.inputs.file_sha256", lambda path: read.append(path.name) or known(path))
    monkeypatch.setattr("dsgrid.datasets.inputs._known", {})
    planned(desk, COMMERCIAL)
    planned(desk, COMMERCIAL)
    assert sorted(read) == ["large_offices.csv", "load_data.parquet", "load_data_lookup.parquet"]
    read.clear()
    path = desk.data / FACTS
    path.write_bytes(path.read_bytes() + b"\0")
    assert not planned(desk, COMMERCIAL).proposal.is_empty
    assert read == []


def test_a_changed_project_is_asked_beside_the_old_one(desk: Desk) -> None:
    before = totals(desk)
    desk.replace("register_project.toml", 'name = "Three States 2018"', 'name = "Three States"')
    text = (desk.specs / "mappings/county_to_state.csv").read_text("utf-8")
    (desk.specs / "mappings/county_to_state.csv").write_text(text.replace(",CO", ",CA"), "utf-8")
    records = (desk.specs / "dimensions/states.csv").read_text("utf-8").splitlines()
    kept = [line for line in records if not line.startswith("CO,")]
    (desk.specs / "dimensions/states.csv").write_text("\n".join(kept) + "\n", "utf-8")
    found = applied(desk, "register_project.toml", "major")
    assert [one.dataset_id for one in found.proposal.carried] == ["commercial_2018"]
    after = totals(desk)
    assert totals(desk, "three_states_2018@1") == before
    assert sum(after.values()) == pytest.approx(sum(before.values()))
    assert {key.split()[0] for key in after} == {"CA"}


def test_what_an_update_invalidates_is_refused_until_it_is_submitted_again(desk: Desk) -> None:
    before = totals(desk)
    third = '{ id = "low", name = "Low" }, { id = "high_electrification", name = "High electrification" }]'
    desk.replace("register_project.toml", '{ id = "high_electrification", name = "High electrification" }]', third)
    found = applied(desk, "register_project.toml")
    assert [(one.dataset_id, one.submitted_to) for one in found.proposal.invalidated] == [("commercial_2018", "1.0.0")]
    with pytest.raises(
        NotFoundError, match=r"submitted to project three_states_2018 1.0.0, but 1.1.0 invalidated that"
    ):
        totals(desk)
    assert totals(desk, "three_states_2018@1.0.0") == before
    desk.replace(
        "submit_commercial.toml", 'to = "reference" },', 'to = "reference" }, { from = "reference", to = "low" },'
    )
    applied(desk, "submit_commercial.toml")
    assert len(totals(desk)) == len(before) * 3 // 2


def test_spark_is_started_only_for_data_and_only_when_they_may_change(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    launched: list[list[str]] = []
    monkeypatch.setattr("dsgrid.operations.job.launch", lambda command: launched.append(command) or 0)
    monkeypatch.setattr("dsgrid.operations.job.under_spark_submit", lambda: False)
    request = Request(desk.specs / COMMERCIAL, engine="spark", apply=True, allow="patch")
    desk.replace(COMMERCIAL, 'tags = ["demo", "commercial"]', 'tags = ["demo", "offices"]')
    assert "1.0.0 -> 1.0.1 (patch)" in perform(request, print).report
    desk.rewrite(FACTS, doubled)
    with pytest.raises(RegistryError, match="--allow major"):
        perform(request, print)
    assert launched == []
    perform(replace(request, allow="major"), print)
    assert launched[0][-3:] == ["--apply", "--allow", "major"]


def test_a_job_applies_what_its_flag_says(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.replace("register_project.toml", 'name = "Three States 2018"', 'name = "Three States"')
    spec = str(desk.specs / "register_project.toml")
    assert run_job("register_project", [spec, "--apply"]) == 5
    assert run_job("register_project", [spec, "--apply", "--allow", "patch"]) == 0
    assert "three_states_2018 1.0.0 -> 1.0.1 (patch)" in capsys.readouterr().out


def test_a_dataset_and_its_submission_change_in_one(desk: Desk) -> None:
    spec = tomllib.loads((desk.specs / COMMERCIAL).read_text("utf-8"))
    submission = tomllib.loads((desk.specs / "submit_commercial.toml").read_text("utf-8"))
    spec["job"] = "register_and_submit_dataset"
    spec["submission"] = {key: submission[key] for key in ("project", "mapping")}
    both = "both.toml"
    (desk.specs / both).write_text(dumps(spec), "utf-8")
    assert planned(desk, both).proposal.is_empty
    before = totals(desk)
    desk.rewrite(FACTS, doubled)
    found = applied(desk, both, "major")
    assert [(part.kind, part.new) for part in found.proposal.subjects] == [
        ("dataset", "2.0.0"),
        ("submission", "1.0.0+2.0.0"),
    ]
    assert totals(desk) == {key: pytest.approx(2 * value, rel=1e-9) for key, value in before.items()}
    assert planned(desk, both).proposal.is_empty


# Rules of time -------------------------------------------------------------------------------------------------------


def test_an_edited_rule_of_time_makes_a_version_and_the_one_before_gives_what_it_gave(
    engine: Engine, tmp_path: Path
) -> None:
    registry = shaped_registry(tmp_path, engine)

    def days(version: str) -> list[float]:
        spec = {
            "name": "check",
            "project": f"two_counties@{version}",
            "datasets": ["sales"],
            "where": [{"dimension": "county", "equals": "08031"}],
            "step": [{"function": "sum", "by": ["daily"]}],
            "result": {"path": str(tmp_path / "results"), "unit": "kWh", "sort": ["daily"]},
        }
        return query(spec, registry=registry, engine=engine).to_pandas()["value"].tolist()

    shaped = days("1.0.0")
    # Of 06037 there are 1000 kWh, in the course of days that go up by 2 from 1 on, and begin anew after 7.
    course = [1 + (day * 2) % 7 for day in range(365)]
    assert shaped == pytest.approx([1000 * each / sum(course) for each in course], rel=1e-12)
    flat = {"spec_version": 1, "job": "submit_dataset", **sales_spec(spread="flat")}
    found = plan(flat, registry=registry)
    assert [change.key for change in found.proposal.subjects[0].changes] == ["spread", "shape"]
    with pytest.raises(RegistryError, match="--allow major"):
        apply(flat, registry=registry)
    apply(flat, registry=registry, allow="major")
    assert days("2.0.0") == pytest.approx([1000 / 365] * 365, rel=1e-12)
    assert days("1.0.0") == shaped
