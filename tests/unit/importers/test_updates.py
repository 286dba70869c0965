from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import SpecError
from dsgrid.importers.document import Entry, read
from dsgrid.importers.project import project
from dsgrid.importers.query import query
from dsgrid.importers.updates import merged, time_update, updates_of

from .conftest import PROJECT, QUERY, TIME, Make

STATES = PROJECT["dimensions"]["supplemental_dimensions"][0] | {
    "name": "region",
    "file": "regions.csv",
    "mapping": {"file": "county_to_region.csv"},
}
SUBSET = PROJECT["dimensions"]["subset_dimensions"][0] | {"name": "by_size", "filename": "by_size.csv"}


def _update(folder: Path, **content: Any) -> Entry:
    (folder / "regions.csv").write_text("id,name\nwest,West\neast,East\n")
    (folder / "county_to_region.csv").write_text("from_id,to_id\n06037,west\n36047,east\n")
    (folder / "by_size.csv").write_text("id,small,large\noffice,x,\nhospital,,x\nhome,x,\n")
    return Entry(content, folder / "update.json5")


@pytest.mark.parametrize("within_repository", [True, False])
def test_added_dimensions_become_part_of_the_project(
    project_file: Make, repository: Path, tmp_path: Path, within_repository: bool
) -> None:
    folder = repository if within_repository else tmp_path / "updates"
    folder.mkdir(exist_ok=True)
    subset = SUBSET | {"selectors": [{"name": "small"}, {"name": "large"}]}
    update = _update(folder, supplemental_dimensions=[STATES], subset_dimensions=[subset])
    assert updates_of(update) == ("subset_dimensions", "supplemental_dimensions")
    changed, remarks = merged(project_file(), update)
    spec = project(changed).spec
    assert list(spec["supplemental"]) == ["state", "region"]
    assert spec["supplemental"]["region"]["records"] == str(folder / "regions.csv")
    assert spec["supplemental"]["region"]["mapping"]["records"] == str(folder / "county_to_region.csv")
    assert spec["subset"]["by_size"]["selectors"] == str(folder / "by_size.csv")
    assert [(one.kind, one.file, one.target) for one in remarks] == [
        ("changed", str(update.file), ("subset", "by_size")),
        ("changed", str(update.file), ("supplemental", "region")),
    ]


def test_what_is_wrong_in_an_addition_names_its_own_file_and_line(project_file: Make, repository: Path) -> None:
    file = repository / "update.json5"
    file.write_text('{\n  supplemental_dimensions: [\n    {class: "State", type: "geography",\n     name: "x"}]\n}\n')
    with pytest.raises(SpecError, match=r'update\.json5:3: supplemental_dimensions\[0\]: the key "mapping" is missing'):
        project(merged(project_file(), read(file))[0])


def test_tables_may_lie_where_the_project_is(project_file: Make, repository: Path) -> None:
    _update(repository)
    folder = repository / "later" / "on"
    folder.mkdir(parents=True)
    changed, _ = merged(project_file(), Entry({"supplemental_dimensions": [STATES]}, folder / "update.json5"))
    assert project(changed).spec["supplemental"]["region"]["records"] == str(repository / "regions.csv")


def test_queries_know_what_was_added(project_file: Make, query_file: Make, repository: Path) -> None:
    subset = SUBSET | {"selectors": [{"name": "small"}, {"name": "large"}]}
    changed, _ = merged(project_file(), _update(repository, subset_dimensions=[subset]))
    chosen = {"filter_type": "subset", "dimension_type": "subsector", "dimension_names": ["small"]}
    source = QUERY["project"]["dataset"] | {"params": {"dimension_filters": [chosen]}}
    asked = query_file(project=QUERY["project"] | {"dataset": source})
    assert query(asked, changed, Path("/r")).spec["where"] == [{"subset": "by_size", "selectors": ["small"]}]


def test_what_datasets_have_to_cover_is_added_or_replaced(project_file: Make, repository: Path) -> None:
    needed = {"single_dimensional": {"sector": {"base": ["res"]}}}
    update = _update(
        repository,
        datasets=[{"dataset_id": "homes", "required_dimensions": needed}],
        dataset_dimension_requirements=[{"dataset_id": "offices", "required_dimensions": needed}],
    )
    changed, remarks = merged(project_file(), update)
    assert project(changed).spec["requires"] == {"offices": {"sector": ["res"]}, "homes": {"sector": ["res"]}}
    assert [one.target for one in remarks] == [("requires", "homes"), ("requires", "offices")]
    # The rest of the entry stays.
    assert changed["datasets"][0]["wrap_time_allowed"].value is True


def test_what_the_project_has_already_stays_and_somebody_should_look(project_file: Make, repository: Path) -> None:
    again = STATES | {"name": "state"}
    changed, remarks = merged(project_file(), _update(repository, supplemental_dimensions=[again]))
    assert project(changed).spec == project(project_file()).spec
    assert [one.kind for one in remarks] == ["decide"]


def test_a_requirement_of_a_dataset_that_is_not_listed_is_refused(project_file: Make, repository: Path) -> None:
    update = _update(repository, dataset_dimension_requirements=[{"dataset_id": "office", "required_dimensions": {}}])
    with pytest.raises(SpecError, match='lists no dataset "office"; did you mean "offices"'):
        merged(project_file(), update)


@pytest.mark.parametrize(
    "content",
    [
        {"project_id": "demo", "datasets": [{"dataset_id": "a"}]},
        {"datasets": [{"dataset_id": "a", "config_file": "dataset.json5"}]},
        {"datasets": [{"dataset_id": "a", "dimensions": []}], "projects": []},
        {"datasets": [], "dataset_submissions": []},
        {"name": "x"},
    ],
)
def test_other_files_are_no_updates(tmp_path: Path, content: dict[str, Any]) -> None:
    assert updates_of(Entry(content, tmp_path / "x.json5")) == ()


def test_a_new_version_of_a_time_dimension_is_for_somebody_to_decide(tmp_path: Path) -> None:
    (remark,) = time_update(Entry(TIME | {"ranges_timezone": "LOCAL"}, tmp_path / "dimension_time_update.json5"))
    assert remark.kind == "decide"
    for part in ('"time_est"', "timezone = Etc/GMT+5", "start = 2012-01-01 00:00:00", "ranges_timezone = LOCAL"):
        assert part in remark.message
