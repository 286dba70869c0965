"""Two projects, datasets, submissions: no field goes unseen, and levels are those of the rules."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_values import datasets, example_dataset, example_project, example_submission, mappings, projects
from strategies.time_rules import time_rules
from tests.rounds import rounds

from dsgrid.dimensions.automatic import automatic_supplementals
from dsgrid.dimensions.changes import Change, highest
from dsgrid.dimensions.dimension import Dimension, Selector, Subset, Supplemental
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.records import Record, Records
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.registry.comparison import compare_datasets, compare_projects, compare_submissions
from dsgrid.registry.model import Coverage, DataFile, Dataset, Project, Requirement, Submission, TypeMapping
from dsgrid.time.dimension import AnnualTime, Calendar, DatetimeTime, IndexTime, NoTime, RepresentativeTime
from dsgrid.time.rules import RULES, TimeRules

# What names contents, or says where they are kept, is no part of them.
NAMES: dict[type, tuple[str, ...]] = {
    Project: ("id", "version"),
    Dataset: ("id", "version", "folder"),
    Dimension: ("id", "version"),
    Mapping: ("id", "version"),
    **dict.fromkeys((DatetimeTime, IndexTime, AnnualTime, RepresentativeTime, NoTime), ("id", "version")),
    Submission: ("project_id", "project_version", "dataset_id", "dataset_version"),
}
submissions = st.builds(
    Submission,
    project_id=st.just("p"),
    project_version=st.just("1.0.0"),
    dataset_id=st.just("d"),
    dataset_version=st.just("1.0.0"),
    mappings=st.dictionaries(
        st.sampled_from(RECORD_TYPES), st.builds(TypeMapping, st.text(max_size=3), st.none() | mappings), max_size=3
    ),
    time=time_rules("course@1.0.0", "course@1.1.0"),
)
COMPARE = {Project: compare_projects, Dataset: compare_datasets, Submission: compare_submissions}
values = st.one_of(projects(), datasets(), submissions)


def mutations(value: Any) -> Iterator[Any]:
    """Yield copies of a value that differ from it in one place: a scalar, an element that is gone, a key."""
    if isinstance(value, TypeMapping) and value.mapping is None:
        yield replace(value, mapping=Mapping("one_to_one", ()))
        yield replace(value, base=_other(value.base))
    elif isinstance(value, Calendar):
        # Months go to 12, and days to 6: there is no other beyond.
        for name, last in (("seasons", 12), ("day_types", 6)):
            found = mutations(dict(getattr(value, name)))
            yield from (
                replace(value, **{name: tuple(new.items())})
                for new in found
                if all(member <= last for members in new.values() for member in members)
            )
        yield from (replace(value, holidays=new) for new in mutations(value.holidays))
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            if each.name not in NAMES.get(type(value), ()):
                yield from (replace(value, **{each.name: new}) for new in mutations(getattr(value, each.name)))
    elif isinstance(value, (tuple, list)):
        for place, each in enumerate(value):
            before, after = value[:place], value[place + 1 :]
            yield before + after
            yield from (before + type(value)([new]) + after for new in mutations(each))
    elif isinstance(value, dict):
        for key, each in value.items():
            rest = {other: value[other] for other in value if other != key}
            yield rest
            yield {**rest, f"{key}~other": each}
            yield from ({**rest, key: new} for new in mutations(each))
    else:
        yield _other(value)


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1 if abs(value) < 1e9 else -1
    if isinstance(value, str):
        return f"{value}~other"
    if isinstance(value, datetime):
        return value.replace(year=2000 + (value.year == 2000))
    if isinstance(value, date):
        return value + timedelta(days=1)
    if isinstance(value, timedelta):
        return value * 2
    return "other"


def compare(old: Any, new: Any) -> tuple[Change, ...]:
    return COMPARE[type(old)](old, new)


def mirrored(changes: Iterable[Change]) -> Counter[str]:
    """Return changes as they would be the other way round, without levels: these go one way only."""
    swap = {"added": "removed", "removed": "added", "changed": "changed"}
    return said(replace(each, action=swap[each.action], old=each.new, new=each.old) for each in changes)


def said(changes: Iterable[Change]) -> Counter[str]:
    return Counter(
        json.dumps([each.action, each.what, each.where, each.key, each.old, each.new], sort_keys=True)
        for each in changes
    )


@given(values, st.data())
@rounds(15)
def test_no_field_changes_unseen(value: Any, data: st.DataObject) -> None:
    new = data.draw(st.sampled_from(list(mutations(value))))
    changes = compare(value, new)
    assert changes
    assert mirrored(changes) == said(compare(new, value))
    json.dumps([[each.old, each.new] for each in changes])  # as plain as JSON


@given(values, st.data())
@rounds(10)
def test_what_is_added_one_way_is_removed_the_other(value: Any, data: st.DataObject) -> None:
    new = value
    for _ in range(data.draw(st.integers(2, 5))):
        new = data.draw(st.sampled_from(list(mutations(new))))
    assert mirrored(compare(value, new)) == said(compare(new, value))


@given(values)
def test_equal_values_have_no_changes(value: Any) -> None:
    assert compare(value, _copy(value)) == ()


def _copy(value: Any) -> Any:
    """Return an equal value that shares nothing, under other ids and versions."""
    if is_dataclass(value) and not isinstance(value, type):
        named = NAMES.get(type(value), ())
        return replace(
            value,
            **{each.name: _copy(getattr(value, each.name)) for each in fields(value) if each.name not in named},
            **dict.fromkeys(named, "9.9.9"),
        )
    if isinstance(value, (tuple, list)):
        return type(value)(_copy(each) for each in value)
    return {key: _copy(each) for key, each in value.items()} if isinstance(value, dict) else value


@given(projects())
@rounds(10)
def test_the_order_of_named_parts_says_nothing(project: Project) -> None:
    turned = {name: getattr(project, name)[::-1] for name in ("base", "supplemental", "subsets", "requirements")}
    assert compare_projects(project, replace(project, **turned)) == ()


# Levels of a project's changes ---------------------------------------------------------------------------------------

BRONX = Record("36005", "Bronx", {"state": "NY", "time_zone": "America/New_York"})
PROJECT = example_project()
COUNTY = PROJECT.base[0]
STATE = PROJECT.supplemental[0]
WESTERN = PROJECT.subsets[0]
REQUIRED = PROJECT.requirements[0]


def with_county(*added: Record, base: Dimension = COUNTY) -> tuple[Dimension, ...]:
    return (replace(base, records=Records((*base.records, *added))), *PROJECT.base[1:])


def with_selector(name: str, *ids: str) -> Subset:
    others = (each for each in WESTERN.selectors if each.name != name)
    return replace(WESTERN, selectors=(*others, Selector(name, ids)))


def mapped(**places: str) -> Supplemental:
    rows = (*STATE.mapping.associations, *(Association(id_.lstrip("_"), to) for id_, to in places.items()))
    return replace(STATE, mapping=replace(STATE.mapping, associations=rows))


MINOR = {
    "record": {"base": with_county(BRONX)},
    "supplemental": {
        "supplemental": (
            STATE,
            Supplemental(Dimension("x", "geography", "state", Records(())), "county", STATE.mapping),
        )
    },
    "subset": {"subsets": (WESTERN, Subset("x", "county", ()))},
    "selector": {"subsets": (with_selector("new", "06037"),)},
    "requirement": {"requirements": (REQUIRED, Requirement("x", Coverage({})))},
    "new record in an old selector": {
        "base": with_county(BRONX),
        "subsets": (with_selector("pacific", "06037", "36005"),),
    },
    "association of a new record": {"base": with_county(BRONX), "supplemental": (mapped(_36005="CA"),)},
}
MAJOR = {
    "base dimension": {"base": (*PROJECT.base, Dimension("x", "sector", "sector", Records(())))},
    "no supplemental": {"supplemental": ()},
    "supplemental of another base": {"supplemental": (replace(STATE, of="sector"),)},
    "no subset": {"subsets": ()},
    "no selector": {"subsets": (replace(WESTERN, selectors=WESTERN.selectors[:1]),)},
    "old record in an old selector": {"subsets": (with_selector("pacific", "06037", "08001"),)},
    "selector's attribute": {
        "subsets": (
            replace(WESTERN, selectors=(replace(WESTERN.selectors[0], ids=("08001",)), *WESTERN.selectors[1:])),
        )
    },
    "no requirement": {"requirements": ()},
    "more required": {"requirements": (replace(REQUIRED, single=Coverage({"geography": ("06037", "08001")})),)},
    "another type required": {
        "requirements": (replace(REQUIRED, single=Coverage({**REQUIRED.single.ids, "sector": ()})),)
    },
    "combinations": {"requirements": (replace(REQUIRED, together=(Coverage({"sector": ("one",)}),)),)},
    "association of an old record": {"supplemental": (mapped(_06037="CO"),)},
    "time": {"time": replace(PROJECT.time, zone="-06:00")},
}
PATCH: dict[str, dict[str, Any]] = {
    "name": {"name": "x"},
    "description": {"description": "x"},
    "description of a dimension": {"base": (replace(COUNTY, description="x"), *PROJECT.base[1:])},
    "description of a subset": {"subsets": (replace(WESTERN, description="x"),)},
    "description of a mapping": {"supplemental": (replace(STATE, mapping=replace(STATE.mapping, description="x")),)},
}


@pytest.mark.parametrize(
    ("level", "parts"),
    [
        pytest.param(level, parts, id=f"{level}: {name}")
        for level, cases in (("minor", MINOR), ("major", MAJOR), ("patch", PATCH))
        for name, parts in cases.items()
    ],
)
def test_the_level_of_a_projects_change(level: str, parts: dict[str, Any]) -> None:
    changes = compare_projects(PROJECT, replace(PROJECT, **parts))
    assert highest(changes) == level
    if level == "minor":
        assert {change.action for change in changes} == {"added"}


def built(base: Dimension, subset: Subset) -> Project:
    """A project with the supplemental dimensions that registration adds by itself."""
    return replace(
        PROJECT,
        base=(base, *PROJECT.base[1:]),
        supplemental=automatic_supplementals((base, *PROJECT.base[1:]), [(subset, True, "")]),
        subsets=(subset,),
    )


def test_automatic_supplementals_follow_added_records_and_selectors_with_pure_additions() -> None:
    pacific = replace(WESTERN, selectors=WESTERN.selectors[:1])
    old = built(COUNTY, pacific)
    grown = built(with_county(BRONX)[0], pacific)
    changes = compare_projects(old, grown)
    assert {(change.where, change.key) for change in changes} == {
        ("base.county", "36005"),
        ("supplemental.all_geographies.mapping", "36005 -> all_geographies"),
        ("supplemental.western.mapping", "36005 -> (nothing)"),
    }
    assert {(change.action, change.level) for change in changes} == {("added", "minor")}
    # Adams was in no selector and led nowhere; now it leads to the new one.
    changes = compare_projects(old, built(COUNTY, WESTERN))
    assert {(change.action, change.level) for change in changes} == {("added", "minor")}
    assert "08001 -> mountain" in {change.key for change in changes}
    # An old record in an old selector changes what that one sums up.
    both = replace(pacific, selectors=(replace(pacific.selectors[0], ids=("06037", "08001")),))
    assert highest(compare_projects(old, built(COUNTY, both))) == "major"


def test_where_names_the_part_by_its_place_in_the_spec() -> None:
    new = replace(PROJECT, base=with_county(BRONX), time=replace(PROJECT.time, zone="UTC"), requirements=())
    assert [(change.where, change.what, change.key) for change in compare_projects(PROJECT, new)] == [
        ("time", "key", "zone"),
        ("base.county", "record", "36005"),
        ("requires", "requirement", "comstock"),
    ]


# Datasets and submissions --------------------------------------------------------------------------------------------

FILE = DataFile("facts/0.parquet", "facts", 10, 5, "ab")
DATASET = replace(example_dataset(), files=(FILE,))


@pytest.mark.parametrize(
    ("level", "parts"),
    [
        ("patch", {"description": "x"}),
        ("patch", {"kind": "historical"}),
        ("patch", {"metadata": {**DATASET.metadata, "tags": ["residential"]}}),
        ("patch", {"metadata": {}}),
        ("major", {"files": (replace(FILE, sha256="cd"),)}),
        ("major", {"files": (FILE, replace(FILE, path="facts/1.parquet"))}),
        ("major", {"layout": replace(DATASET.layout, null_cells=True)}),
        ("major", {"time": replace(DATASET.time, measurement="mean")}),
        (
            "minor",
            {
                "dimensions": {
                    **DATASET.dimensions,
                    "geography": with_county(BRONX, base=DATASET.dimensions["geography"])[0],
                }
            },
        ),
        (
            "major",
            {"dimensions": {**DATASET.dimensions, "geography": replace(DATASET.dimensions["geography"], name="x")}},
        ),
    ],
)
def test_the_level_of_a_datasets_change(level: str, parts: dict[str, Any]) -> None:
    assert highest(compare_datasets(DATASET, replace(DATASET, **parts))) == level


def test_an_empty_table_in_the_metadata_is_not_the_text_that_says_so() -> None:
    texts = ({}, [], "{}", "[]", None, "null", 0, False)
    for one in texts:
        for other in texts:
            old, new = (replace(DATASET, metadata={"x": value}) for value in (one, other))
            assert bool(compare_datasets(old, new)) == (one is not other)


def test_the_folder_of_the_same_files_says_nothing() -> None:
    assert compare_datasets(DATASET, replace(DATASET, folder="comstock/2")) == ()


SUBMISSION = example_submission()
GEOGRAPHY = SUBMISSION.mappings["geography"].mapping
assert GEOGRAPHY is not None


@pytest.mark.parametrize(
    ("level", "target"),
    [
        ("major", TypeMapping("state", GEOGRAPHY)),
        ("major", TypeMapping("county")),
        ("major", TypeMapping("county", replace(GEOGRAPHY, associations=GEOGRAPHY.associations[1:]))),
        ("patch", TypeMapping("county", replace(GEOGRAPHY, description="x"))),
        (
            "major",
            TypeMapping(
                "county", replace(GEOGRAPHY, associations=(*GEOGRAPHY.associations, Association("36005", "x")))
            ),
        ),
    ],
)
def test_the_level_of_a_submissions_change(level: str, target: TypeMapping) -> None:
    new = replace(SUBMISSION, mappings={**SUBMISSION.mappings, "geography": target})
    assert highest(compare_submissions(SUBMISSION, new)) == level


def test_an_association_of_a_new_record_is_minor_only_for_other_versions_of_project_or_dataset() -> None:
    more = replace(GEOGRAPHY, associations=(*GEOGRAPHY.associations, Association("36005", "36005")))
    new = replace(SUBMISSION, mappings={**SUBMISSION.mappings, "geography": TypeMapping("county", more)})
    assert highest(compare_submissions(SUBMISSION, new)) == "major"
    assert highest(compare_submissions(SUBMISSION, replace(new, project_version="1.1.0"))) == "minor"


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_of_time_that_is_given_taken_back_or_changed_is_major(rule: str) -> None:
    flag = isinstance(getattr(TimeRules(), rule), bool)
    without, given = TimeRules(), TimeRules(**{rule: True if flag else "one"})  # type: ignore[arg-type]
    pairs = [(without, given), (given, without)]
    if not flag:
        pairs.append((given, TimeRules(**{rule: "other"})))  # type: ignore[arg-type]
    for old, new in pairs:
        (change,) = compare_submissions(replace(SUBMISSION, time=old), replace(SUBMISSION, time=new))
        assert (change.action, change.what, change.level) == ("changed", "key", "major")
        # The key path of the rule in the spec.
        assert (change.where, change.key) == (("", "wrap_time") if rule == "wrap" else ("mapping.time", rule))
        assert (change.old, change.new) == (getattr(old, rule), getattr(new, rule))


def test_a_newer_shape_is_a_change_of_the_submission() -> None:
    old, new = (replace(SUBMISSION, time=TimeRules(shape=f"course@{one}")) for one in ("1.0.0", "1.1.0"))
    assert compare_submissions(old, new) == (
        Change("changed", "key", "mapping.time", "shape", "major", "course@1.0.0", "course@1.1.0"),
    )
