"""A dump registers again to the same."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_values import (
    PLAIN_CHECKS,
    example_dataset,
    example_dimension,
    example_project,
    example_submission,
    register,
    texts,
)
from strategies.time_dimensions import time_dimensions
from strategies.time_rules import time_rules
from tests.rounds import rounds

from dsgrid.dimensions.automatic import automatic_supplementals
from dsgrid.dimensions.classes import classes_of
from dsgrid.dimensions.dimension import Dimension, Selector, Subset, Supplemental
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.records import Record, Records
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import NotFoundError, RegistryError, UsageError
from dsgrid.operations.register_dataset import draft_dataset
from dsgrid.operations.register_dimensions import register_dimensions
from dsgrid.operations.register_mappings import register_mappings
from dsgrid.operations.register_project import _ids as required_ids
from dsgrid.operations.register_project import register_project
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.registry.comparison import compare_datasets, compare_projects
from dsgrid.registry.coverage import covered
from dsgrid.registry.documents import submission_document
from dsgrid.registry.dump import dump
from dsgrid.registry.model import Coverage, Dataset, Project, Requirement, TypeMapping
from dsgrid.registry.registry import Registry
from dsgrid.registry.spec_tables import SpecTables
from dsgrid.registry.time_documents import time_table
from dsgrid.spec.load import load_spec
from dsgrid.spec.node import Node, Source
from dsgrid.spec.schemas.metadata import ORIGIN_KEYS, QUALIFIERS, STATUSES
from dsgrid.time.dimension import AnnualTime, TimeDimension, is_local
from dsgrid.time.files import as_stored
from dsgrid.time.load import load_time
from dsgrid.time.load_rules import load_rules
from dsgrid.time.rules import TimeRules
from dsgrid.toml_text import Inline, Noted, dumps

ROOT = Path(__file__).resolve().parents[3]

# What a spec can say: text without blanks around it, a blank cell being no cell. Ids and names are in one line.
LINES = ("Cc", "Zl", "Zp")
nasty = st.sampled_from(["${x}", "$${x}", 'a "b", c', "06037", "1e5", "true", "#", "=1+1", "\\", "'", "é€😀", "from"])
ids = nasty | (
    st.text(st.characters(codec="utf-8", exclude_categories=LINES), min_size=1, max_size=5).map(str.strip).filter(bool)
)
cells = nasty | (
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=5).map(str.strip).filter(bool)
)
attributes = cells | st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.booleans()
columns = st.sampled_from(["state", "note", "Größe", "a,b", "people", "${y}"])
ZONE = "Asia/Kolkata"
# As the pattern of names has it.
names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_ -]{0,5}", fullmatch=True).filter(lambda name: name.casefold() != "time")


@st.composite
def dimensions(draw: st.DrawFn, name: str, type_: str, record_class: str) -> Dimension:
    chosen = draw(st.lists(columns, unique=True, max_size=3))
    typed = {each: cells | st.none() if each == "state" else attributes for each in chosen}
    rows = [
        Record(
            id_,
            draw(ids),
            {
                **({"unit": draw(cells)} if type_ == "metric" else {}),
                **{each: draw(values) for each, values in typed.items()},
            },
        )
        for id_ in draw(st.lists(ids, unique=True, min_size=1, max_size=4))
    ]
    return Dimension(name, type_, record_class, Records(tuple(rows)), draw(texts))


@st.composite
def spec_mappings(draw: st.DrawFn, from_: Dimension, to: Dimension) -> Mapping:
    """Mappings that suit their kind, whatever they hold."""
    targets = st.sampled_from([*to.records.ids, None])
    aggregates = draw(st.booleans())
    fractions = st.just(1.0) if aggregates else st.floats(0, 2) | st.just(1.0)
    pairs = tuple(Association(id_, draw(targets), draw(fractions)) for id_ in from_.records.ids)
    kind = "many_to_one_aggregation" if aggregates else "many_to_many_explicit_multipliers"
    return Mapping(kind, pairs, draw(texts), draw(st.sampled_from([1e-6, 0.5])))


def project_times(name: str) -> st.SearchStrategy[TimeDimension]:
    """Times that a project may have: slots on the clock of each geography are those that all of them have."""
    return time_dimensions(name=name, of_dataset=False).filter(
        lambda time: not (is_local(time) and time.kind != "representative" and time.clock == "prevailing")  # type: ignore[union-attr]
    )


def suited(dimension: Dimension, time: TimeDimension) -> Dimension:
    """Return a dimension whose records go with a time: with zones, or called by its years."""
    if dimension.type == "geography" and is_local(time):
        zoned = (replace(one, attributes={**one.attributes, "time_zone": ZONE}) for one in dimension.records)
        return replace(dimension, records=Records(tuple(zoned)))
    if dimension.type == time.year_of:
        ids = time.years if isinstance(time, AnnualTime) else [one.record for one in time.ranges]  # type: ignore[union-attr]
        return replace(dimension, records=Records(tuple(Record(str(id_), "A year") for id_ in dict.fromkeys(ids))))
    return dimension


@st.composite
def spec_projects(draw: st.DrawFn) -> Project:
    """Projects as a spec makes them, with the supplemental dimensions that are added by themselves."""
    plain = example_project()
    taken = ["subsector", "scenario", "all_", "hour", "day", "month", "year", "annual", "value", "unit", "time_est"]
    county_name, end_use, state_name, sector, part = draw(
        st.lists(
            names.filter(lambda name: not name.casefold().startswith(tuple(taken))),
            min_size=5,
            max_size=5,
            unique_by=str.casefold,
        )
    )
    metric = draw(dimensions(end_use, "metric", "energy_end_use"))
    time = draw(project_times("time_est"))
    base = (
        suited(draw(dimensions(county_name, "geography", "county")), time),
        draw(dimensions(sector, "sector", "sector")),
        *(suited(each, time) for each in plain.base[2:] if each.type != "metric"),
        metric,
    )
    county = base[0]
    state = draw(dimensions(state_name, "geography", "state"))
    members = st.lists(st.sampled_from(county.records.ids), min_size=1, unique=True).map(tuple)
    more = st.dictionaries(columns, cells | st.booleans() | st.integers(0, 99), max_size=2)
    selectors = st.builds(
        Selector, st.sampled_from(["north", "south", "far west", "id"]), members, cells | st.just(""), more
    )
    subset = Subset(
        part, county.name, tuple(draw(st.lists(selectors, min_size=1, unique_by=lambda each: each.name))), draw(texts)
    )
    automatic = automatic_supplementals(
        base, [(subset, draw(st.booleans()), draw(st.sampled_from(["state", "geography"])))]
    )
    chosen = draw(st.sampled_from(subset.selectors)).ids
    all_but_one = tuple(id_ for id_ in county.records.ids if id_ != county.records.ids[0]) or county.records.ids
    requirement = Requirement(
        "comstock",
        Coverage({"geography": draw(members | st.just(chosen) | st.just(all_but_one))}),
        tuple(
            Coverage({"scenario": (one,), "subsector": ("one", "two")})
            for one in draw(st.sets(st.sampled_from(["one", "two"])))
        ),
    )
    return replace(
        plain,
        name=draw(ids),
        time=time,
        base=base,
        supplemental=(Supplemental(state, county.name, draw(spec_mappings(county, state))), *automatic),
        subsets=(subset,),
        requirements=(requirement,),
        description=draw(ids),
        metadata=draw(spec_metadata(status=st.sampled_from(sorted(STATUSES)))),
    )


people = st.lists(cells, max_size=2, unique=True)
own_values = cells | st.booleans() | st.integers(0, 99) | st.lists(cells, max_size=2)
own_keys = names.filter(lambda name: name not in ORIGIN_KEYS)
origins = st.builds(
    lambda known, own: {**known, **own},
    st.fixed_dictionaries(
        {},
        optional={
            "creator": cells | st.just(""),
            "authors": people,
            "version": cells | st.integers(0, 99),
            "date": st.sampled_from(["2021", "2021-09", "2021-09-29"]),
            "doi": st.sampled_from(["10.25984/1876417", "https://doi.org/10.1000/a(b)c"]),
            "url": st.just("s3://bucket/a/b"),
        },
    ),
    st.dictionaries(own_keys, own_values, max_size=2),
)


def spec_metadata(**more: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Metadata as a spec may hold them; `more` are the keys that only a project or a dataset has."""
    return st.fixed_dictionaries(
        {},
        optional={
            "classification": cells | st.just(""),
            "tags": people,
            "origin": origins,
            "metadata": st.dictionaries(names, own_values, max_size=2),
            **more,
        },
    )


@st.composite
def spec_datasets(draw: st.DrawFn) -> Dataset:
    """Datasets as a spec makes them, but for their data."""
    plain = example_dataset()
    names_ = draw(st.lists(names, min_size=7, max_size=7, unique_by=str.casefold))
    classes = {type_: classes_of(type_)[0] for type_ in RECORD_TYPES}
    # How the first files wrote their labels, a dump does not say.
    time = as_stored(draw(time_dimensions()))
    return replace(
        plain,
        kind=draw(st.sampled_from(["modeled", "historical", "unspecified"])),
        description=draw(cells),
        dimensions={
            type_: suited(draw(dimensions(name, type_, classes[type_])), time)
            for name, type_ in zip(names_, RECORD_TYPES, strict=True)
        },
        time=time,
        metadata=draw(
            spec_metadata(sector_description=cells | st.just(""), qualifier=st.sampled_from(sorted(QUALIFIERS)))
        ),
        checks=tuple(draw(st.lists(st.sampled_from(PLAIN_CHECKS), max_size=3))),
    )


ROUNDS = rounds(4)


def written(folder: Path) -> dict[str, bytes]:
    """Return what a dump wrote."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@ROUNDS
@given(project=spec_projects())
def test_a_dumped_project_registers_again_to_the_same(
    tmp_path_factory: pytest.TempPathFactory, project: Project
) -> None:
    folder = tmp_path_factory.mktemp("dump")
    with Registry.create(folder / "first") as registry:
        register(registry, project)
        registered = registry.project(project.id)
        (spec,) = dump(registry, project.id, folder / "dump")
    Registry.create(folder / "second").close()
    register_project(spec, registry=folder / "second")
    with Registry.open(folder / "second") as registry:
        again = registry.project(project.id)
        assert again == registered
        assert compare_projects(registered, again) == ()
        assert [each.records.columns for each in again.base] == [each.records.columns for each in registered.base]
        dump(registry, project.id, folder / "second dump")
    assert written(folder / "second dump") == written(folder / "dump")


@ROUNDS
@given(dataset=spec_datasets(), data=st.data())
def test_a_dumped_dataset_and_its_submission_say_the_same_again(
    tmp_path_factory: pytest.TempPathFactory, dataset: Dataset, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("dump")
    time = load_time(Node(time_table(dataset.time), (), Source(None, "", Path())), "time_est")
    if is_local(time):
        # That of all its records.
        time = replace(time, zone="geography" if time.kind == "representative" else ZONE)  # type: ignore[call-arg]
    project = replace(example_project(), time=time, requirements=(Requirement("comstock", Coverage({})),))
    base = tuple(dataset.dimensions[each.type] for each in project.base)
    project = replace(project, base=base, supplemental=(), subsets=())
    county = dataset.dimensions["geography"]
    mapping = data.draw(
        st.none() | st.just(Mapping("one_to_one", tuple(Association(i, i) for i in county.records.ids)))
    )
    mappings = {type_: TypeMapping(dimension.name) for type_, dimension in dataset.dimensions.items()}
    mappings["geography"] = TypeMapping(county.name, mapping)
    submission = replace(example_submission(), mappings=mappings)
    with Registry.create(folder / "first") as registry:
        register(registry, project, dataset, submission)
        specs = dump(registry, dataset.id, folder / "dump")
        registered, submitted = registry.dataset(dataset.id), registry.submission(project.id, dataset.id)
    with Registry.create(folder / "second") as registry:
        register(registry, project)
        again = draft_dataset(load_spec(specs[0]).root, registry)
        register(registry, replace(again, layout=dataset.layout))
        assert registry.dataset(dataset.id) == registered
        assert compare_datasets(registered, registry.dataset(dataset.id)) == ()
    submit_dataset(specs[1], registry=folder / "second")
    with Registry.open(folder / "second") as registry:
        assert registry.submission(project.id, dataset.id) == submitted


@ROUNDS
@given(data=st.data())
def test_dumped_dimensions_and_mappings_register_again_to_the_same(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("dump")
    county = data.draw(dimensions("county", "geography", "county"))
    state = data.draw(dimensions("state", "geography", "state"))
    mapping = data.draw(spec_mappings(county, state))
    project = example_project()
    base = tuple(county if each.type == "geography" else each for each in project.base)
    supplemental = (Supplemental(state, "county", mapping),)
    project = replace(project, base=base, supplemental=supplemental, subsets=(), requirements=())
    project = replace(project, time=data.draw(project_times("time_est")))
    with Registry.create(folder / "first") as registry:
        register(registry, project)
        parts = ("conus_2022/county", "conus_2022/state", "conus_2022/time_est", "conus_2022/county:state")
        specs = dump(registry, parts, folder / "dump")
        one = dump(registry, "conus_2022/county@1", folder / "one")
    assert written(folder / "one/dimensions") == written(folder / "dump/dimensions/conus_2022_county/dimensions")
    assert [path.name for path in one] == ["dimensions.toml"]
    Registry.create(folder / "second").close()
    for spec in specs:
        job = load_spec(spec).job
        {"register_dimensions": register_dimensions, "register_mappings": register_mappings}[job](
            spec, registry=folder / "second"
        )
    with Registry.open(folder / "first") as first, Registry.open(folder / "second") as second:
        for id_ in parts[:2]:
            assert second.dimension(id_) == first.dimension(id_)
        assert second.time(parts[2]) == first.time(parts[2])
        again = second.mapping("conus_2022/county_to_state")
        assert replace(again, id=parts[3]) == first.mapping(parts[3])
        assert second.ends(again.id) == first.ends(parts[3])


@given(
    st.lists(st.sampled_from("abcdef"), unique=True).map(tuple),
    st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, unique=True).map(tuple), max_size=4),
)
def test_required_records_read_back_in_their_order(chosen: tuple[str, ...], members: list[tuple[str, ...]]) -> None:
    sector = Dimension("sector", "sector", "sector", Records(tuple(Record(id_, id_) for id_ in "abcdef")))
    selectors = tuple(Selector(f"s{number}", ids_) for number, ids_ in enumerate(members))
    subset = Subset("part", "sector", selectors)
    project = replace(example_project(), base=(sector,), supplemental=(), subsets=(subset,))
    said = covered("sector", chosen, project)
    root = {"requires": {"x": {"sector": said}}}
    assert (
        required_ids("sector", Node(root, (), Source(None, "", Path()))["requires"]["x"]["sector"], project) == chosen
    )


def test_requirements_are_said_as_people_say_them() -> None:
    sector = Dimension("sector", "sector", "sector", Records(tuple(Record(id_, id_) for id_ in "abcdef")))
    subset = Subset("part", "sector", (Selector("odd", ("a", "c", "e")), Selector("even", ("b", "d", "f"))))
    project = replace(example_project(), base=(sector,), supplemental=(), subsets=(subset,))
    assert covered("sector", ("a",), project) == ["a"]
    assert covered("sector", ("b", "d", "f"), project) == {"subset": "part", "selectors": ["even"]}
    assert covered("sector", (*"acebdf",), project) == {"subset": "part", "selectors": ["odd", "even"]}
    assert covered("sector", (*"abcdf",), project) == {"except": ["e"]}
    assert covered("sector", (*"fb",), project) == ["f", "b"]
    alike = Subset("part", "sector", (*subset.selectors, Selector("also_even", ("b", "d", "f"))))
    assert covered("sector", ("b", "d", "f"), replace(project, subsets=(alike,))) == ["b", "d", "f"]


def test_the_demo_project_survives_a_dump(tmp_path: Path) -> None:
    for name in ("first", "second"):
        Registry.create(tmp_path / name).close()
    project = register_project(ROOT / "specs/demo/register_project.toml", registry=tmp_path / "first").project
    with Registry.open(tmp_path / "first") as registry:
        (spec,) = dump(registry, f"{project.id}@1", tmp_path / "dump")
    assert register_project(spec, registry=tmp_path / "second").project == project
    first = '#:schema schemas/register_project.schema.json\nspec_version = 1\njob = "register_project"\n'
    assert spec.read_text("utf-8").startswith(first)
    assert (tmp_path / "dump/schemas/register_project.schema.json").is_file()


def test_a_dumped_dataset_is_a_valid_spec_with_its_submissions(tmp_path: Path) -> None:
    dataset = example_dataset()
    odd = Mapping("one_to_one", (Association("06037", "06037", 0.1), Association("08001", None)))
    submission = example_submission()
    submission = replace(
        submission, mappings={**submission.mappings, "geography": TypeMapping("county", odd)}, time=TimeRules(wrap=True)
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


@given(time_rules("course@1.2.0"))
def test_rules_of_time_are_dumped_as_a_spec_says_them(rules: TimeRules) -> None:
    plain = replace(example_submission(), mappings={type_: TypeMapping(type_) for type_ in RECORD_TYPES}, time=rules)
    said = submission_document(plain, example_dataset(), SpecTables(Path("nowhere")))
    assert said.get("wrap_time", False) is rules.wrap
    read = load_rules(load_spec(tomllib.loads(dumps(said))).root)
    # As the project and the dataset, a shape is named without its version.
    assert read == replace(rules, shape=rules.shape.partition("@")[0])


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


def test_tables_of_names_that_no_file_can_have_survive(tmp_path: Path) -> None:
    project = example_project()
    county, *others = project.base
    long = replace(county, name="c" * 250)
    supplemental = tuple(
        replace(each, of=long.name, dimension=replace(each.dimension, name=f"{number}{'s' * 250}"))
        for number, each in enumerate(project.supplemental)
        if each.of == county.name
    )
    assert supplemental
    renamed = Project(project.id, "P", project.time, (long, *others), supplemental)
    with Registry.create(tmp_path / "first") as registry:
        register(registry, renamed)
        registered = registry.project(project.id)
        (spec,) = dump(registry, project.id, tmp_path / "dump")
    Registry.create(tmp_path / "second").close()
    again = register_project(spec, registry=tmp_path / "second").project
    assert again.base == registered.base
    assert [each for each in again.supplemental if each in registered.supplemental] == list(registered.supplemental)


def test_things_whose_ids_give_one_name_are_dumped_side_by_side(tmp_path: Path) -> None:
    folder = tmp_path / "first"
    Registry.create(folder).close()
    county = {"type": "geography", "class": "county", "records": [{"id": "06037"}]}
    for owner, name in (("ab_c", "d"), ("ab", "c_d")):
        spec = {"spec_version": 1, "job": "register_dimensions", "owner": owner, "dimension": {name: county}}
        register_dimensions(spec, registry=folder)
    with Registry.open(folder) as registry:
        specs = dump(registry, ["ab_c/d", "ab/c_d"], tmp_path / "dump")
    found = [tomllib.loads(spec.read_text()) for spec in specs]
    assert [(each["owner"], list(each["dimension"])) for each in found] == [("ab_c", ["d"]), ("ab", ["c_d"])]


def test_a_dump_does_not_touch_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "dump").mkdir()
    (tmp_path / "dump/thesis.tex").touch()
    with Registry.create(tmp_path / "registry") as registry:
        register(registry, example_project())
        with pytest.raises(RegistryError, match=r"is not empty \(thesis\.tex\); a dump goes to a folder"):
            dump(registry, "conus_2022", tmp_path / "dump")
        with pytest.raises(NotFoundError, match='did you mean "conus_2022"'):
            dump(registry, "conus_2020", tmp_path / "other")
        with pytest.raises(UsageError, match='data are "refer" or "copy", not "move"'):
            dump(registry, "conus_2022", tmp_path / "other", "move")
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


def test_notes_are_comments() -> None:
    document = {
        "zone": Noted("-05:00", "the offset of all labels"),
        "long": Noted(["x" * 60, "y" * 60], "why"),
        "base": {"county": Noted({"type": "geography"}, "one\ntwo"), "empty": Noted({}, "three")},
    }
    text = dumps(document)
    assert tomllib.loads(text) == {
        "zone": "-05:00",
        "long": ["x" * 60, "y" * 60],
        "base": {"county": {"type": "geography"}, "empty": {}},
    }
    assert text.startswith('zone = "-05:00"                           # the offset of all labels\n# why\nlong = [\n')
    assert text.endswith('\n# one\n# two\n[base.county]\ntype = "geography"\n\n# three\n[base.empty]\n')
