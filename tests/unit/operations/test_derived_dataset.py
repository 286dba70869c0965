"""A published result becomes specs that are complete, or is refused with what to change in the query."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import tomli
from derived_results import (
    COUNTIES,
    COUNTY,
    END_USE,
    HOURLY,
    HOURS,
    METRICS,
    PROJECT,
    SLOT,
    STATE,
    STATES,
    edit_manifest,
    hours,
    key,
    make_registry,
    project_spec,
    publish,
    rows,
    time_key,
)

from dsgrid.errors import DataError, NotFoundError, RegistryError
from dsgrid.operations.apply import apply
from dsgrid.operations.create_derived_dataset import Derived, create_derived_dataset, derive
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.validate import validate
from dsgrid.registry.lineage import Lineage, find_lineage

ALL = {"county": COUNTIES, "end_use": METRICS, "time_mst": hours()}
COLUMNS = (COUNTY, END_USE, SLOT)
DAILY = time_key("daily", "date", interval="period_beginning", measurement="total")
ANNUAL = time_key("annual", "int32", measurement="total")
HOUSES = {"subsector": {"held": 1, "of": 2, "only": "house"}}


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_registry(tmp_path_factory.mktemp("derived") / "registry")


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry whose project has all hours of a year."""
    time = {**project_spec()["time"], "end": "2018-12-31 23:00"}
    return make_registry(tmp_path_factory.mktemp("year") / "registry", time=time)


def made(registry: Path, folder: Path, table: pa.Table, columns: Any = COLUMNS, **more: Any) -> Derived:
    """Publish a table and derive a dataset of it; what is no part of the result is an option of `derive`."""
    options = {name: more.pop(name) for name in ("mapping", "overwrite", "project") if name in more}
    run = publish(folder / "results", table, columns, **{"summed": HOUSES, **more})
    return derive(run, id="derived", output=folder / "out", registry=registry, **options)


def refusal(registry: Path, folder: Path, table: pa.Table, columns: Any = COLUMNS, **more: Any) -> str:
    with pytest.raises(DataError) as caught:
        made(registry, folder, table, columns, **more)
    assert not (folder / "out").exists()
    return str(caught.value)


def spec(derived: Derived) -> dict[str, Any]:
    """Return the spec of the dataset, which is right as far as can be said without its data."""
    validate(derived.dataset_spec)
    return tomli.loads(derived.dataset_spec.read_text("utf-8"))


def submission(derived: Derived) -> dict[str, Any]:
    assert derived.submission_spec is not None, derived.unsaid
    return tomli.loads(derived.submission_spec.read_text("utf-8"))


def table_of(derived: Derived, name: str) -> list[dict[str, str]]:
    with (derived.folder / name).open(newline="") as file:
        return list(csv.DictReader(file))


def records(derived: Derived, type_: str) -> list[dict[str, str]]:
    return table_of(derived, spec(derived)["dimension"][type_]["records"])


# Records -------------------------------------------------------------------------------------------------------------


def test_all_records_of_the_project_are_its_dimensions_and_all_slots_its_time(registry: Path, tmp_path: Path) -> None:
    derived = made(registry, tmp_path, rows(ALL))
    found = spec(derived)
    assert found["dimension"]["geography"] == {"name": "county", "use": f"{PROJECT}/county@1.0.0"}
    assert found["dimension"]["metric"] == {"name": "end_use", "use": f"{PROJECT}/end_use@1.0.0"}
    assert found["dimension"]["scenario"]["use"] == f"{PROJECT}/scenario@1.0.0"
    assert found["time"] == {"use": f"{PROJECT}/time_mst@1.0.0", "column": "time_mst", "labels": "instants"}
    assert found["data"]["columns"] == {"county": {"dimension": "geography"}, "end_use": {"dimension": "metric"}}
    assert found["data"]["ignore"] == ["unit"]
    assert "expected" not in found["data"]
    assert "mapping" not in submission(derived)


def test_some_records_become_a_dimension_of_their_own_that_needs_no_mapping(registry: Path, tmp_path: Path) -> None:
    derived = made(registry, tmp_path, rows({**ALL, "county": COUNTIES[:2]}))
    assert records(derived, "geography") == [
        {"id": "06037", "name": "Los Angeles", "state": "CA"},
        {"id": "08031", "name": "Denver", "state": "CO"},
    ]
    assert "mapping" not in submission(derived)


def test_a_type_without_a_column_has_the_record_that_all_values_are_of(registry: Path, tmp_path: Path) -> None:
    derived = made(registry, tmp_path, rows(ALL))
    assert [row["id"] for row in records(derived, "sector")] == ["res"]
    assert [row["id"] for row in records(derived, "model_year")] == ["2018"]


@pytest.mark.parametrize(("held", "record"), [(2, "all_subsectors"), (1, "some_subsectors")])
def test_only_values_of_all_records_are_called_so(registry: Path, tmp_path: Path, held: int, record: str) -> None:
    derived = made(registry, tmp_path, rows(ALL), summed={"subsector": {"held": held, "of": 2}})
    if record == "all_subsectors":
        assert spec(derived)["dimension"]["subsector"]["use"] == f"{PROJECT}/all_subsectors@1.0.0"
    else:
        assert [row["id"] for row in records(derived, "subsector")] == [record]
    assert derived.submission_spec is None
    assert f'"{record}"' in derived.unsaid[0]


def test_a_reverse_that_renames_is_taken_and_one_that_copies_is_not(registry: Path, tmp_path: Path) -> None:
    columns = (STATE, END_USE, SLOT)
    table = rows({"state": tuple(STATES.values()), "end_use": METRICS, "time_mst": hours()})
    derived = made(registry, tmp_path, table, columns)
    assert spec(derived)["dimension"]["geography"]["use"] == f"{PROJECT}/state@1.0.0"
    assert submission(derived)["mapping"] == {"geography": {"reverse_of": "state"}}
    both = make_registry(tmp_path / "registry", **_two_counties_in_a_state())
    table = rows({"state": ("CA", "NY"), "end_use": METRICS, "time_mst": hours()})
    derived = made(both, tmp_path / "copied", table, columns)
    assert derived.submission_spec is None
    assert "a [mapping.geography] is needed" in derived.unsaid[0]
    assert "no spec of a submission, because only you can say:" in derived.report()
    assert not (derived.folder / "submit_dataset.toml").exists()


def _two_counties_in_a_state() -> dict[str, Any]:
    supplemental = project_spec()["supplemental"]["state"]
    states = {"06037": "CA", "08031": "CA", "36061": "NY"}
    mapping = {**supplemental["mapping"], "records": [{"from": a, "to": b} for a, b in states.items()]}
    return {"supplemental": {"state": {**supplemental, "records": supplemental["records"][::2], "mapping": mapping}}}


def test_what_the_user_says_of_a_mapping_is_taken(registry: Path, tmp_path: Path) -> None:
    run = publish(tmp_path / "results", rows(ALL), COLUMNS, summed={"subsector": {"held": 2, "of": 2}})
    (tmp_path / "shares.csv").write_text("from,to,fraction\nall_subsectors,house,0.75\nall_subsectors,flat,0.25\n")
    (tmp_path / "derive.toml").write_text(
        f"""
        spec_version = 1
        job = "create_derived_dataset"
        result = "{run.relative_to(tmp_path)}"
        id = "derived"
        output = "a/b/out"
        mapping.subsector = {{ kind = "one_to_many_disaggregation", records = "shares.csv" }}
        """
    )
    validate(tmp_path / "derive.toml", registry=registry)
    derived = create_derived_dataset(tmp_path / "derive.toml", registry=registry)
    assert submission(derived)["mapping"]["subsector"]["records"] == "../../../shares.csv"
    validate(derived.dataset_spec)


def test_values_of_an_attribute_are_records_of_their_own(registry: Path, tmp_path: Path) -> None:
    attribute = {"name": "county.state", "type": "geography", "level": "supplemental", "holds": "string"}
    table = rows({"county.state": ("CA", "NY"), "end_use": METRICS, "time_mst": hours()})
    derived = made(registry, tmp_path, table, (attribute, END_USE, SLOT))
    assert records(derived, "geography") == [{"id": "CA", "name": "CA"}, {"id": "NY", "name": "NY"}]
    assert spec(derived)["data"]["columns"]["county.state"] == {"dimension": "geography"}


def test_a_column_that_another_one_determines_is_not_read(registry: Path, tmp_path: Path) -> None:
    table = rows(ALL)
    table = table.append_column("state", pa.array([STATES[each] for each in table["county"].to_pylist()]))
    derived = made(registry, tmp_path, table, (STATE, COUNTY, END_USE, SLOT))
    found = spec(derived)
    assert found["data"]["ignore"] == ["state", "unit"]
    assert found["dimension"]["geography"]["name"] == "county"


def test_two_columns_that_tell_more_apart_than_each_are_refused(registry: Path, tmp_path: Path) -> None:
    table = rows({**ALL, "state": ("CA", "NY")})
    said = refusal(registry, tmp_path, table, (STATE, COUNTY, END_USE, SLOT))
    assert '2 columns of geography, "state", "county", and none of them determines the others' in said
    assert "leave out the others in `by`" in said


def test_combinations_that_are_not_there_are_declared(registry: Path, tmp_path: Path) -> None:
    table = rows(ALL)
    keep = [not (a == "08031" and b == "cooling") for a, b in zip(*_columns(table, "county", "end_use"), strict=True)]
    derived = made(registry, tmp_path, table.filter(pa.array(keep)))
    assert spec(derived)["data"]["expected"] == ["expected_associations.csv"]
    found = {(row["geography"], row["metric"]) for row in table_of(derived, "expected_associations.csv")}
    assert found == {(a, b) for a in COUNTIES for b in METRICS} - {("08031", "cooling")}


def _columns(table: pa.Table, *names: str) -> list[list[Any]]:
    return [table[name].to_pylist() for name in names]


def test_a_combination_that_lacks_slots_is_refused(registry: Path, tmp_path: Path) -> None:
    said = refusal(registry, tmp_path, rows(ALL).slice(3), filters=["value"])
    assert "1 combination of records have not all of 48 slots: county = 06037, end_use = heating has 45" in said
    assert "leave out the filter on values or on time" in said


# Forms of the table --------------------------------------------------------------------------------------------------


def test_records_that_are_names_of_columns_are_pivoted_and_empty_cells_are_no_combinations(
    registry: Path, tmp_path: Path
) -> None:
    table = rows({"county": COUNTIES, "time_mst": hours()}).rename_columns(["county", "time_mst", "heating", "unit"])
    cooling = pa.array([None if each == "08031" else 1.0 for each in table["county"].to_pylist()])
    table = table.drop_columns("unit").append_column("cooling", cooling)
    derived = made(registry, tmp_path, table, (COUNTY, SLOT), pivot=END_USE)
    found = spec(derived)
    assert found["data"]["pivot"] == "metric"
    assert len(table_of(derived, "expected_associations.csv")) == 5
    assert found["dimension"]["metric"]["use"] == f"{PROJECT}/end_use@1.0.0"


def test_names_become_ids_in_a_copy_that_keeps_the_lineage(registry: Path, tmp_path: Path) -> None:
    named = {"06037": "Los Angeles", "08031": "Denver", "36061": "New York"}
    table = rows({"county": tuple(named.values()), "end_use": ("Heating", "Cooling"), "time_mst": hours()})
    derived = made(registry, tmp_path, table, names=True, format="arrow")
    found = spec(derived)
    assert found["dimension"]["geography"]["use"] == f"{PROJECT}/county@1.0.0"
    copy = derived.folder / found["data"]["table"]
    import pyarrow.parquet as pq

    assert sorted(set(pq.read_table(copy)["county"].to_pylist())) == sorted(named)
    lineage = find_lineage(copy)
    assert isinstance(lineage, Lineage)
    (run,) = (path for path in (tmp_path / "results/question").iterdir() if path.is_dir())
    assert (lineage.query, lineage.run) == ("question", run.name)


def test_a_name_of_two_records_is_refused(tmp_path: Path) -> None:
    base = project_spec()["base"]
    base["county"]["records"][1]["name"] = "Los Angeles"
    registry = make_registry(tmp_path / "registry", base=base)
    table = rows({"county": ("Los Angeles", "New York"), "end_use": ("Heating", "Cooling"), "time_mst": hours()})
    said = refusal(registry, tmp_path, table, names=True)
    assert '"Los Angeles" does not say which record is meant: "06037", "08031" are both called so' in said
    assert "run the query without names = true" in said


def test_values_in_another_unit_have_metrics_in_that_unit(registry: Path, tmp_path: Path) -> None:
    derived = made(registry, tmp_path, rows(ALL, unit="kWh"))
    assert [row["unit"] for row in records(derived, "metric")] == ["kWh", "kWh"]
    assert "mapping" not in submission(derived)


# Time ----------------------------------------------------------------------------------------------------------------


def test_a_part_of_the_slots_is_a_time_of_its_own_in_stretches(registry: Path, tmp_path: Path) -> None:
    chosen = hours(3) + hours(2, first=20)
    found = spec(made(registry, tmp_path, rows({**ALL, "time_mst": chosen}), filters=["time_mst"]))["time"]
    assert found["ranges"] == [
        {"start": "2018-01-01 00:00", "end": "2018-01-01 02:00"},
        {"start": "2018-01-01 20:00", "end": "2018-01-01 21:00"},
    ]
    assert (found["step"], found["zone"], found["measurement"]) == ("1h", "-07:00", "total")


def test_hours_of_a_project_that_labels_the_end_are_labelled_at_their_beginning(tmp_path: Path) -> None:
    time = {**project_spec()["time"], "interval": "period_ending"}
    registry = make_registry(tmp_path / "registry", time=time)
    table = rows({"county": COUNTIES, "end_use": METRICS, "hourly": hours(first=-1)})
    found = spec(made(registry, tmp_path, table, (COUNTY, END_USE, HOURLY)))["time"]
    assert (found["interval"], found["start"]) == ("period_beginning", "2017-12-31 23:00")


def test_hours_of_which_the_project_has_a_part_are_refused(tmp_path: Path) -> None:
    time = {**project_spec()["time"], "step": "15min", "interval": "period_ending", "end": "2018-01-02 23:45"}
    registry = make_registry(tmp_path / "registry", time=time)
    table = rows({"county": COUNTIES, "end_use": METRICS, "hourly": hours(49, first=-1)})
    said = refusal(registry, tmp_path, table, (COUNTY, END_USE, HOURLY))
    assert "the project's time has only a part of the hour 2017-12-31 23:00" in said


def test_hours_on_a_clock_that_divides_slots_are_refused(registry: Path, tmp_path: Path) -> None:
    half = [hour - timedelta(minutes=30) for hour in hours()]
    table = rows({"county": COUNTIES, "end_use": METRICS, "hourly": half})
    column = {**HOURLY, "calendar_zone": "Asia/Kolkata"}
    said = refusal(registry, tmp_path, table, (COUNTY, END_USE, column))
    assert "slots of the project's time are in two hours of the clock of Asia/Kolkata at once" in said


def test_days_of_a_standard_clock_begin_on_it(tmp_path: Path) -> None:
    time = {**project_spec()["time"], "zone": "America/Denver", "clock": "standard"}
    registry = make_registry(tmp_path / "registry", time=time)
    table = rows({"county": COUNTIES, "end_use": METRICS, "daily": days(2)})
    column = {**DAILY, "calendar_zone": "America/Denver"}
    found = spec(made(registry, tmp_path, table, (COUNTY, END_USE, column), time={"clock": "standard"}))["time"]
    assert (found["zone"], found["clock"], found["step"]) == ("America/Denver", "standard", "1d")


def days(number: int, first: date = date(2018, 1, 1)) -> list[date]:
    return [first + timedelta(day) for day in range(number)]


@pytest.mark.parametrize(
    ("steps", "measurement"),
    [
        ([("sum", ("county", "daily"))], "total"),
        ([("sum", ("county", "hourly")), ("max", ("county", "daily"))], "max"),
        ([("weighted_mean", ("county", "daily"))], "mean"),
        ([("sum", ("county", "daily")), ("max", ("county", "daily"))], "total"),
        ([("max", ("county", "hourly")), ("sum", ("county", "daily"))], "total"),
    ],
    ids=["sums", "maxima of hours", "means", "the greatest of sums", "sums of maxima"],
)
def test_days_say_what_the_step_that_made_them_does(
    registry: Path, tmp_path: Path, steps: Any, measurement: str
) -> None:
    table = rows({"county": COUNTIES, "end_use": METRICS, "daily": days(2)})
    found = spec(made(registry, tmp_path, table, (COUNTY, END_USE, DAILY), steps=steps))["time"]
    assert (found["start"], found["end"], found["step"]) == ("2018-01-01 00:00", "2018-01-02 00:00", "1d")
    assert (found["measurement"], found["labels"]) == (measurement, "wall_clock")


def test_steps_that_make_two_things_of_values_are_refused(registry: Path, tmp_path: Path) -> None:
    table = rows({"county": COUNTIES, "end_use": METRICS, "annual": [2018]})
    steps = [("max", ("county", "daily")), ("mean", ("county", "annual"))]
    assert "make a max and then a mean of values" in _refused_year(registry, tmp_path, table, steps=steps)


def _refused_year(registry: Path, folder: Path, table: pa.Table, **more: Any) -> str:
    time = {**project_spec()["time"], "end": "2018-12-31 23:00"}
    year = make_registry(folder / "registry", time=time)
    return refusal(year, folder, table, (COUNTY, END_USE, ANNUAL), **more)


def test_years_are_years(year: Path, tmp_path: Path) -> None:
    table = rows({"county": COUNTIES, "end_use": METRICS, "annual": [2018]})
    derived = made(year, tmp_path, table, (COUNTY, END_USE, ANNUAL), mapping={"time": {"spread": "flat"}})
    found = spec(derived)["time"]
    assert (found["kind"], found["start"], found["end"], found["measurement"]) == ("annual", "2018", "2018", "total")
    assert found["column"] == "annual"
    assert submission(derived)["mapping"] == {"time": {"spread": "flat"}}


def test_how_annual_totals_are_spread_is_not_guessed(year: Path, tmp_path: Path) -> None:
    table = rows({"county": COUNTIES, "end_use": METRICS, "annual": [2018]})
    derived = made(year, tmp_path, table, (COUNTY, END_USE, ANNUAL))
    assert derived.submission_spec is None
    assert 'spread = "flat"' in derived.unsaid[0]


@pytest.mark.parametrize(
    ("name", "values", "column", "said"),
    [
        ("annual", [2018], ANNUAL, "the project's time has only a part of the year 2018"),
        ("daily", days(3, date(2018, 1, 1)), DAILY, "the project's time has only a part of the day 2018-01-03"),
        ("monthly", [date(2018, 1, 1)], time_key("monthly", "date"), '"monthly" is no series of time'),
        ("hour_of_day", [0, 1], time_key("hour_of_day", "int32"), '"hour_of_day" is no series of time'),
    ],
)
def test_times_that_no_dataset_has_are_refused(
    registry: Path, tmp_path: Path, name: str, values: list[Any], column: dict[str, Any], said: str
) -> None:
    table = rows({"county": COUNTIES, "end_use": METRICS, name: values})
    found = refusal(registry, tmp_path, table, (COUNTY, END_USE, column))
    assert said in found
    assert "ask by" in found


def test_whole_days_of_filtered_hours_are_refused(registry: Path, tmp_path: Path) -> None:
    table = rows({"county": COUNTIES, "end_use": METRICS, "daily": days(2)})
    said = refusal(registry, tmp_path, table, (COUNTY, END_USE, DAILY), filters=["hour_of_day", "county"])
    assert 'a filter on "hour_of_day" leaves parts of time' in said


def test_totals_without_time_are_refused_and_values_that_do_not_add_up_are_not(registry: Path, tmp_path: Path) -> None:
    table = rows({"county": COUNTIES, "end_use": METRICS})
    assert "totals of nobody knows what time" in refusal(registry, tmp_path, table, (COUNTY, END_USE))
    base = project_spec()["base"]
    base["end_use"] |= {"class": "weather_variable", "records": [{"id": "heat", "name": "Heat", "unit": "degC"}]}
    weather = make_registry(tmp_path / "registry", base=base)
    table = rows({"county": COUNTIES, "end_use": ("heat",)}, unit="degC")
    assert spec(made(weather, tmp_path, table, (COUNTY, END_USE)))["time"] == {"kind": "none"}


@pytest.mark.parametrize("function", ["count", "stddev", "percentile"])
def test_values_that_are_no_quantities_are_refused(registry: Path, tmp_path: Path, function: str) -> None:
    said = refusal(registry, tmp_path, rows(ALL), steps=[(function, ("county", "time_mst"))])
    assert f'a step with function = "{function}"' in said


# The result and the registry -----------------------------------------------------------------------------------------


def test_a_project_that_does_not_expect_the_dataset_gets_a_spec_that_does(registry: Path, tmp_path: Path) -> None:
    derived = made(registry, tmp_path, rows({**ALL, "county": COUNTIES[:2]}))
    assert derived.project_spec is not None
    validate(derived.project_spec)
    required = tomli.loads(derived.project_spec.read_text("utf-8"))["requires"]["derived"]
    assert required == {
        "geography": {"except": ["36061"]},
        "sector": ["res"],
        "subsector": ["house"],
        "model_year": ["2018"],
    }
    assert [path.name for path in derived.specs] == [
        "register_dataset.toml",
        "register_project.toml",
        "submit_dataset.toml",
    ]


def test_a_project_that_expects_it_needs_no_other_spec_if_it_covers_what_is_required(tmp_path: Path) -> None:
    requires = {"derived": {"sector": ["res"], "subsector": ["house"], "model_year": ["2018"]}}
    registry = make_registry(tmp_path / "registry", requires=requires)
    derived = made(registry, tmp_path, rows(ALL))
    assert derived.project_spec is None
    assert derived.submission_spec is not None
    derived = made(registry, tmp_path / "less", rows({**ALL, "county": COUNTIES[:2]}))
    assert derived.submission_spec is None
    assert 'does not cover 1 required record of "county": "36061"' in derived.unsaid[0]


def test_an_older_version_of_a_project_is_asked_only_if_it_expects_the_dataset(tmp_path: Path) -> None:
    registry = make_registry(tmp_path / "registry")
    changed = {**project_spec(), "project": {"id": PROJECT, "name": "Houses"}}
    apply({"job": "register_project", **changed}, registry=registry, allow="patch")
    derived = made(registry, tmp_path, rows(ALL), project=f"{PROJECT}@1.0.0")
    assert derived.submission_spec is None
    assert derived.unsaid[0].startswith(f"project {PROJECT} 1.0.0 does not expect dataset derived, and only its newest")
    newer = made(registry, tmp_path / "newer", rows(ALL))
    assert submission(newer)["project"] == PROJECT
    assert any("the specs are for its newest version, 1.0.1" in note for note in newer.notes)


def test_sources_that_the_registry_lacks_are_told(registry: Path, tmp_path: Path) -> None:
    read = [{"id": "gone", "version": "1.0.0", "folder": "gone/1.0.0-abc"}]
    derived = made(registry, tmp_path, rows(ALL), datasets=read)
    assert "the registry does not hold what query question read" in str(derived.lineage)
    assert "the dataset will not be linked to the query" in derived.report()
    assert isinstance(made(registry, tmp_path / "all", rows(ALL)).lineage, Lineage)


def test_a_registry_without_the_project_or_its_dimensions_is_refused(registry: Path, tmp_path: Path) -> None:
    create_registry({}, registry=tmp_path / "empty")
    assert "has no project homes_2018 1.0.0, which the query asked" in refusal(tmp_path / "empty", tmp_path, rows(ALL))
    other = key("county", "geography", dimension=f"{PROJECT}/county@7.0.0")
    said = refusal(registry, tmp_path, rows(ALL), (other, END_USE, SLOT))
    assert f"this registry has no dimension {PROJECT}/county@7.0.0" in said


def test_a_changed_result_is_refused(registry: Path, tmp_path: Path) -> None:
    run = publish(tmp_path, rows(ALL), COLUMNS)
    data = bytearray((run / "table.parquet").read_bytes())
    data[100] ^= 1
    (run / "table.parquet").write_bytes(bytes(data))
    with pytest.raises(DataError, match="checksum is not that of the manifest"):
        derive(run, id="derived", output=tmp_path / "out", registry=registry)


def test_results_of_other_versions_and_other_things_are_refused(registry: Path, tmp_path: Path) -> None:
    for changes, said in (
        ({"form": None}, "an older dsgrid wrote it: run the query again"),
        ({"format": 99}, "written by a newer dsgrid"),
        ({"query": None}, "something else than a result"),
        ({"project": ""}, "has no project"),
        ({"report": {"kind": "peak_load"}}, "no dataset is made of it"),
    ):
        other = publish(tmp_path, rows(ALL), COLUMNS)
        edit_manifest(other, **changes)
        with pytest.raises(DataError, match=said):
            derive(other, id="derived", output=tmp_path / "out", registry=registry)
    with pytest.raises(NotFoundError, match="there is no result"):
        derive(tmp_path / "nowhere", id="derived", output=tmp_path / "out", registry=registry)
    # The folder of the query means its newest run.
    newest = publish(tmp_path, rows(ALL), COLUMNS)
    assert derive(newest.parent, id="derived", output=tmp_path / "out", registry=registry).dataset_spec.exists()


def test_a_query_of_a_dataset_without_a_project_is_refused(registry: Path, tmp_path: Path) -> None:
    run = publish(tmp_path, rows(ALL), COLUMNS)
    path = run / "manifest.json"
    path.write_text(path.read_text("utf-8").replace(f'"project": "{PROJECT}@1.0.0"', '"project": null'), "utf-8")
    with pytest.raises(DataError, match="map_dataset"):
        derive(run, id="derived", output=tmp_path / "out", registry=registry)


def test_a_mistake_in_a_spec_has_its_place(registry: Path, tmp_path: Path) -> None:
    (tmp_path / "derive.toml").write_text(
        'spec_version = 1\njob = "create_derived_dataset"\nresult = "nowhere"\nid = "derived"\noutput = "out"\n'
    )
    with pytest.raises(NotFoundError, match=r"derive.toml:3:10: result: there is no result"):
        create_derived_dataset(tmp_path / "derive.toml", registry=registry)
    with pytest.raises(NotFoundError, match=r"derive.toml:3:10: result: there is no result"):
        validate(tmp_path / "derive.toml", registry=registry)


def test_a_folder_that_holds_something_is_kept_and_overwriting_leaves_no_spec_of_before(
    registry: Path, tmp_path: Path
) -> None:
    first = made(registry, tmp_path, rows({**ALL, "county": COUNTIES[:2]}))
    assert first.submission_spec is not None
    with pytest.raises(RegistryError, match="is not empty"):
        made(registry, tmp_path, rows(ALL))
    (tmp_path / "out/notes.txt").write_text("mine")
    again = made(registry, tmp_path, rows(ALL), summed={"subsector": {"held": 2, "of": 2}}, overwrite=True)
    assert again.submission_spec is None
    assert not first.submission_spec.exists()
    assert not (tmp_path / "out/project/register_project.toml").exists()
    assert (tmp_path / "out/notes.txt").read_text() == "mine"


def test_hours_of_the_project_are_its_time_by_another_name(registry: Path, tmp_path: Path) -> None:
    table = rows({"county": COUNTIES, "end_use": METRICS, "hourly": hours(HOURS)})
    found = spec(made(registry, tmp_path, table, (COUNTY, END_USE, HOURLY)))["time"]
    assert found == {"use": f"{PROJECT}/time_mst@1.0.0", "column": "hourly", "labels": "instants"}
