"""A result becomes a dataset by the specs that `derive` writes, and the dataset answers as the result did."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from tests.desk import Desk
from tests.engines import SLOW_ON_SPARK

from dsgrid.operations.apply import apply
from dsgrid.operations.create_derived_dataset import Derived, derive
from dsgrid.operations.graph import dependency_graph
from dsgrid.operations.query import query
from dsgrid.operations.register_dataset import register_dataset
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.query import output
from dsgrid.query.result import Result

PROJECT = "three_states_2018"
BY = ["county", "building_type", "end_use", "scenario", "hourly"]


def ask(desk: Desk, name: str, datasets: list[str], result: dict[str, Any], by: list[str]) -> Result:
    spec = {"name": name, "project": PROJECT, "datasets": datasets, "step": [{"by": by}]}
    return query(
        {**spec, "result": {"path": str(desk.folder / "results"), **result}}, registry=desk.registry, engine=desk.engine
    )


def registered(desk: Desk, result: Result) -> Derived:
    """Run the specs of a result, in the order in which they are printed."""
    made = derive(result.folder, id="derived", output=desk.folder / "derived", registry=desk.registry)
    assert not isinstance(made.lineage, str)
    assert made.unsaid == ()
    register_dataset(made.dataset_spec, engine=desk.engine)
    assert made.project_spec is not None
    apply(made.project_spec)
    assert made.submission_spec is not None
    submit_dataset(made.submission_spec)
    return made


def by_place(result: Result) -> pd.Series:
    table = result.to_pandas()
    keys = [name for name in table.columns if name not in ("value", "unit")]
    return table.set_index(keys)["value"].sort_index()


def assert_answers_alike(desk: Desk, result: dict[str, Any], by: list[str], asked: list[str]) -> None:
    registered(desk, ask(desk, "made", ["commercial_2018"], result, by))
    wanted = by_place(ask(desk, "original", ["commercial_2018"], {"unit": "MWh"}, asked))
    found = by_place(ask(desk, "of_the_derived", ["derived"], {"unit": "MWh"}, asked))
    pd.testing.assert_series_equal(found, wanted, rtol=1e-9)
    assert dependency_graph(desk.registry, "derived").root.is_derived


def test_a_derived_dataset_answers_as_its_query(commercial_desk: Desk) -> None:
    assert_answers_alike(commercial_desk, {"unit": "kWh"}, BY, ["county", "end_use", "scenario", "hourly"])


@SLOW_ON_SPARK
@pytest.mark.parametrize(
    "result",
    [
        {"format": "arrow", "pivot": "metric", "names": True},
        {"format": "csv", "zone": "America/Denver"},
        {"format": "csv", "pivot": "scenario", "zone": "geography"},
        {"partition": ["scenario", "building_type"], "pivot": "geography"},
    ],
    ids=["pivoted names in Arrow", "another clock in CSV", "the clocks of the places", "partitions"],
)
def test_the_form_of_the_table_does_not_matter(commercial_desk: Desk, result: dict[str, Any]) -> None:
    assert_answers_alike(commercial_desk, result, BY, ["county", "end_use", "scenario", "hourly"])


@SLOW_ON_SPARK
@pytest.mark.parametrize("format_", ["parquet", "csv", "arrow"])
def test_a_large_result_of_several_files_is_a_dataset(
    commercial_desk: Desk, monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", 0)
    result = {"format": format_, "names": format_ == "arrow"}
    assert_answers_alike(commercial_desk, result, BY, ["county", "end_use", "scenario", "hourly"])


@SLOW_ON_SPARK
def test_days_are_asked_again_as_days(commercial_desk: Desk) -> None:
    desk = commercial_desk
    result = ask(desk, "made", ["commercial_2018"], {}, [*BY[:-1], "daily"])
    made = derive(
        result.folder,
        id="derived",
        output=desk.folder / "derived",
        registry=desk.registry,
        mapping={"time": {"resample": True}},
    )
    register_dataset(made.dataset_spec, engine=desk.engine)
    assert made.project_spec is not None
    apply(made.project_spec)
    assert made.submission_spec is not None
    submit_dataset(made.submission_spec)
    by = ["county", "scenario", "daily"]
    wanted = by_place(ask(desk, "original", ["commercial_2018"], {}, by))
    pd.testing.assert_series_equal(by_place(ask(desk, "of_days", ["derived"], {}, by)), wanted, rtol=1e-9)


@SLOW_ON_SPARK
def test_a_later_result_is_the_next_version_of_the_dataset(commercial_desk: Desk) -> None:
    desk = commercial_desk
    registered(desk, ask(desk, "made", ["commercial_2018"], {}, BY))
    changed = ask(desk, "made", ["commercial_2018"], {"where": [{"dimension": "end_use", "like": "natural%"}]}, BY)
    made = derive(changed.folder, id="derived", output=desk.folder / "again", registry=desk.registry)
    assert made.project_spec is None, "the project expects it since"
    assert any("derived@1.0.0 is registered; the specs are for its next version" in note for note in made.notes)
    assert f"dsgrid apply {made.dataset_spec} --allow major" in made.report()
    applied = apply(made.dataset_spec, allow="major", engine=desk.engine)
    assert "dataset derived 1.0.0 -> 2.0.0 (major)" in applied.report()
    found = by_place(ask(desk, "of_the_derived", ["derived@1"], {}, ["county", "end_use", "scenario", "hourly"]))
    wanted = by_place(ask(desk, "original", ["commercial_2018"], {}, ["county", "end_use", "scenario", "hourly"]))
    pd.testing.assert_series_equal(found, wanted, rtol=1e-9)
