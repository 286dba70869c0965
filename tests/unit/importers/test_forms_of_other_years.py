"""Keys and values that were named or written otherwise in other years: the same meaning, and a word about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.project import project
from dsgrid.importers.submission import submission
from dsgrid.importers.times import Owner
from dsgrid.importers.translation import Remarks, Translation
from dsgrid.spec.load import load_spec

from .conftest import DATASET, PROJECT, TIME, Make
from .translating import ANNUAL, INDEX, TYPICAL, datetime_of, loaded, said, table_of

SUBSET = PROJECT["dimensions"]["subset_dimensions"][0]
SCENARIO = {"class": "Scenario", "type": "scenario"}


def _with(make: Make, **changes: Any) -> Translation:
    translation = project(make(dimensions=PROJECT["dimensions"] | changes))
    load_spec(translation.spec)
    return translation


def _scenario(make: Make, **changes: Any) -> Translation:
    others = [entry for entry in PROJECT["dimensions"]["base_dimensions"] if entry["type"] != "scenario"]
    return _with(make, base_dimensions=[*others, SCENARIO | {"name": "scenario", "file": "scenarios.csv"} | changes])


# Names of dimensions and their records


def test_the_name_in_queries_is_the_name(project_file: Make) -> None:
    translation = _scenario(project_file, name="Scenarios of 2022", display_name="Scenario", dimension_query_name="sc")
    assert "sc" in translation.spec["base"]
    told = [
        (one.kind, one.target) for one in translation.remarks if one.key.startswith("dimensions.base_dimensions[7]")
    ]
    assert told == [("renamed", ("base", "sc")), ("dropped", ("base", "sc"))]


@pytest.mark.parametrize("name", ["szenario ä", "a/b", "-x", ""])
def test_a_name_that_cannot_be_one_here_is_refused(project_file: Make, name: str) -> None:
    with pytest.raises(SpecError, match=r"base_dimensions\[7\]\.name: .* cannot be the name of a dimension"):
        _scenario(project_file, name=name)


def test_two_dimensions_of_one_name_are_refused(project_file: Make) -> None:
    with pytest.raises(SpecError, match=r'subset_dimensions\[0\]: there are two dimensions "county"'):
        _with(project_file, subset_dimensions=[SUBSET | {"name": "county"}])


def test_ids_that_are_numbers_become_texts_and_somebody_should_look(project_file: Make) -> None:
    records = [{"id": 6037, "name": "LA"}, {"id": "06038", "name": 7}]
    translation = _scenario(project_file, file=None, records=records)
    assert translation.spec["base"]["scenario"]["records"] == [
        {"id": "6037", "name": "LA"},
        {"id": "06038", "name": "7"},
    ]
    (remark,) = [one for one in translation.remarks if one.kind == "decide"]
    assert "begin with zeros" in remark.message
    assert remark.target == ("base", "scenario", "records")


@pytest.mark.parametrize("records", [[{"name": "a"}], [{"id": None}], [{"id": ""}], ["a"], [{"id": {}}]])
def test_records_without_an_id_are_refused(project_file: Make, records: list[Any]) -> None:
    with pytest.raises(SpecError, match=r"base_dimensions\[7\]\.records\[0\]"):
        _scenario(project_file, file=None, records=records)


def test_a_class_of_another_type_is_refused(project_file: Make) -> None:
    with pytest.raises(SpecError, match='class "County" is one of geography dimensions, but the type is scenario'):
        _scenario(project_file, **{"class": "County"})
    with pytest.raises(SpecError, match='no dimension type "scenarios"; did you mean "scenario"'):
        _scenario(project_file, type="scenarios")


# Selectors


@pytest.mark.parametrize(
    "given",
    [
        {"record_ids": {"commercial": ["office", "hospital"], "residential": ["home"]}},
        {
            "selectors": [
                {"name": "commercial", "record_ids": ["office", "hospital"]},
                {"name": "residential", "records": [{"id": "home", "name": "Home"}]},
            ]
        },
    ],
)
def test_selectors_may_be_given_in_place(project_file: Make, given: dict[str, Any]) -> None:
    spec = _with(project_file, subset_dimensions=[SUBSET | {"filename": None} | given]).spec
    assert spec["subset"]["by_sector"] == {
        "of": "subsector",
        "selectors": {"commercial": ["office", "hospital"], "residential": ["home"]},
    }


def test_ids_of_selectors_that_look_like_numbers_are_texts(project_file: Make, repository: Path) -> None:
    (repository / "by_coast.csv").write_text("id,west,east\n06037,x,\n36047,,x\n")
    coasts = SUBSET | {"name": "by_coast", "type": "geography", "filename": "by_coast.csv"}
    selectors = [{"name": "west"}, {"name": "east"}]
    document = project_file(
        dimensions=PROJECT["dimensions"] | {"subset_dimensions": [coasts | {"selectors": selectors}]},
        datasets=[
            {
                "dataset_id": "offices",
                "required_dimensions": {
                    "single_dimensional": {
                        "geography": {"subset": [{"name": "by_coast", "selectors": [one]} for one in ("west", "east")]}
                    }
                },
            }
        ],
    )
    assert project(document).spec["requires"]["offices"] == {"geography": ["06037", "36047"]}


def test_any_text_selects_a_record_there(project_file: Make, repository: Path) -> None:
    (repository / "by_sector.csv").write_text("id,commercial,residential\noffice,0,\nhospital,no,\nhome,,x\n")
    assert _with(project_file).spec["subset"]["by_sector"]["selectors"] == {
        "commercial": ["office", "hospital"],
        "residential": ["home"],
    }


def test_selectors_and_columns_that_do_not_fit_are_told(project_file: Make) -> None:
    translation = _with(project_file, subset_dimensions=[SUBSET | {"selectors": [{"name": "comercial"}]}])
    assert [one.message for one in translation.remarks if one.kind == "decide"] == [
        'no record is selected by "comercial"; left out; did you mean "commercial"?',
        'selectors that are not listed come along: "commercial", "residential"',
    ]


# Zones


@pytest.mark.parametrize(
    ("theirs", "ours", "message"),
    [
        ("EasternStandard", "-05:00", '"EasternStandard" is "-05:00" here all the year, without summer time'),
        ("EasternPrevailing", "America/New_York", '"EasternPrevailing" is "America/New_York" here'),
    ],
)
def test_old_names_of_zones_are_told(theirs: str, ours: str, message: str) -> None:
    remarks = Remarks()
    assert datetime_of(remarks, timezone=theirs)["zone"] == ours
    assert said(remarks, "renamed") == [f"the zone {message}"]


def test_a_name_that_is_no_zone_is_not_guessed(project_file: Make, repository: Path) -> None:
    remarks = Remarks()
    assert datetime_of(remarks, timezone="America/NewYork")["zone"] == "America/NewYork"
    assert said(remarks, "decide") == [
        'there is no time zone "America/NewYork"; did you mean "America/New_York"?; which is meant?'
    ]
    with pytest.raises(SpecError, match='timezone: there is no time zone "New York"'):
        datetime_of(timezone="New York")
    (repository / "counties.csv").write_text("id,name,time_zone\n06037,LA,Pacific\n36047,Kings,\n")
    translation = project(project_file())
    (remark,) = [one for one in translation.remarks if one.kind == "decide"]
    assert remark.target == ("base", "county", "records")
    assert '"Pacific"' in remark.message


# Time


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("1 day, 0:00:00", "1d"), ("0 days 01:00:00", "1h"), ("PT15M", "15min"), ("1:00:00", "1h"), (3600, "1h")],
)
def test_frequencies_have_many_forms(theirs: Any, ours: str) -> None:
    assert datetime_of(frequency=theirs)["step"] == ours


@pytest.mark.parametrize(
    ("frequency", "message"),
    [
        ("P999999999999D", "is no duration"),
        ("9" * 30, "is no duration"),
        ("9" * 400, "is no duration"),
        ("P0D", "whole seconds"),
        ("PT0.5S", "whole seconds"),
        ("P365D", "annual time is for"),
    ],
)
def test_frequencies_that_are_none_are_refused(frequency: str, message: str) -> None:
    with pytest.raises(SpecError, match=rf"frequency: .*{message}"):
        datetime_of(frequency=frequency)


def test_labels_in_another_form_are_told() -> None:
    remarks = Remarks()
    ranges = [{"start": "1/1/12 0:00", "end": "12/31/12 23:00"}]
    table = datetime_of(remarks, str_format="%m/%d/%y %H:%M", ranges=ranges)
    assert (table["start"], table["end"]) == ("2012-01-01 00:00", "2012-12-31 23:00")
    (message,) = said(remarks, "changed")
    assert '"1/1/12 0:00" is "2012-01-01 00:00"' in message


@pytest.mark.parametrize(
    ("label", "form", "message"),
    [
        ("0012-01-01 00:00:00", "%Y-%m-%d %H:%M:%S", "the year 12 is not one of"),
        ("9999-12-31 23:00:00", "%Y-%m-%d %H:%M:%S", "the year 9999 is not one of"),
        ("2012-01-01 00:00:00-0500", "%Y-%m-%d %H:%M:%S%z", "has an offset"),
        ("2012-01-01 00:00:00.5", "%Y-%m-%d %H:%M:%S.%f", "parts of a second"),
        ("2012", "%Q", 'is not written as "%Q"'),
        ("2012", "%", 'is not written as "%"'),
    ],
)
def test_labels_that_no_spec_holds_are_refused(label: str, form: str, message: str) -> None:
    with pytest.raises(SpecError, match=rf"ranges\[0\]\.start: .*{message}"):
        datetime_of(str_format=form, ranges=[{"start": label, "end": label}])


def test_an_interval_that_is_not_said_is_for_somebody_to_decide() -> None:
    remarks = Remarks()
    assert datetime_of(remarks, time_interval_type=None)["interval"] == "period_beginning"
    assert len(said(remarks, "decide")) == 1
    with pytest.raises(SpecError, match='no interval "period_begining"; did you mean "period_beginning"'):
        datetime_of(time_interval_type="period_begining")
    with pytest.raises(SpecError, match='no measurement "totals"; did you mean "total"'):
        datetime_of(measurement_type="totals")


@pytest.mark.parametrize("values", [TIME, ANNUAL | {"frequency": None}, INDEX, TYPICAL])
@pytest.mark.parametrize("ranges", [[], {}, "2012", [1], [{}], [[]]])
def test_odd_ranges_are_refused(values: dict[str, Any], ranges: Any) -> None:
    form = {"format": "one_week_per_month_by_hour"} if values is TYPICAL else {}
    with pytest.raises(SpecError, match=r"dataset\.json5: ranges"):
        table_of(values | form | {"ranges": ranges})


def test_all_months_are_meant_where_none_are_said() -> None:
    remarks = Remarks()
    values = TYPICAL | {"format": "one_week_per_month_by_hour", "ranges": None}
    assert loaded(table_of(values, remarks)).kind == "representative"
    assert said(remarks, "defaulted") == ["no range of months is given; all twelve"]
    named = values | {"ranges": [{"start": "1", "end": "12"}]}
    assert table_of(named) == table_of(values)


def test_a_leap_day_that_the_dataset_leaves_out_itself_is_a_rule_of_its_submission(
    project_file: Make, dataset_file: Make
) -> None:
    remarks = Remarks()
    table = datetime_of(remarks, leap_day_adjustment="drop_feb29")
    assert table["leap_days"] is False
    assert len(said(remarks, "decide")) == 1
    loaded(table)
    numbers = INDEX | {"leap_day_adjustment": "drop_dec31"}
    assert table_of(numbers, owner=Owner())["leap_days"] is False
    others = [entry for entry in DATASET["dimensions"] if entry["type"] != "time"]
    for time, rule in ((TIME | {"leap_day_adjustment": "drop_feb29"}, "drop_feb29"), (numbers, "drop_dec31")):
        configuration = dataset_file(dimensions=[*others, time | {"type": "time"}])
        spec = submission(project_file(), "offices", None, configuration).spec
        assert spec["mapping"] == {"time": {"leap_day": rule}}
    with pytest.raises(SpecError, match='no adjustment "drop_feb28"; there are: "none", "drop_dec31"'):
        datetime_of(leap_day_adjustment="drop_feb28")


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"time_type": "datetime_external_tz"}, "aligned_in_clock_time"),
        ({"timezone": None, "time_zone_format": {"format_type": "local_as_strings"}}, "timestamps without a zone"),
        ({"localize_to_time_zone": False}, "say the zone that they are read in"),
        ({"time_type": "datetimes"}, 'did you mean "datetime"'),
    ],
)
def test_what_is_refused_says_what_to_do(changes: dict[str, Any], what: str) -> None:
    with pytest.raises(SpecError, match=f"not supported: .*{what}"):
        datetime_of(**changes)


def test_ranges_in_the_time_of_each_place_are_for_somebody_to_decide() -> None:
    remarks = Remarks()
    datetime_of(remarks, ranges_timezone="LOCAL")
    assert [one.key for one in remarks.remarks if one.kind == "decide"] == ["ranges_timezone"]
