"""What mappings take away from totals, or count twice, is told at submission and by plans, with its share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from changing import Bench, job
from tests.project_specs import DATASET, PROJECT, SUBMISSION, changed, dataset, one

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.operations.apply import apply
from dsgrid.operations.plan import plan
from dsgrid.operations.register_project import register_project
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.operations.validate import validate
from dsgrid.registry.publish import data_file, new_folder, write_manifest
from dsgrid.registry.registry import Registry

METRICS = [one("cooling", unit="kWh"), one("heating", unit="therm")]
PLACES = ("g1", "g2", "g3", "g4")
# Sums over time: g3 has a tenth of the electricity, and half of the gas.
SUMS = {"cooling": (50.0, 30.0, 10.0, 10.0), "heating": (1.0, 1.0, 4.0, 2.0)}
SPEC = changed(
    changed(DATASET, "dimension/geography/records", [one(place) for place in PLACES]),
    "dimension/metric/records",
    METRICS,
)
TARGET = changed(
    changed(PROJECT, "base/end_use/records", [one("cooling", unit="MWh"), one("heating", unit="MWh")]),
    "requires/offices",
    {"geography": ["06037"], "sector": ["com"], "subsector": {"subset": "by_sector", "selectors": ["commercial"]}},
)
TARGET = changed(TARGET, "base/scenario/records", [one("reference"), one("high")])
TARGET["requires"]["offices"]["scenario"] = ["reference"]


def make(folder: Path, spec: dict[str, Any] = SPEC, sums: dict[str, tuple[float, ...]] | None = None) -> Bench:
    """Register the project, and the dataset with these sums by metric and place."""
    Registry.create(folder).close()
    register_project(TARGET, registry=folder)
    with Registry.open(folder, write=True) as registry:
        where = new_folder(registry, "offices", "1.0.0")
        given = SUMS if sums is None else sums
        rows = [
            (place, metric, value)
            for metric, values in given.items()
            for place, value in zip(PLACES, values, strict=True)
        ]
        ids = {type_: [table["records"][0]["id"]] * len(rows) for type_, table in spec["dimension"].items()}
        columns: dict[str, list[Any]] = {type_: ids[type_] for type_ in RECORD_TYPES}
        columns["geography"], columns["metric"] = [row[0] for row in rows], [row[1] for row in rows]
        values = [row[2] for row in rows]
        table = pa.table({**columns, "sum": values, "abs_sum": list(map(abs, values)), "rows": [48] * len(rows)})
        pq.write_table(table, where / "associations.parquet")
        files = (data_file(where, "associations.parquet", "associations", len(rows)),)
        write_manifest(where, files)
        drawn = replace(dataset(spec), folder=f"offices/{where.name}", files=files)
        with registry.registration("offices") as registration:
            registration.add_dataset(drawn)
    return Bench(folder)


@pytest.fixture
def offices(tmp_path: Path) -> Bench:
    return make(tmp_path / "registry")


def geography(kind: str, *rows: tuple[Any, ...]) -> dict[str, Any]:
    records = [{"from": from_, **({"to": to} if to else {}), "fraction": fraction} for from_, to, fraction in rows]
    return changed(SUBMISSION, "mapping/geography", {"kind": kind, "records": records})


WHOLE = ("many_to_one_aggregation", *((place, "06037", 1.0) for place in PLACES))
CASES: dict[str, tuple[tuple[Any, ...], list[str]]] = {
    "nothing": (WHOLE, []),
    "unnamed": (
        WHOLE[:3],
        [
            "warning: mapping.geography does not name 2 of 4 records, which queries leave out, 20 % of the total in "
            'kWh and 75 % of the total in therm: "g3", "g4"'
        ],
    ),
    "dropped": (
        (*WHOLE[:4], ("g4", None, 1.0)),
        [
            "note: mapping.geography drops 1 of 4 records on purpose, 10 % of the total in kWh and 25 % of the total "
            'in therm: "g4"'
        ],
    ),
    "dropped in part": (
        ("many_to_many_aggregation", *WHOLE[1:3], ("g3", "06037", 0.5), ("g3", None, 0.5), ("g4", "06037", 1.0)),
        [
            "note: mapping.geography drops 1 of 4 records on purpose, some of them in part, 5 % of the total in kWh "
            'and 25 % of the total in therm: "g3"'
        ],
    ),
    "multiplied": (
        (
            "many_to_one_explicit_multipliers",
            *(("g1", "06037", 1.0), ("g2", "06037", 0.9), ("g3", "06037", 1.5), ("g4", "06037", 1.0)),
        ),
        [
            "note: mapping.geography passes on less than the whole of 1 of 4 records, which takes away 3 % of the "
            'total in kWh and 1.25 % of the total in therm: "g2" 0.9 times',
            "note: mapping.geography counts 1 of 4 records more than once, which adds 5 % to the total in kWh and 25 % "
            'to the total in therm: "g3" 1.5 times',
        ],
    ),
    "copied": (
        ("duplication", ("g1", "06037", 1.0), ("g1", "08031", 1.0), *((place, None, 1.0) for place in PLACES[1:])),
        [
            "note: mapping.geography drops 3 of 4 records on purpose, 50 % of the total in kWh and 87.5 % of the total "
            'in therm: "g2", "g3", "g4"',
            "warning: mapping.geography counts 1 of 4 records more than once, which adds 50 % to the total in kWh and "
            '12.5 % to the total in therm: "g1" 2 times',
        ],
    ),
    "averaged": (
        ("many_to_one_assignment", *((place, "06037", 0.25) for place in PLACES)),
        [
            "warning: mapping.geography passes on less than the whole of 4 of 4 records, which takes away 75 % of the "
            'total in kWh and 75 % of the total in therm: "g1" 0.25 times, "g2" 0.25 times, "g3" 0.25 times, '
            '"g4" 0.25 times'
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_becomes_of_totals_is_told_in_counts_and_shares(offices: Bench, case: str) -> None:
    rows, wanted = CASES[case]
    spec = geography(*rows)
    told = validate(job("submit_dataset", spec), registry=offices.folder).report().splitlines()[1:]
    assert [line.strip() for line in told] == wanted
    planned = plan(job("submit_dataset", spec), registry=offices.folder)
    assert list(map(str, planned.proposal.remarks)) == wanted
    assert all(f"  {line}" in planned.report() for line in wanted)
    assert [f"{each['level']}: {each['text']}" for each in planned.document()["remarks"]] == wanted
    submitted = submit_dataset(spec, registry=offices.folder)
    assert list(map(str, submitted.remarks)) == wanted
    assert submitted.report().splitlines()[1:] == [f"  {line}" for line in wanted]


def test_applying_tells_the_same_and_once(offices: Bench) -> None:
    spec = job("submit_dataset", geography(*CASES["unnamed"][0]))
    assert CASES["unnamed"][1][0] in apply(spec, registry=offices.folder).report()
    assert apply(spec, registry=offices.folder).proposal.remarks == ()


def test_scenarios_are_not_added_up_so_copies_are_a_note_without_a_share(offices: Bench) -> None:
    both = {"kind": "duplication", "records": [{"from": "reference", "to": to} for to in ("reference", "high")]}
    spec = changed(geography(*WHOLE), "mapping/scenario", both)
    (remark,) = submit_dataset(spec, registry=offices.folder).remarks
    assert str(remark) == 'note: mapping.scenario copies 1 of 1 record to several scenarios: "reference" 2 times'


def test_shares_of_metrics_are_of_those_in_the_unit(offices: Bench) -> None:
    only = {"kind": "one_to_one", "records": [{"from": "cooling", "to": "cooling"}]}
    spec = changed(geography(*WHOLE), "mapping/metric", only)
    needed = changed(TARGET, "requires/offices/metric", ["cooling"])
    apply(job("register_project", needed), registry=offices.folder, allow="major")
    (remark,) = submit_dataset(spec, registry=offices.folder).remarks
    assert remark.text.endswith('0 % of the total in kWh and 100 % of the total in therm: "heating"')


def test_values_below_0_count_by_their_size(tmp_path: Path) -> None:
    bench = make(tmp_path / "registry", sums={"cooling": (-50.0, 30.0, 10.0, 10.0)})
    (remark,) = submit_dataset(geography(*CASES["unnamed"][0]), registry=bench.folder).remarks
    assert "20 % of the total in kWh" in remark.text


RATES = changed(
    changed(SPEC, "dimension/metric/class", "growth_rate"), "dimension/metric/records", [one("cooling", unit="")]
)


def test_means_and_shares_may_be_copied_and_averaged_and_only_records_are_counted(tmp_path: Path) -> None:
    target = changed(TARGET, "base/end_use/class", "growth_rate")
    target["base"]["end_use"]["records"] = [one("cooling", unit="")]
    bench = make(tmp_path / "registry", RATES, {"cooling": (1.0, 1.0, 1.0, 1.0)})
    apply(job("register_project", target), registry=bench.folder, allow="major")
    assert not plan(job("submit_dataset", geography(*CASES["averaged"][0])), registry=bench.folder).proposal.remarks
    (remark,) = plan(job("submit_dataset", geography(*CASES["unnamed"][0])), registry=bench.folder).proposal.remarks
    assert remark.text == 'mapping.geography does not name 2 of 4 records, which queries leave out: "g3", "g4"'


def test_without_the_data_records_are_counted_all_the_same(offices: Bench) -> None:
    next(offices.folder.glob("data/offices/*/associations.parquet")).unlink()
    (remark,) = submit_dataset(geography(*CASES["unnamed"][0]), registry=offices.folder).remarks
    assert remark.text == 'mapping.geography does not name 2 of 4 records, which queries leave out: "g3", "g4"'


def test_a_small_share_is_not_nothing(tmp_path: Path) -> None:
    bench = make(tmp_path / "registry", sums={"cooling": (1e9, 1.0, 0.0, 0.0)})
    rows = ("many_to_one_aggregation", *((place, "06037", 1.0) for place in ("g1", "g3", "g4")))
    (remark,) = submit_dataset(geography(*rows), registry=bench.folder).remarks
    assert "less than 0.001 % of the total in kWh" in remark.text
