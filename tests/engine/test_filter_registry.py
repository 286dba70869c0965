"""A query on an extract gives the numbers that it gives on the whole registry with the same filter."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Verbosity, assume, given, settings
from hypothesis import strategies as st
from reference.stored import Stored, label_columns, long_facts
from strategies.cases import Case, cases
from tests.demo_project import small_demo
from tests.desk import Desk
from tests.engines import SLOW_ON_SPARK, few_on_spark
from tests.shaped_project import shaped_registry

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import DataError, DsgridError, SpecError
from dsgrid.operations.check_registry import examine
from dsgrid.operations.filter_registry import FilteredRegistry, filter_registry
from dsgrid.operations.query import query
from dsgrid.registry.model import Project
from dsgrid.registry.publish import data_file, new_folder, write_manifest
from dsgrid.registry.registry import Registry
from dsgrid.time.agreement import project_disagreements, year_disagreements

if TYPE_CHECKING:
    from dsgrid.engine import Engine

FEW = {"sail": 40, "spark": 12}
MANY = {"sail": 600, "spark": 80}
SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck), verbosity=Verbosity.normal)


# The demo -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("demo"), engine)
    small_demo(desk.folder, days=2, counties=4)
    desk.run(
        *("create_registry", "register_project", "register_commercial", "register_residential"),
        *("submit_commercial", "submit_residential"),
    )
    return desk


def numbers(folder: Path, spec: dict[str, Any], engine: Engine, results: Path) -> dict[tuple[Any, ...], float]:
    """Return the values of a query by their keys."""
    found = query({**spec, "result": {**spec.get("result", {}), "path": results}}, registry=folder, engine=engine)
    rows = found.to_arrow().to_pylist()
    return {tuple(value for name, value in row.items() if name != "value"): row["value"] for row in rows}


def same(found: dict[tuple[Any, ...], float], expected: dict[tuple[Any, ...], float]) -> None:
    assert found.keys() == expected.keys()
    scale = sum(abs(value) for value in expected.values())
    for key, value in expected.items():
        assert found[key] == pytest.approx(value, rel=1e-9, abs=1e-12 * scale), key


def keep(desk: Desk, target: Path, spec: dict[str, Any]) -> FilteredRegistry:
    with Registry.open(desk.registry) as opened:
        (project,) = opened.projects()
    return filter_registry(
        {"target": target, "project": project["id"], **spec}, registry=desk.registry, engine=desk.engine
    )


QUESTIONS: dict[str, dict[str, Any]] = {
    "base": {},
    "hourly by state and fuel": {
        "step": [{"function": "sum", "by": ["state", "fuel", "scenario", "hourly"]}],
        "result": {"unit": "MWh"},
    },
    "by county": {"step": [{"function": "sum", "by": ["county", "building_type"], "over": ["scenario"]}]},
}
KEEPS: dict[str, dict[str, list[str]]] = {
    "a county and a sector": {"county": ["06037"], "sector": ["com"]},
    "a state": {"state": ["NY"]},
    "end uses": {"fuel": ["natural_gas"], "scenario": ["reference"]},
    "counties of a state": {"state": ["CA"], "county": ["06037", "36061"]},
    "building types": {"building_type": ["small_office", "single_family"]},
}


@few_on_spark(5)
@pytest.mark.parametrize("name", KEEPS)
def test_the_demo_gives_the_same_numbers(demo: Desk, tmp_path: Path, name: str) -> None:
    done = keep(demo, tmp_path / "extract", {"keep": KEEPS[name]})
    assert examine(tmp_path / "extract", checksums=True, older_than=0).is_clean
    assert str(tmp_path / "extract") in done.report()
    for question in QUESTIONS.values():
        spec = {"name": "q", "project": "three_states_2018", **question}
        every = ["commercial_2018", "residential_2018"]
        where = [{"dimension": dimension, "in": ids} for dimension, ids in KEEPS[name].items()]
        expected = numbers(demo.registry, {**spec, "datasets": every, "where": where}, demo.engine, tmp_path)
        left = [each.dataset.id for each in done.choice.datasets]
        found = numbers(tmp_path / "extract", {**spec, "datasets": left}, demo.engine, tmp_path)
        assert expected
        same(found, expected)


def test_an_extract_is_cut_everywhere(demo: Desk, tmp_path: Path) -> None:
    keep(demo, tmp_path / "extract", {"keep": {"county": ["06037"], "fuel": ["electricity"]}})
    with Registry.open(demo.registry) as old, Registry.open(tmp_path / "extract") as new:
        project, whole = new.project("three_states_2018"), old.project("three_states_2018")
        assert project.version == whole.version
        by_name = {each.name: each for each in project.base}
        assert by_name["county"].records.ids == ("06037",)
        assert by_name["sector"] == next(each for each in whole.base if each.name == "sector")
        state = next(each for each in project.supplemental if each.dimension.name == "state")
        assert state.dimension.records.ids == ("CA",)
        assert [each.from_id for each in state.mapping.associations] == ["06037"]
        assert [
            selector.name for subset in project.subsets if subset.of == "end_use" for selector in subset.selectors
        ] == ["electricity"]
        homes = new.submission("three_states_2018", "residential_2018").mappings["geography"].mapping
        assert homes is not None
        assert homes.kind == "one_to_many_disaggregation"
        sums: dict[str, float] = {}
        for each in homes.associations:
            sums[each.from_id] = sums.get(each.from_id, 0.0) + each.fraction
        assert all(total == pytest.approx(1) for total in sums.values()), "what goes to lost counties goes nowhere"
        assert {each.to_id for each in homes.associations} <= {"06037", None}
        for dataset in ("commercial_2018", "residential_2018"):
            small, large = new.dataset(dataset), old.dataset(dataset)
            assert (small.id, small.version) == (large.id, large.version)
            facts = [file for file in small.files if file.role == "facts"]
            assert (
                0 < sum(file.rows for file in facts) <= sum(file.rows for file in large.files if file.role == "facts")
            )
            if small.layout.pivot is not None:
                columns = set(pq.read_schema(new.data_folder(small) / facts[0].path).names)
                lost = set(large.dimensions["metric"].records.ids) - set(small.dimensions["metric"].records.ids)
                assert not columns & lost


def test_data_of_which_nothing_is_left_out_are_carried(demo: Desk, tmp_path: Path) -> None:
    done = keep(demo, tmp_path / "extract", {"keep": {"scenario": ["reference"]}, "data": "link"})
    (carried,) = [each for each in done.choice.datasets if not each.kept]
    assert carried.whole.id == "commercial_2018", "its one scenario goes to both of the project"
    with Registry.open(demo.registry) as old, Registry.open(tmp_path / "extract") as new:
        small, large = new.dataset("commercial_2018"), old.dataset("commercial_2018")
        for file in small.files:
            assert (new.data_folder(small) / file.path).samefile(old.data_folder(large) / file.path)


def test_a_dataset_without_any_of_the_records_is_left_out_or_refused(demo: Desk, tmp_path: Path) -> None:
    done = keep(demo, tmp_path / "extract", {"keep": {"sector": ["com"]}})
    assert "left out: dataset residential_2018@1.0.0, which has nothing for these records" in done.report()
    with pytest.raises(DataError, match="dataset residential_2018 has nothing for the records that are kept"):
        keep(demo, tmp_path / "other", {"keep": {"sector": ["com"]}, "datasets": ["residential_2018"]})
    with pytest.raises(DataError, match="no dataset of project three_states_2018 has anything"):
        keep(demo, tmp_path / "other", {"keep": {"sector": ["com"], "building_type": ["single_family"]}})
    assert not (tmp_path / "other").exists()


def test_what_is_not_there_is_told(demo: Desk, tmp_path: Path) -> None:
    def refusal(**keys: Any) -> str:
        with pytest.raises(DsgridError) as caught:
            keep(demo, tmp_path / "extract", keys)
        assert not list(tmp_path.iterdir())
        return str(caught.value)

    assert 'did you mean "county"?' in refusal(keep={"conty": ["06037"]})
    assert 'no record "6037" in dimension "county"; did you mean "06037"?' in refusal(keep={"county": ["6037"]})
    assert 'leave nothing of "county"' in refusal(keep={"county": ["06037"], "state": ["NY"]})
    assert 'no project "x_1"' in refusal(keep={"county": ["06037"]}, project="x_1")
    assert 'did you mean "commercial_2018"' in refusal(keep={"county": ["06037"]}, datasets=["comercial_2018"])


# Annual values that follow the course of another dataset --------------------------------------------------------------


@pytest.fixture(scope="module")
def shaped(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sales that follow the days of a dataset which reaches other counties itself."""
    return shaped_registry(tmp_path_factory.mktemp("shaped"), engine)


@SLOW_ON_SPARK
@pytest.mark.parametrize("datasets", [["sales"], ["sales", "course"]])
def test_what_annual_values_follow_comes_along_whatever_it_reaches_itself(
    shaped: Path, engine: Engine, tmp_path: Path, datasets: list[str]
) -> None:
    spec = {"target": tmp_path / "extract", "project": "two_counties", "datasets": datasets}
    filter_registry({**spec, "keep": {"county": ["06037"]}}, registry=shaped, engine=engine)
    assert examine(tmp_path / "extract", checksums=True, older_than=0).is_clean
    with Registry.open(tmp_path / "extract") as registry:
        assert registry.dataset("sales").dimensions["geography"].records.ids == ("08031",)
        # It reaches 06037 by itself, and the sales there follow the record 08031.
        left = registry.dataset("course").dimensions["geography"].records.ids
        assert left == (("08031",) if datasets == ["sales"] else ("06037", "08031"))
        assert registry.submission("two_counties", "sales").time.shape == "course@1.0.0"
        assert [row["dataset_id"] for row in registry.submissions()] == sorted(datasets)
    for word in ("daily", "monthly"):
        asked = {"name": "q", "project": "two_counties", "datasets": datasets, "overlap": "sum"}
        asked["step"] = [{"function": "sum", "by": ["county", word]}]
        where = [{"dimension": "county", "in": ["06037"]}]
        expected = numbers(shaped, {**asked, "where": where}, engine, tmp_path)
        assert len(expected) in (12, 365)
        same(numbers(tmp_path / "extract", asked, engine, tmp_path), expected)


# Random projects ------------------------------------------------------------------------------------------------------


def publish(registry: Registry, stored: Stored) -> None:
    """Register a stored dataset with real files."""
    dataset, layout = stored.dataset, stored.dataset.layout
    folder = new_folder(registry, dataset.id, dataset.version)
    (folder / "facts").mkdir()
    columns = label_columns(dataset.time, stored.facts["label"].to_numpy(dtype="int64"))
    for name in stored.facts.columns.drop("label"):
        kind = pa.int64() if name == "id" else pa.string() if name in layout.fact_types else pa.float64()
        columns[name] = pa.array(stored.facts[name], kind, from_pandas=True)
    pq.write_table(pa.table(columns), folder / "facts/0.parquet", row_group_size=50)
    files = [data_file(folder, "facts/0.parquet", "facts", len(stored.facts))]
    if stored.lookup is not None:
        pq.write_table(pa.Table.from_pandas(stored.lookup, preserve_index=False), folder / "lookup.parquet")
        files.append(data_file(folder, "lookup.parquet", "lookup", len(stored.lookup)))
    rows = long_facts(stored)
    grouped = rows.assign(size=rows["value"].abs()).groupby(list(RECORD_TYPES), sort=True)
    table = grouped.agg(rows=("value", "size"), sum=("value", "sum"), abs_sum=("size", "sum")).reset_index()
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), folder / "associations.parquet")
    files.append(data_file(folder, "associations.parquet", "associations", len(table)))
    write_manifest(folder, files)
    published = replace(dataset, folder=f"{dataset.id}/{folder.name}", files=tuple(files))
    with registry.registration("test") as registration:
        registration.add_dataset(published)
        registration.add_submission(stored.submission)


@st.composite
def keeps(draw: st.DrawFn, project: Project) -> dict[str, list[str]]:
    """Records to keep of one to three dimensions."""
    every = [*project.base, *(each.dimension for each in project.supplemental)]
    dimensions = [each for each in every if len(each.records) > 1] or every
    chosen = draw(st.lists(st.sampled_from(dimensions), min_size=1, max_size=2, unique_by=lambda each: each.name))
    return {
        each.name: draw(
            st.lists(st.sampled_from(each.records.ids), min_size=1, max_size=max(1, len(each.records) - 1), unique=True)
        )
        for each in chosen
    }


def agree_as_before(place: Path, project: str) -> bool:
    """Assert that no time of an extract contradicts records, where that of the whole does not; tell if one was cut."""
    with Registry.open(place / "whole") as before, Registry.open(place / "extract") as after:
        old, new = before.project(project), after.project(project)
        assert project_disagreements(old.time, old.base) or not project_disagreements(new.time, new.base)
        times = [(old.time, new.time)]
        for row in after.submissions():
            whole, dataset = before.dataset(row["dataset_id"]), after.dataset(row["dataset_id"])
            assert year_disagreements(whole.time, whole.dimensions) or not year_disagreements(
                dataset.time, dataset.dimensions
            )
            times.append((whole.time, dataset.time))
    return any(replace(one, id="") != replace(other, id="") for one, other in times)


def _check(engine: Engine, folder: Path, profile: settings) -> None:
    count = iter(range(10**9))
    seen: Counter[str] = Counter()

    @profile
    @given(st.data(), cases())
    def agree(data: st.DataObject, case: Case) -> None:
        kept = data.draw(keeps(case.project))
        place = folder / str(next(count))
        with Registry.create(place / "whole") as registry:
            with registry.registration("test") as registration:
                registration.add_project(case.project)
            for stored in case.datasets:
                publish(registry, stored)
        spec = {key: value for key, value in case.spec.items() if key not in ("where", "step")}
        # What is kept is asked for by filters of the query; those of steps would say it another time.
        steps = [{key: value for key, value in step.items() if key != "where"} for step in case.spec.get("step", ())]
        spec |= {"step": steps} if steps else {}
        spec["result"] = {key: value for key, value in spec["result"].items() if key == "unit"}
        where = [{"dimension": name, "in": ids} for name, ids in kept.items()]
        try:
            expected = numbers(place / "whole", {**spec, "where": where}, engine, place / "results")
        except SpecError:
            seen["refused"] += 1
            assume(False)
        try:
            done = filter_registry(
                {"target": place / "extract", "project": case.project.id, "keep": kept},
                registry=place / "whole",
                engine=engine,
            )
        except DataError:
            assert not expected
            seen["nothing left"] += 1
            return
        assert examine(place / "extract", checksums=True, older_than=0).is_clean
        seen["years cut"] += agree_as_before(place, case.project.id)
        left = [each.dataset.id for each in done.choice.datasets]
        seen["cut" if any(each.kept for each in done.choice.datasets) else "carried"] += 1
        seen["two tables"] += any(each.kept and each.whole.layout.two_tables for each in done.choice.datasets)
        seen["left out"] += len(left) < len(case.datasets)
        dropped = {each.split('"')[1] for each in done.choice.left_out if each.startswith("supplemental")}
        question = {**spec, "datasets": left}
        if dropped & {name for step in spec.get("step", ()) for name in step["by"]}:
            assert not expected, "no record of it is reached"
            with pytest.raises(SpecError, match="no dimension"):
                numbers(place / "extract", question, engine, place / "results")
            return
        same(numbers(place / "extract", question, engine, place / "results"), expected)

    agree()
    # It is not all refusals: the ways through are tried.
    ways = ["cut", "carried", "two tables", *(["years cut"] if profile.max_examples >= FEW["sail"] else [])]
    assert all(seen[way] for way in ways), seen


@SLOW_ON_SPARK
def test_an_extract_gives_what_the_filter_gives(engine: Engine, tmp_path: Path) -> None:
    _check(engine, tmp_path, settings(SETTINGS, max_examples=FEW[engine.name], derandomize=True, database=None))


@pytest.mark.slow
def test_many_extracts_give_what_the_filter_gives(engine: Engine, tmp_path: Path) -> None:
    _check(engine, tmp_path, settings(SETTINGS, max_examples=MANY[engine.name]))
