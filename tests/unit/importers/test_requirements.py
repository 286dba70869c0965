from __future__ import annotations

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


def test_a_type_with_several_base_dimensions_is_not_supported_yet(project_file: Make) -> None:
    metric = PROJECT["dimensions"]["base_dimensions"][3] | {"name": "capacity"}
    dimensions = PROJECT["dimensions"] | {"base_dimensions": [*PROJECT["dimensions"]["base_dimensions"], metric]}
    required = {"single_dimensional": {"metric": {"base": {"record_ids": ["fans"], "dimension_name": "end_use"}}}}
    document = project_file(
        dimensions=dimensions, datasets=[{"dataset_id": "offices", "required_dimensions": required}]
    )
    with pytest.raises(SpecError, match=r"single_dimensional\.metric: not supported"):
        project(document)


def test_a_subset_that_does_not_exist_is_an_error(project_file: Make) -> None:
    rule = {"subset": [{"name": "by_fuel", "selectors": ["x"]}, {"name": "by_sector", "selectors": ["commercial"]}]}
    with pytest.raises(SpecError, match='there is no subset dimension "by_fuel"'):
        _requires(project_file, {"single_dimensional": {"subsector": rule}})
