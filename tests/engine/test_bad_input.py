"""Bad input: the first line says what is wrong and where, and nothing half-done is left behind."""

from __future__ import annotations

import shutil

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.desk import Desk
from tests.engines import few_on_spark

from dsgrid.errors import DataError, NotFoundError, RegistryError, SpecError

pytestmark = few_on_spark(8)

# Specs ---------------------------------------------------------------------------------------------------------------


def test_a_syntax_error_of_toml_names_its_line_and_column(desk: Desk) -> None:
    desk.replace("register_commercial.toml", "[dimension.geography]", "[dimension.geography")
    first = desk.refuses("register_commercial", SpecError)
    line = (desk.specs / "register_commercial.toml").read_text().splitlines().index("[dimension.geography") + 1
    assert f"register_commercial.toml:{line}:" in first


def test_an_unknown_key_names_the_closest_one(desk: Desk) -> None:
    desk.replace("register_commercial.toml", "pivot =", "pviot =")
    first = desk.refuses("register_commercial", SpecError)
    assert "pviot" in first
    assert 'did you mean "pivot"?' in first


def test_a_value_of_the_wrong_type_says_what_was_found_and_what_is_expected(desk: Desk) -> None:
    desk.replace("register_commercial.toml", 'tags = ["demo", "commercial"]', 'tags = "demo"')
    first = desk.refuses("register_commercial", SpecError)
    assert "dataset.tags" in first
    assert '"demo"' in first
    assert "array" in first


def test_a_missing_file_names_the_closest_one(desk: Desk) -> None:
    desk.replace("register_commercial.toml", "load_data.parquet", "lod_data.parquet")
    first = desk.refuses("register_commercial", NotFoundError)
    assert "data.table" in first
    assert 'did you mean "load_data.parquet"?' in first


def test_a_missing_file_of_records_names_the_key(desk: Desk) -> None:
    desk.replace("register_commercial.toml", "dimensions/counties.csv", "dimensions/county.csv")
    assert "dimension.geography.records" in desk.refuses("register_commercial", NotFoundError)


# Records and mappings ------------------------------------------------------------------------------------------------


def test_county_ids_that_lost_their_zeros_are_recognised_in_a_mapping(desk: Desk) -> None:
    shutil.rmtree(desk.registry)
    desk.run("create_registry")
    desk.replace("mappings/county_to_state.csv", "06037,", "6037,")
    first = desk.refuses("register_project", DataError)
    assert '"6037"' in first
    assert "leading zero" in first
    assert '"06037"' in first


def test_county_ids_that_lost_their_zeros_are_recognised_in_the_data(desk: Desk) -> None:
    def as_numbers(table: pa.Table) -> pa.Table:
        place = table.schema.get_field_index("geography")
        return table.set_column(place, "geography", pc.utf8_ltrim(table["geography"], "0"))

    desk.rewrite("commercial/load_data_lookup.parquet", as_numbers)
    first = desk.refuses("register_commercial", DataError)
    assert "6037" in first or "8077" in first
    assert "leading zero" in first


def test_an_id_that_occurs_twice_names_both_lines(desk: Desk) -> None:
    path = desk.specs / "dimensions/counties.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n")
    first = desk.refuses("register_commercial", DataError)
    assert f"counties.csv:{len(lines) + 1}" in first
    assert "counties.csv:2" in first


def test_a_mapping_to_an_unknown_id_is_refused(desk: Desk) -> None:
    desk.run("register_commercial")
    desk.replace("submit_commercial.toml", 'to = "high_electrification"', 'to = "high_electrificaton"')
    first = desk.refuses("submit_commercial", DataError)
    assert '"high_electrificaton"' in first
    assert '"high_electrification"' in first


def test_fractions_that_do_not_sum_to_one_are_refused(desk: Desk) -> None:
    desk.run("register_residential")
    path = desk.specs / "mappings/regions_to_counties.csv"
    lines = path.read_text().splitlines()
    name, target, _ = lines[1].split(",")
    path.write_text("\n".join([lines[0], f"{name},{target},0.25", *lines[2:]]) + "\n")
    first = desk.refuses("submit_residential", DataError)
    assert "sum to 1" in first
    assert name in first


# Data ----------------------------------------------------------------------------------------------------------------


def test_a_gap_in_one_time_array_is_found(desk: Desk) -> None:
    desk.rewrite("commercial/load_data.parquet", lambda table: pa.concat_tables([table[:5], table[6:]]))
    first = desk.refuses("register_commercial", DataError)
    assert "load_data.parquet" in first
    assert "time" in first


def test_a_missing_combination_is_named(desk: Desk) -> None:
    def without_first(table: pa.Table) -> pa.Table:
        return table.filter(pc.not_equal(table["home"], "single_family"))

    desk.rewrite("residential/load_data.parquet", without_first)
    first = desk.refuses("register_residential", DataError)
    assert "single_family" in first


def test_nan_is_refused_with_its_row(desk: Desk) -> None:
    def spoiled(table: pa.Table) -> pa.Table:
        name = table.column_names[-1]
        values = table[name].to_pylist()
        values[3] = float("nan")
        return table.set_column(table.num_columns - 1, name, pa.array(values, table.schema.field(name).type))

    desk.rewrite("commercial/load_data.parquet", spoiled)
    first = desk.refuses("register_commercial", DataError)
    assert "NaN" in first
    assert "load_data.parquet" in first


def _in_nanoseconds(table: pa.Table, extra: int = 0) -> pa.Table:
    name = next(field.name for field in table.schema if pa.types.is_timestamp(field.type))
    place = table.schema.get_field_index(name)
    zone = table.schema.field(name).type.tz
    instants = pc.add(table[name].cast(pa.timestamp("ns", zone)).cast(pa.int64()), extra)
    return table.set_column(place, name, instants.cast(pa.timestamp("ns", zone)))


def test_nanosecond_timestamps_are_read_as_the_same_instants(desk: Desk) -> None:
    desk.rewrite("commercial/load_data.parquet", _in_nanoseconds)
    assert desk.run("register_commercial").summary["slots"] == 48


def test_timestamps_that_need_their_nanoseconds_are_refused(desk: Desk) -> None:
    desk.rewrite("commercial/load_data.parquet", lambda table: _in_nanoseconds(table, extra=1))
    first = desk.refuses("register_commercial", DataError)
    assert "load_data.parquet" in first
    assert "is not a whole number of microseconds" in first


# Time ----------------------------------------------------------------------------------------------------------------


def _with_time(desk: Desk, table: str) -> None:
    """Give the commercial dataset another ``[time]``."""
    path = desk.specs / "register_commercial.toml"
    text = path.read_text("utf-8")
    path.write_text(f"{text[: text.index('[time]')]}[time]\n{table}\n", "utf-8")


def test_labels_at_the_other_end_of_the_hour_say_which_declaration_would_fit(desk: Desk) -> None:
    desk.replace("register_commercial.toml", 'start = "2018-07-09 01:00"', 'start = "2018-07-09 00:00"')
    desk.replace("register_commercial.toml", 'end = "2018-07-11 00:00"', 'end = "2018-07-10 23:00"')
    desk.replace("register_commercial.toml", "period_ending", "period_beginning")
    first = desk.refuses("register_commercial", DataError)
    assert "load_data.parquet: " in first
    assert first.endswith(
        "its labels seem shifted by +1 hour against their declaration: they go from 2018-07-09 01:00 -07:00 to "
        '2018-07-11 00:00 -07:00, as if of interval = "period_ending"'
    )


def test_a_weather_year_that_disagrees_with_the_labels_is_refused(desk: Desk) -> None:
    weather = 'class = "weather_year"\nrecords = [{ id = "2018"'
    desk.replace("register_commercial.toml", weather, weather.replace("2018", "2012"))
    first = desk.refuses("register_commercial", SpecError)
    assert "register_commercial.toml:" in first
    assert 'time: the weather year "2012" and the labels, of 2018, disagree; where that is meant, a range says' in first


def test_ranges_of_another_weather_year_are_refused(desk: Desk) -> None:
    desk.replace(
        "register_commercial.toml",
        'start = "2018-07-09 01:00"\nend = "2018-07-11 00:00"',
        'ranges = [{ start = "2018-07-09 01:00", end = "2018-07-11 00:00", weather_year = "2012" }]',
    )
    first = desk.refuses("register_commercial", SpecError)
    assert 'of the weather years, "2018" is not in the ranges' in first


def test_years_of_other_model_years_are_refused(desk: Desk) -> None:
    _with_time(desk, 'kind = "annual"\nstart = "2018"\nend = "2019"\nyear_of = "model_year"\nmeasurement = "total"')
    first = desk.refuses("register_commercial", SpecError)
    assert 'the years of the time dimension name "2019", which is none of the model years' in first


_LOCAL = """kind = "datetime"
start = "2018-07-09 01:00"
end = "2018-07-11 00:00"
step = "1h"
zone = "geography"
clock = "{clock}"
interval = "period_ending"
measurement = "total\""""


@pytest.mark.parametrize("clock", ["prevailing", "standard", "profile"])
def test_a_county_without_a_zone_is_named_where_labels_go_by_its_clock(desk: Desk, clock: str) -> None:
    _with_time(desk, _LOCAL.format(clock=clock))
    desk.replace("dimensions/counties.csv", "America/Denver", "")
    first = desk.refuses("register_commercial", DataError)
    assert 'zone of each "commercial_county", but 1 of its 2 records has no time_zone: "08077"' in first
    assert "register_commercial.toml:" in first


def test_a_zone_of_a_county_that_there_is_not_names_the_closest_one(desk: Desk) -> None:
    desk.replace("dimensions/counties.csv", "America/Denver", "America/Denvr")
    first = desk.refuses("register_commercial", DataError)
    assert 'id "08077": there is no time zone "America/Denvr"; did you mean "America/Denver"?' in first


def test_instants_are_refused_where_labels_go_by_the_clock_of_each_county(desk: Desk) -> None:
    _with_time(desk, _LOCAL.format(clock="prevailing"))
    first = desk.refuses("register_commercial", SpecError)
    assert 'time: labels are what a clock shows, but "timestamp" of' in first
    assert "load_data.parquet holds instants" in first


# Registry and queries ------------------------------------------------------------------------------------------------


def test_a_registry_that_exists_is_not_created_again(desk: Desk) -> None:
    assert "is a registry already; nothing was changed" in desk.refuses("create_registry", RegistryError)


def test_a_dataset_that_is_registered_is_not_registered_again(desk: Desk) -> None:
    desk.run("register_commercial")
    assert "commercial_2018" in desk.refuses("register_commercial", RegistryError)


def test_a_query_on_a_dataset_that_is_not_submitted_says_so(desk: Desk) -> None:
    desk.run("register_commercial", "submit_commercial", "register_residential")
    first = desk.refuses("hourly_by_state", NotFoundError)
    assert "residential_2018" in first
    assert "submit" in first


def test_an_unknown_dimension_in_a_query_names_the_closest_one(desk: Desk) -> None:
    desk.run("register_commercial", "submit_commercial", "register_residential", "submit_residential")
    desk.replace("hourly_by_state.toml", 'by = ["state",', 'by = ["stat",')
    first = desk.refuses("hourly_by_state", SpecError)
    assert "step[0].by" in first
    assert 'did you mean "state"?' in first
