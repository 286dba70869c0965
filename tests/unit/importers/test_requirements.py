from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.project import project

from .conftest import PROJECT, Make


def _requires(make: Make, required: dict[str, Any]) -> dict[str, Any]:
    spec = project(make(datasets=[{"dataset_id": "offices", "required_dimensions": required}])).spec
    return dict(spec["requires"]["offices"])


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"base": ["office"]}, ["office"]),
        ({"base": {"record_ids": ["office"], "dimension_name": "subsector"}}, ["office"]),
        ({"base_missing": {"record_ids": ["home"], "dimension_name": "subsector"}}, {"except": ["home"]}),
        (
            {"subset": [{"name": "by_sector", "selectors": ["commercial"]}]},
            {"subset": "by_sector", "selectors": ["commercial"]},
        ),
        (
            {"base": ["home"], "subset": [{"name": "by_sector", "selectors": ["commercial"]}]},
            {"ids": ["home"], "subset": "by_sector", "selectors": ["commercial"]},
        ),
        (
            {
                "subset": [
                    {"name": "by_sector", "selectors": ["commercial"]},
                    {"name": "by_sector", "selectors": ["residential"]},
                ]
            },
            ["office", "hospital", "home"],
        ),
        (
            {"base_missing": ["home", "office"], "subset": [{"name": "by_sector", "selectors": ["residential"]}]},
            ["hospital", "home"],
        ),
    ],
)
def test_each_way_to_name_ids_names_the_same_ids(project_file: Make, rule: dict[str, Any], said: Any) -> None:
    assert _requires(project_file, {"single_dimensional": {"subsector": rule}}) == {"subsector": said}


def test_all_base_records_need_no_word(project_file: Make) -> None:
    assert _requires(project_file, {"single_dimensional": {"subsector": {"base": ["__all__"]}}}) == {}


def test_in_a_combination_all_base_records_are_written_out(project_file: Make) -> None:
    group = {"sector": {"base": ["com"]}, "subsector": {"base": ["__all__"]}}
    assert _requires(project_file, {"multi_dimensional": [group]}) == {
        "together": [{"sector": ["com"], "subsector": ["office", "hospital", "home"]}]
    }


def _of_two_metrics(make: Make, repository: Path, rule: dict[str, Any]) -> dict[str, Any]:
    (repository / "capacity.csv").write_text("id,name,fuel_id,unit\nsolar,Solar,electricity,MWh\n")
    metric = PROJECT["dimensions"]["base_dimensions"][3] | {"name": "capacity", "file": "capacity.csv"}
    dimensions = PROJECT["dimensions"] | {"base_dimensions": [*PROJECT["dimensions"]["base_dimensions"], metric]}
    required = {"single_dimensional": {"metric": rule}}
    listed = [{"dataset_id": "offices", "required_dimensions": required}]
    return dict(project(make(dimensions=dimensions, datasets=listed)).spec["requires"]["offices"])


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"base": {"record_ids": ["fans"], "dimension_name": "end_use"}}, ["fans"]),
        ({"base": {"record_ids": ["__all__"], "dimension_name": "end_use"}}, ["fans", "cooling"]),
        ({"base_missing": {"record_ids": ["fans"], "dimension_name": "end_use"}}, ["cooling"]),
        ({"base": {"record_ids": ["__all__"], "dimension_name": "capacity"}}, ["solar"]),
    ],
)
def test_of_several_base_dimensions_the_one_that_is_named_is_meant(
    project_file: Make, repository: Path, rule: dict[str, Any], said: list[str]
) -> None:
    assert _of_two_metrics(project_file, repository, rule) == {"metric": said}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"base_missing": {"record_ids": ["fans"]}}, "dimension_name has to say which metric dimension is meant"),
        ({"base": ["__all__"]}, "dimension_name has to say which metric dimension is meant: end_use, capacity"),
        (
            {"base": {"record_ids": ["__all__"], "dimension_name": "end_uses"}},
            'no base metric dimension "end_uses"; did you mean "end_use"',
        ),
    ],
)
def test_of_several_base_dimensions_one_has_to_be_named_where_it_matters(
    project_file: Make, repository: Path, rule: dict[str, Any], message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        _of_two_metrics(project_file, repository, rule)


def test_base_missing_without_a_name_means_the_only_base_dimension(project_file: Make) -> None:
    rule = {"base_missing": {"record_ids": ["home"]}}
    assert _requires(project_file, {"single_dimensional": {"subsector": rule}}) == {"subsector": {"except": ["home"]}}


def test_ids_that_are_numbers_are_texts_and_somebody_should_look(project_file: Make) -> None:
    required = {"single_dimensional": {"model_year": {"base": [2020, 2020]}, "sector": ["com"]}}
    document = project_file(datasets=[{"dataset_id": "offices", "required_dimensions": required}])
    translation = project(document)
    assert translation.spec["requires"]["offices"] == {"model_year": ["2020"], "sector": ["com"]}
    (remark,) = [one for one in translation.remarks if one.kind == "decide"]
    assert "begin with zeros" in remark.message
    assert remark.target[:2] == ("requires", "offices")


@pytest.mark.parametrize(
    ("required", "message"),
    [
        ({"single_dimensional": {"secter": {"base": ["com"]}}}, 'no dimension type "secter"; did you mean "sector"'),
        ({"single_dimensional": {"sector": {"base": ["a"], "base_missing": ["b"]}}}, "not given together"),
        ({"multi_dimensional": [{"sector": {"base": ["com"]}}]}, "a combination names two types or more"),
        ({"single_dimensional": {"subsector": {"subset": [{"name": "by_sector", "selectors": []}]}}}, "no selector"),
    ],
)
def test_what_contradicts_itself_names_its_place(project_file: Make, required: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        _requires(project_file, required)


def test_a_dataset_that_is_listed_twice_is_an_error(project_file: Make) -> None:
    with pytest.raises(SpecError, match=r'datasets\[1\]\.dataset_id: the project lists the dataset "offices" twice'):
        project(project_file(datasets=[{"dataset_id": "offices"}, {"dataset_id": "offices"}]))


def test_a_subset_that_does_not_exist_is_an_error(project_file: Make) -> None:
    rule = {"subset": [{"name": "by_fuel", "selectors": ["x"]}, {"name": "by_sector", "selectors": ["commercial"]}]}
    with pytest.raises(SpecError, match='there is no subset dimension "by_fuel"'):
        _requires(project_file, {"single_dimensional": {"subsector": rule}})
