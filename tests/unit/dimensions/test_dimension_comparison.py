"""Two dimensions, two mappings: every difference is seen once, at its level, and can be undone."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.dimensions.automatic import automatic_supplementals
from dsgrid.dimensions.changes import Change, highest, same
from dsgrid.dimensions.comparison import NOTHING, compare_dimensions, compare_mappings
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.records import Record, Records

COUNTY = Dimension(
    "county",
    "geography",
    "county",
    Records((Record("06037", "Los Angeles", {"state": "CA"}), Record("08001", "Adams", {"state": "CO"}))),
    "Counties",
)
BY_STATE = Mapping(
    "many_to_one_aggregation", (Association("06037", "CA"), Association("08001", "CO"), Association("02013", None))
)


def with_records(*rows: Record) -> Dimension:
    return replace(COUNTY, records=Records(rows))


def with_associations(*rows: tuple[str, str | None, float]) -> Mapping:
    return replace(BY_STATE, associations=tuple(Association(*row) for row in rows))


LOS_ANGELES, ADAMS = COUNTY.records.rows


def test_equal_dimensions_and_mappings_have_no_changes_whatever_their_ids_and_versions() -> None:
    registered = replace(COUNTY, id="conus/county", version="2.0.0", records=Records(tuple(COUNTY.records)))
    assert compare_dimensions(COUNTY, registered) == ()
    assert compare_mappings(BY_STATE, replace(BY_STATE, id="a:b", version="3.0.0")) == ()


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (
            with_records(LOS_ANGELES, ADAMS, Record("36005", "Bronx", {"state": "NY"})),
            Change("added", "record", "base.county", "36005", "minor", None, {"name": "Bronx", "state": "NY"}),
        ),
        (
            with_records(LOS_ANGELES),
            Change("removed", "record", "base.county", "08001", "major", {"name": "Adams", "state": "CO"}, None),
        ),
        (
            with_records(LOS_ANGELES, replace(ADAMS, name="Adams County")),
            Change("changed", "record", "base.county", "08001", "major", {"name": "Adams"}, {"name": "Adams County"}),
        ),
        (
            with_records(LOS_ANGELES, replace(ADAMS, attributes={})),
            Change("changed", "record", "base.county", "08001", "major", {"state": "CO"}, {}),
        ),
        (
            with_records(ADAMS, LOS_ANGELES),
            Change("changed", "order", "base.county", "records", "major", ["06037", "08001"], ["08001", "06037"]),
        ),
        (
            replace(COUNTY, description="All counties"),
            Change("changed", "description", "base.county", "description", "patch", "Counties", "All counties"),
        ),
        (
            replace(COUNTY, record_class="geography"),
            Change("changed", "key", "base.county", "class", "major", "county", "geography"),
        ),
        (
            replace(COUNTY, type="sector"),
            Change("changed", "key", "base.county", "type", "major", "geography", "sector"),
        ),
        (replace(COUNTY, name="fips"), Change("changed", "key", "base.county", "name", "major", "county", "fips")),
    ],
)
def test_a_difference_of_a_dimension_is_one_change(new: Dimension, expected: Change) -> None:
    assert compare_dimensions(COUNTY, new, "base.county") == (expected,)


def test_a_column_is_minor_unless_the_class_gives_it_a_meaning() -> None:
    rows = COUNTY.records.rows
    plain = with_records(*(replace(row, attributes={**row.attributes, "people": 5}) for row in rows))
    zoned = with_records(*(replace(row, attributes={**row.attributes, "time_zone": "UTC"}) for row in rows))
    (change,) = compare_dimensions(COUNTY, plain)
    assert (change.action, change.what, change.key, change.level) == ("added", "column", "people", "minor")
    assert change.new == {"06037": 5, "08001": 5}
    (change,) = compare_dimensions(COUNTY, zoned)
    assert (change.what, change.key, change.level) == ("column", "time_zone", "major")
    (change,) = compare_dimensions(plain, COUNTY)
    assert (change.action, change.what, change.level) == ("removed", "column", "major")


def test_what_only_an_added_record_has_is_no_column_of_the_others() -> None:
    added = Record("36005", "Bronx", {"state": "NY", "time_zone": "America/New_York"})
    changes = compare_dimensions(COUNTY, with_records(LOS_ANGELES, ADAMS, added))
    assert [(change.what, change.level) for change in changes] == [("record", "minor")]


def test_records_may_be_added_in_between() -> None:
    changes = compare_dimensions(COUNTY, with_records(LOS_ANGELES, Record("07000", "New"), ADAMS))
    assert highest(changes) == "minor"


def test_values_of_different_types_are_different() -> None:
    assert not same(1, 1.0)
    assert not same(1, True)
    assert not same("", None)
    assert same(float("nan"), float("nan"))
    one, true = (with_records(replace(ADAMS, attributes={"x": value})) for value in (1, True))
    assert highest(compare_dimensions(one, true)) == "major"


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        # A record that the old mapping does not name, on either side.
        ([("36005", "NY", 1.0)], [("added", "36005 -> NY", "minor")]),
        ([("36005", None, 1.0)], [("added", f"36005 -> {NOTHING}", "minor")]),
        ([("06037", "west", 1.0)], [("added", "06037 -> west", "minor")]),
        # Another use of records that were there.
        ([("06037", "CO", 1.0)], [("added", "06037 -> CO", "major")]),
    ],
)
def test_an_added_association_is_minor_only_with_a_new_record(
    new: list[tuple[str, str | None, float]], expected: list[tuple[str, str, str]]
) -> None:
    old = [(each.from_id, each.to_id, each.fraction) for each in BY_STATE.associations]
    changes = compare_mappings(BY_STATE, with_associations(*old, *new), "mapping.geography")
    assert [(change.action, change.key, change.level) for change in changes] == expected
    assert all(change.where == "mapping.geography" and change.what == "association" for change in changes)


def test_new_records_may_be_named_by_who_knows_them() -> None:
    bigger = replace(BY_STATE, associations=(*BY_STATE.associations, Association("36005", "CO")))
    assert highest(compare_mappings(BY_STATE, bigger, new_from=(), new_to=())) == "major"
    assert highest(compare_mappings(BY_STATE, bigger, new_from={"36005"}, new_to=())) == "minor"


def test_a_dropped_record_that_leads_somewhere_is_told_by_that_alone() -> None:
    led = with_associations(("06037", "CA", 1.0), ("08001", "CO", 1.0), ("02013", "AK", 1.0))
    (change,) = compare_mappings(BY_STATE, led)
    assert (change.action, change.key, change.level) == ("added", "02013 -> AK", "minor")
    (change,) = compare_mappings(led, BY_STATE)
    assert (change.action, change.key, change.level) == ("removed", "02013 -> AK", "major")


def test_removed_and_changed_associations_kind_and_tolerance_are_major() -> None:
    assert highest(compare_mappings(BY_STATE, with_associations(("06037", "CA", 1.0), ("08001", "CO", 1.0)))) == "major"
    (change,) = compare_mappings(
        BY_STATE, with_associations(("06037", "CA", 0.5), ("08001", "CO", 1), ("02013", None, 1))
    )
    assert change == Change("changed", "association", "", "06037 -> CA", "major", 1.0, 0.5)
    assert highest(compare_mappings(BY_STATE, replace(BY_STATE, kind="duplication"))) == "major"
    assert highest(compare_mappings(BY_STATE, replace(BY_STATE, tolerance=0.1))) == "major"
    assert highest(compare_mappings(BY_STATE, replace(BY_STATE, description="x"))) == "patch"


def test_the_order_of_associations_says_nothing() -> None:
    assert compare_mappings(BY_STATE, replace(BY_STATE, associations=BY_STATE.associations[::-1])) == ()


def test_a_tolerance_written_as_a_whole_number_is_the_same() -> None:
    assert compare_mappings(replace(BY_STATE, tolerance=0.0), replace(BY_STATE, tolerance=0)) == ()


@pytest.mark.slow
def test_many_associations_in_any_order_are_compared_in_a_moment() -> None:
    rows = tuple(Association(f"c{one}", f"s{other}", 0.5) for one in range(1000) for other in range(200))
    old, new = Mapping("many_to_many_aggregation", rows), Mapping("many_to_many_aggregation", (*rows[1:][::-1],))
    began = time.perf_counter()
    changes = compare_mappings(old, new)
    assert [change.key for change in changes] == ["c0 -> s0"]
    assert time.perf_counter() - began < 10  # 0.3 s; every one with every other would be hours


def test_all_in_one_follows_its_base_dimension_with_a_minor_change() -> None:
    bigger = with_records(*COUNTY.records, Record("36005", "Bronx", {"state": "NY"}))
    (old,), (new,) = automatic_supplementals((COUNTY,)), automatic_supplementals((bigger,))
    assert compare_dimensions(old.dimension, new.dimension) == ()
    changes = compare_mappings(old.mapping, new.mapping)
    assert [(change.action, change.key, change.level) for change in changes] == [
        ("added", "36005 -> all_geographies", "minor")
    ]


# Random values -------------------------------------------------------------------------------------------------------

few = st.sampled_from("abcde")
cells = st.none() | st.booleans() | st.integers(0, 2) | st.floats() | st.sampled_from(["", "x"])
rows = st.builds(
    Record, few, st.sampled_from(["", "A", "B"]), st.dictionaries(st.sampled_from("pqr"), cells, max_size=3)
)
tables = st.lists(rows, max_size=5, unique_by=lambda row: row.id).map(lambda found: Records(tuple(found)))
associations = st.lists(
    st.builds(Association, few, st.none() | st.sampled_from("xyz"), st.sampled_from([0.0, 0.5, 1.0])),
    max_size=6,
    unique_by=lambda each: (each.from_id, each.to_id),
).map(tuple)


@given(tables, tables)
def test_the_changes_of_records_make_the_new_of_the_old(old: Records, new: Records) -> None:
    changes = compare_dimensions(replace(COUNTY, records=old), replace(COUNTY, records=new))
    made = {record.id: {"name": record.name, **record.attributes} for record in old}
    for change in changes:
        if change.what == "record" and change.action == "removed":
            assert made.pop(change.key) == pytest.approx(change.old, nan_ok=True, abs=0)
        elif change.what == "record":
            row = made.setdefault(change.key, {})
            for column in change.old or ():
                del row[column]
            row.update(change.new)
        elif change.what == "column":
            for id_ in change.old or ():
                del made[id_][change.key]
            for id_, cell in (change.new or {}).items():
                made[id_][change.key] = cell
    rebuilt = Records(tuple(Record(id_, row.pop("name"), row) for id_, row in sorted(made.items())))
    wanted = Records(tuple(sorted(new, key=lambda record: record.id)))
    assert compare_dimensions(replace(COUNTY, records=rebuilt), replace(COUNTY, records=wanted)) == ()
    moved = any(change.what == "order" for change in changes)
    assert moved == ([id_ for id_ in old.ids if id_ in new.by_id] != [id_ for id_ in new.ids if id_ in old.by_id])


@given(associations, associations)
def test_the_changes_of_associations_make_the_new_of_the_old(
    old: tuple[Association, ...], new: tuple[Association, ...]
) -> None:
    changes = compare_mappings(replace(BY_STATE, associations=old), replace(BY_STATE, associations=new))
    made = {(each.from_id, each.to_id): each.fraction for each in old}
    for change in changes:
        from_id, _, to_id = change.key.partition(" -> ")
        pair = (from_id, None if to_id == NOTHING else to_id)
        if change.old is not None:
            assert made.pop(pair) == change.old
        if change.new is not None:
            made[pair] = change.new
    # What leads nowhere contributes nothing, said or unsaid.
    wanted = {(each.from_id, each.to_id): each.fraction for each in new}
    assert {pair: each for pair, each in made.items() if pair[1]} == {
        pair: each for pair, each in wanted.items() if pair[1]
    }
    assert bool(changes) == (set(old) != set(new))
