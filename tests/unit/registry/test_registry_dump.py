"""A dump registers again to the same."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from registry_values import (
    example_dataset,
    example_dimension,
    example_project,
    example_submission,
    register,
    texts,
)

from dsgrid.dimensions.automatic import automatic_supplementals
from dsgrid.dimensions.dimension import Dimension, Selector, Subset, Supplemental
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.records import Record, Records
from dsgrid.errors import NotFoundError, RegistryError, UsageError
from dsgrid.operations.register_project import register_project
from dsgrid.registry.dump import dump
from dsgrid.registry.model import Coverage, Project, Requirement, TypeMapping
from dsgrid.registry.registry import Registry
from dsgrid.registry.toml import Inline, dumps
from dsgrid.spec.load import load_spec

ROOT = Path(__file__).resolve().parents[3]

# What a spec can say: text without blanks around it, a blank cell being no cell. Ids and names are in one line.
LINES = ("Cc", "Zl", "Zp")
ids = (
    st.text(st.characters(codec="utf-8", exclude_characters="$", exclude_categories=LINES), min_size=1, max_size=5)
    .map(str.strip)
    .filter(bool)
)
cells = (
    st.text(st.characters(codec="utf-8", exclude_characters="\0$"), min_size=1, max_size=5).map(str.strip).filter(bool)
)
columns = st.sampled_from(["state", "note", "Größe", "a,b"])


@st.composite
def dimensions(draw: st.DrawFn, name: str, type_: str, record_class: str) -> Dimension:
    chosen = draw(st.lists(columns, unique=True, max_size=3))
    rows = [
        Record(
            id_,
            draw(ids),
            {
                **({"unit": draw(cells)} if type_ == "metric" else {}),
                **{each: draw(cells | st.none()) for each in chosen},
            },
        )
        for id_ in draw(st.lists(ids, unique=True, min_size=1, max_size=4))
    ]
    return Dimension(name, type_, record_class, Records(tuple(rows)), draw(texts))


@st.composite
def spec_projects(draw: st.DrawFn) -> Project:
    """Projects as a spec makes them, with the supplemental dimensions that are added by themselves."""
    plain = example_project()
    metric = draw(dimensions("end use", "metric", "energy_end_use"))
    base = (
        draw(dimensions("county", "geography", "county")),
        *(each for each in plain.base[1:] if each.type != "metric"),
        metric,
    )
    county = base[0]
    state = draw(dimensions("state", "geography", "state"))
    targets = st.sampled_from([*state.records.ids, None])
    kinds = st.sampled_from(["many_to_one_aggregation", "many_to_many_explicit_multipliers"])
    fractions = st.floats(0, 2) | st.just(1.0)
    pairs = [Association(id_, draw(targets), draw(fractions)) for id_ in county.records.ids]
    mapping = Mapping(draw(kinds), tuple(pairs), draw(texts), draw(st.sampled_from([1e-6, 0.5])))
    members = st.lists(st.sampled_from(county.records.ids), min_size=1, unique=True).map(tuple)
    selectors = st.builds(Selector, st.sampled_from(["north", "south", "far west"]), members, st.just(""), st.just({}))
    subset = Subset(
        "part", "county", tuple(draw(st.lists(selectors, min_size=1, unique_by=lambda each: each.name))), draw(texts)
    )
    automatic = automatic_supplementals(
        base, [(subset, draw(st.booleans()), draw(st.sampled_from(["state", "geography"])))]
    )
    requirement = Requirement(
        "comstock",
        Coverage({"geography": draw(members)}),
        tuple(
            Coverage({"sector": (one,), "subsector": ("one", "two")})
            for one in draw(st.sets(st.sampled_from(["one", "two"])))
        ),
    )
    return replace(
        plain,
        base=base,
        supplemental=(Supplemental(state, "county", mapping), *automatic),
        subsets=(subset,),
        requirements=(requirement,),
        description=draw(ids),
    )


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(project=spec_projects())
def test_a_dumped_project_registers_again_to_the_same(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, project: Project
) -> None:
    # Whether the mapping suits its kind is not the question here.
    monkeypatch.setattr("dsgrid.operations.register_project.check_mapping", lambda *_: ())
    folder = tmp_path_factory.mktemp("dump")
    with Registry.create(folder / "first") as registry:
        register(registry, project)
        registered = registry.project(project.id)
        (spec,) = dump(registry, project.id, folder / "dump")
    Registry.create(folder / "second").close()
    register_project(spec, registry=folder / "second")
    with Registry.open(folder / "second") as registry:
        assert registry.project(project.id) == registered


def test_the_demo_project_survives_a_dump(tmp_path: Path) -> None:
    for name in ("first", "second"):
        Registry.create(tmp_path / name).close()
    project = register_project(ROOT / "specs/demo/register_project.toml", registry=tmp_path / "first").project
    with Registry.open(tmp_path / "first") as registry:
        (spec,) = dump(registry, f"{project.id}@1", tmp_path / "dump")
    assert register_project(spec, registry=tmp_path / "second").project == project
    assert spec.read_text("utf-8").startswith('spec_version = 1\njob = "register_project"\n')


def test_a_dumped_dataset_is_a_valid_spec_with_its_submissions(tmp_path: Path) -> None:
    dataset = example_dataset()
    odd = Mapping("one_to_one", (Association("06037", "06037", 0.1), Association("08001", None)))
    submission = example_submission()
    submission = replace(
        submission, mappings={**submission.mappings, "geography": TypeMapping("county", odd)}, wrap_time=True
    )
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, example_project(), dataset, submission)
        specs = dump(registry, "comstock", tmp_path / "dump")
        data = registry.data_folder(dataset)
    assert [spec.name for spec in specs] == ["dataset.toml", "submit_to_conus_2022.toml"]
    loaded = [load_spec(spec).root.value for spec in specs]
    assert loaded[0]["dataset"]["origin"] == dataset.metadata["origin"]
    assert loaded[0]["data"] == {"table": str(data / "facts"), "pivot": "metric"}
    assert loaded[0]["dimension"]["sector"]["records"] == "dimensions/comstock_sector.csv"
    assert loaded[1]["wrap_time"] is True
    assert list(loaded[1]["mapping"]) == ["geography"]
    text = (tmp_path / "dump" / loaded[1]["mapping"]["geography"]["records"]).read_text()
    assert text == "from,to,fraction\n06037,06037,0.1\n08001,,1.0\n"


def test_a_used_dimension_is_dumped_as_used(tmp_path: Path) -> None:
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, example_project())
        dataset = example_dataset()
        county = registry.dimension("conus_2022/county")
        register(registry, replace(dataset, dimensions={**dataset.dimensions, "geography": county}))
        (spec,) = dump(registry, "comstock", tmp_path / "dump")
    assert tomllib.loads(spec.read_text())["dimension"]["geography"] == {
        "name": "county",
        "use": "conus_2022/county@1.0.0",
    }


def test_records_that_a_csv_file_would_change_stay_in_the_spec(tmp_path: Path) -> None:
    population = Records(
        (Record("1", "One", {"people": 12, "note": "x"}), Record("2", "Two", {"people": None, "note": "y"}))
    )
    project = example_project()
    sector = replace(example_dimension("sector"), records=population)
    base = tuple(sector if each.type == "sector" else each for each in project.base)
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, replace(project, base=base))
        (spec,) = dump(registry, project.id, tmp_path / "dump")
    assert tomllib.loads(spec.read_text())["base"]["sector"]["records"] == [
        {"id": "1", "name": "One", "people": 12, "note": "x"},
        {"id": "2", "name": "Two", "note": "y"},
    ]


def test_cells_of_several_lines_and_columns_without_values_survive(tmp_path: Path) -> None:
    cells = {"several lines": "one\r\ntwo\rthree\n four", "empty": None}
    for more in ({}, {"people": 12}):
        project = example_project()
        rows = (Record("1", "One", {**cells, **more}), Record("2", "Two", {**cells, "empty": None, **more}))
        sector = replace(example_dimension("sector"), records=Records(rows))
        base = tuple(sector if each.type == "sector" else each for each in project.base)
        folder = tmp_path / str(len(more))
        with Registry.create(folder / "first") as registry:
            register(registry, replace(project, base=base))
            (spec,) = dump(registry, project.id, folder / "dump")
        Registry.create(folder / "second").close()
        again = register_project(spec, registry=folder / "second").project
        assert next(each for each in again.base if each.type == "sector").records == sector.records


def test_a_dump_does_not_touch_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "dump").mkdir()
    (tmp_path / "dump/thesis.tex").touch()
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, example_project())
        with pytest.raises(RegistryError, match="is not empty; a dump goes to a folder of its own"):
            dump(registry, "conus_2022", tmp_path / "dump")
        with pytest.raises(NotFoundError, match='did you mean "conus_2022"'):
            dump(registry, "conus_2020", tmp_path / "other")
        with pytest.raises(
            UsageError, match="conus_2022/county is a dimension; what is dumped is a project or a dataset"
        ):
            dump(registry, "conus_2022/county", tmp_path / "other")
    assert not (tmp_path / "other").exists()


# TOML ----------------------------------------------------------------------------------------------------------------

scalars = texts | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(texts, inner, max_size=4)
        | st.dictionaries(texts, inner, max_size=4).map(Inline)
    ),
    max_leaves=12,
)


@settings(max_examples=100)
@given(st.dictionaries(texts, values, max_size=5))
def test_toml_is_read_as_it_was_written(document: dict[str, Any]) -> None:
    assert tomllib.loads(dumps(document)) == document


def test_toml_looks_like_our_specs() -> None:
    document = {
        "job": "x",
        "base": {"county": {"type": "geography"}, "end use": {"type": "metric"}},
        "mapping": Inline({"kind": "one_to_one", "records": "a.csv"}),
        "requires": {"comstock": {"together": [{"sector": ["com"]}, {"sector": ["res"]}]}, "resstock": {}},
    }
    assert (
        dumps(document)
        == """\
job = "x"
mapping = { kind = "one_to_one", records = "a.csv" }

[base.county]
type = "geography"

[base."end use"]
type = "metric"

[[requires.comstock.together]]
sector = ["com"]

[[requires.comstock.together]]
sector = ["res"]

[requires.resstock]
"""
    )
