"""Whatever stands in a configuration, it becomes a value or an error that names its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dsgrid.errors import NotFoundError, SpecError
from dsgrid.importers.bulk_file import bulk_file
from dsgrid.importers.dataset import dataset
from dsgrid.importers.dataset_query import dataset_query
from dsgrid.importers.document import Entry
from dsgrid.importers.filter_file import filter_file
from dsgrid.importers.plans import plan
from dsgrid.importers.project import project
from dsgrid.importers.query import query
from dsgrid.importers.shared import dimensions
from dsgrid.importers.submission import submission
from dsgrid.importers.tables import read_csv
from dsgrid.importers.updates import merged, time_update

from .conftest import DATASET, PROJECT, TIME, Make
from .mutations import assert_none_crashes
from .translating import ANNUAL, INDEX, PARTS, TYPICAL

ADJUSTMENT = {
    "leap_day_adjustment": "drop_feb29",
    "daylight_saving_adjustment": {"spring_forward_hour": "drop", "fall_back_hour": "duplicate"},
}
LISTED = {
    "dataset_id": "offices",
    "time_based_data_adjustment": ADJUSTMENT,
    "required_dimensions": {
        "single_dimensional": {
            "model_year": {"base_missing": {"record_ids": ["2020"], "dimension_name": "model_year"}}
        },
        "multi_dimensional": [
            {
                "sector": {"base": ["com"]},
                "subsector": {"subset": [{"name": "by_sector", "selectors": ["commercial"]}]},
            }
        ],
    },
}
NTZ = {"dtype": "TIMESTAMP_NTZ", "time_column": "hour"}
ABSOLUTE = {"format_type": "aligned_in_absolute_time", "time_zone": "Etc/GMT+5"}
TIMES = (
    TIME | {"timezone": None, "time_zone_format": ABSOLUTE, "column_format": NTZ, "localize_to_time_zone": True},
    TIME | {"column_format": PARTS, "leap_day_adjustment": "drop_feb29"},
    ANNUAL | {"type": "time", "ranges": [{"start": "2010", "end": "2020", "frequency": 1}]},
    TYPICAL | {"type": "time", "format": "one_week_per_month_by_hour"},
    INDEX | {"type": "time", "leap_day_adjustment": "drop_dec31"},
)
QUERY = {
    "name": "by_state",
    "project": {
        "project_id": "demo",
        "dataset": {
            "dataset_id": "anything",
            "source_datasets": [
                {"dataset_type": "standalone", "dataset_id": "offices"},
                {
                    "dataset_type": "projection",
                    "dataset_id": "grown",
                    "initial_value_dataset_id": "offices",
                    "growth_rate_dataset_id": "rates",
                    "base_year": 2020,
                },
            ],
            "expression": "offices | grown",
            "params": {
                "dimension_filters": [
                    {
                        "filter_type": "expression",
                        "dimension_type": "geography",
                        "dimension_name": "county",
                        "operator": "==",
                        "value": "06037",
                    },
                    {
                        "filter_type": "column_operator",
                        "dimension_type": "geography",
                        "dimension_name": "county",
                        "column": "state",
                        "operator": "isin",
                        "value": ["CA"],
                        "negate": True,
                    },
                    {
                        "filter_type": "between_column_operator",
                        "dimension_type": "time",
                        "dimension_name": "time_est",
                        "lower_bound": "2012-01-01",
                        "upper_bound": "2012-01-02",
                    },
                    {"filter_type": "subset", "dimension_type": "subsector", "dimension_names": ["commercial"]},
                ]
            },
        },
        "mapping_plans": [{"dataset_id": "offices", "mappings": [{"name": "county", "persist": True}]}],
    },
    "result": {
        "aggregations": [
            {
                "aggregation_function": "sum",
                "dimensions": {
                    "metric": ["end_use"],
                    "geography": [{"dimension_name": "state", "function": None, "alias": "region"}],
                    "time": ["time_est"],
                    "scenario": [],
                },
            }
        ],
        "aggregate_each_dataset": True,
        "reports": [{"report_type": "peak_load", "inputs": {"group_by_columns": ["region"]}}],
        "table_format": {"format_type": "pivoted", "pivoted_dimension_type": "metric"},
        "sort_columns": ["region"],
        "time_zone": "US/Pacific",
    },
}


def _translators(
    repository: Path, make_project: Make, make_dataset: Make
) -> list[tuple[Entry, Callable[[Entry], Any]]]:
    """Return each kind of file, and what is made of it."""
    of_project, of_dataset = make_project(datasets=[LISTED]), make_dataset()

    def entry(value: Any) -> Entry:
        return Entry(value, repository / "file.json5")

    others = [each for each in DATASET["dimensions"] if each["type"] != "time"]
    asked = {
        "name": "q",
        "dataset_id": "offices",
        "to_dimension_references": [{"type": "geography", "name": "state"}, {"type": "time", "dimension_id": "t"}],
        "time_based_data_adjustment": ADJUSTMENT,
        "result": {"sort_columns": ["geography"], "output_format": "csv"},
    }
    mappings = {
        "mappings": [
            {"dimension_type": "geography", "file": "county_to_state.csv", "mapping_type": "one_to_one"},
            {"dimension_type": "metric", "records": [{"from_id": "fans", "to_id": "fans", "from_fraction": 0.5}]},
        ],
        "references": [{"mapping_names": {"from": "a", "to": "b"}}],
    }
    bulk = {
        "projects": [{"project_id": "demo", "config_file": "project.json5"}],
        "datasets": [{"dataset_id": "offices", "config_file": "dataset.json5"}],
        "dataset_submissions": [
            {
                "dataset_id": "offices",
                "project_id": "demo",
                "dimension_mapping_file": "m.json5",
                "autogen_reverse_supplemental_mappings": ["geography"],
            }
        ],
    }
    update = {
        "subset_dimensions": [PROJECT["dimensions"]["subset_dimensions"][0] | {"name": "more"}],
        "supplemental_dimensions": [PROJECT["dimensions"]["supplemental_dimensions"][0] | {"name": "more_states"}],
        "datasets": [{"dataset_id": "homes"}],
        "dataset_dimension_requirements": [{"dataset_id": "offices", "required_dimensions": {}}],
    }
    kept = {"dimensions": {"base_dimensions": [{"dimension_type": "geography", "record_ids": ["06037"]}]}}
    cut = {"projects": [{"project_id": "demo", **kept}], "datasets": [{"dataset_id": "offices"}]}
    plain = make_dataset(enable_unit_conversion=False)
    return [
        (of_project, project),
        (of_dataset, lambda each: dataset(each, project=of_project)),
        (plain, lambda each: submission(of_project, "offices", None, each, ["geography"])),
        *((make_dataset(dimensions=[*others, time]), dataset) for time in TIMES),
        (entry({"dimensions": [*others, TIME]}), lambda each: dimensions(each, "demo")),
        (entry(QUERY), lambda each: query(each, of_project, repository)),
        (entry(mappings), lambda each: submission(of_project, "offices", each, plain)),
        (entry(asked), lambda each: dataset_query(each, repository, {"t": "time_est"}, configuration=of_dataset)),
        (entry(bulk), bulk_file),
        (entry(update), lambda each: project(merged(of_project, each)[0])),
        (entry(cut), lambda each: filter_file(each, repository, {"demo": of_project})),
        (entry(QUERY["project"]["mapping_plans"][0]), plan),  # type: ignore[index]
        (entry(TIME), time_update),
    ]


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 13])
def test_any_value_of_any_key_becomes_a_translation_or_an_error(
    repository: Path, project_file: Make, dataset_file: Make, every: int
) -> None:
    (repository / "load_data.parquet").touch()
    translators = _translators(repository, project_file, dataset_file)
    count = sum(assert_none_crashes(document, translate, every) for document, translate in translators)
    assert count > 9_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe\x00\x01", "no text in UTF-8"),
        ("id,name\nSão,é\n".encode("latin-1"), "no text in UTF-8"),
        (b'id,name\na,"' + b"x" * 200_000, "no CSV"),
    ],
)
def test_a_table_that_is_no_csv_names_itself(repository: Path, content: bytes, message: str) -> None:
    (repository / "odd.csv").write_bytes(content)
    with pytest.raises(SpecError, match=rf"odd\.csv.*{message}"):
        read_csv(repository / "odd.csv")


def test_a_folder_is_no_table(repository: Path, project_file: Make) -> None:
    (repository / "sectors.csv").unlink()
    (repository / "sectors.csv").mkdir()
    with pytest.raises(SpecError, match=r"base_dimensions\[1\]\.file: .*sectors\.csv is a folder, and no table"):
        project(project_file())
    with pytest.raises(NotFoundError, match=r"sectors\.csv: this is a folder"):
        read_csv(repository / "sectors.csv")


@pytest.mark.parametrize("text", ["", "\n\n", "id\n", "name\nx\n", "id,name\n06037\n06037,LA,too,many\n"])
def test_ragged_and_empty_tables_do_not_stop_a_translation(repository: Path, project_file: Make, text: str) -> None:
    for name in ("counties.csv", "county_to_state.csv", "by_sector.csv"):
        kept = (repository / name).read_text()
        (repository / name).write_text(text)
        try:
            project(project_file(datasets=[LISTED]))
        except SpecError as error:
            assert all(problem.where for problem in error.problems)  # noqa: PT017
        (repository / name).write_text(kept)
