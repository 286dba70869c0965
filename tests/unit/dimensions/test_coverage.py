import itertools
import time

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.dimensions import coverage, patterns
from dsgrid.dimensions.coverage import required
from dsgrid.dimensions.gaps import missing
from dsgrid.errors import SpecError

EVERYTHING = {
    "geography": ("06037", "06075", "36005"),
    "sector": ("com",),
    "subsector": ("hospital", "small_office"),
    "metric": ("cooling", "heating", "fans"),
}
TYPES = tuple(EVERYTHING)


def table(rows) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(TYPES), dtype=object)


def rows_of(combinations) -> set[tuple[str, ...]]:
    return {tuple(combinations.combination(n)[type_] for type_ in TYPES) for n in range(len(combinations))}


ALL = set(itertools.product(*EVERYTHING.values()))
present_rows = st.sets(st.sampled_from(sorted(ALL)))
pattern = st.dictionaries(st.sampled_from(TYPES), st.integers(0, 2), min_size=1).map(
    lambda found: {type_: EVERYTHING[type_][number % len(EVERYTHING[type_])] for type_, number in found.items()}
)


def matched(row: tuple[str, ...], found: dict[str, str]) -> bool:
    return all(row[TYPES.index(type_)] == id_ for type_, id_ in found.items())


def test_unnamed_types_are_required_whole():
    assert rows_of(required(EVERYTHING)) == ALL
    assert rows_of(required(EVERYTHING, {"metric": ["fans"]})) == {row for row in ALL if row[3] == "fans"}


def test_entries_together_give_the_union_of_their_products():
    entries = [
        {"geography": ["06037"], "subsector": ["hospital", "small_office"]},
        {"subsector": ["hospital"], "geography": ["06037", "36005"]},
    ]
    found = required(EVERYTHING, {"metric": ["fans"]}, entries)
    assert rows_of(found) == {
        ("06037", "com", "hospital", "fans"),
        ("06037", "com", "small_office", "fans"),
        ("36005", "com", "hospital", "fans"),
    }
    assert missing(found, table(rows_of(found))).count == 0
    assert missing(found, table([*rows_of(found)][:2])).count == 1


@pytest.mark.parametrize(
    ("single", "together", "message"),
    [
        ({"geography": ["6037"]}, [], 'geography: id "6037" lost its leading zero; did you mean "06037"?'),
        ({}, [{"geography": ["06037"]}], "needs two types"),
        ({"metric": ["fans"]}, [{"metric": ["fans"], "sector": ["com"]}], "required alone and in `together`"),
        (
            {},
            [{"metric": ["fans"], "sector": ["com"]}, {"metric": ["fans"], "subsector": ["hospital"]}],
            "not only metric",
        ),
    ],
)
def test_requirements_that_cannot_be_are_refused(single, together, message):
    with pytest.raises(SpecError) as caught:
        required(EVERYTHING, single, together)
    assert message in str(caught.value)


@given(present_rows, st.lists(pattern, max_size=3), st.integers(1, 40))
def test_what_is_missing_is_the_set_difference_in_chunks_of_any_size(present, excused, chunk):
    excused_tables = [pd.DataFrame([found], dtype=object) for found in excused]
    demanded = {row for row in ALL if not any(matched(row, found) for found in excused)}
    lacking = demanded - present
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coverage, "CHUNK", chunk)
        found = missing(required(EVERYTHING), table(present), excused_tables)
    assert (found.count, found.required) == (len(lacking), len(demanded))
    if 0 < len(lacking) < len(demanded):
        covered = {row for row in lacking if any(matched(row, one.ids) for one in found.patterns)}
        assert covered == lacking


def test_columns_beyond_the_requirement_are_ignored():
    rows = [*ALL, ("99999", "com", "hospital", "fans")]
    assert not missing(required(EVERYTHING), table(rows))
    assert not missing(required(EVERYTHING), {type_: [row[i] for row in ALL] for i, type_ in enumerate(TYPES)})


def test_a_missing_record_is_told_in_one_phrase():
    found = missing(required(EVERYTHING), table(row for row in ALL if row[0] != "06075"))
    assert found.summary() == "6 combinations are missing: geography=06075"


def test_a_missing_pair_is_told_with_both_ids():
    found = missing(required(EVERYTHING), table(row for row in ALL if (row[0], row[2]) != ("06075", "hospital")))
    assert found.summary() == "3 combinations are missing: geography=06075 & subsector=hospital"


def test_pairs_with_one_id_in_common_are_told_together():
    lost = {("06075", "hospital"), ("06037", "hospital")}
    found = missing(required(EVERYTHING), table(row for row in ALL if (row[0], row[2]) not in lost))
    assert found.summary() == "6 combinations are missing: geography in (06037, 06075) & subsector=hospital"


def test_single_rows_are_listed_without_the_types_that_never_vary():
    found = missing(required(EVERYTHING), table(ALL - {("06075", "com", "hospital", "fans")}))
    assert found.summary() == "1 combination is missing: geography=06075 & subsector=hospital & metric=fans"
    assert missing(required(EVERYTHING), table([])).summary() == "all 18 required combinations are missing"


def test_a_declared_gap_that_is_present_nevertheless_is_no_gap_elsewhere():
    present = table(ALL - {("06037", "com", "hospital", "fans")})
    excused = [pd.DataFrame({"geography": ["06075"]}, dtype=object)]
    assert missing(required(EVERYTHING), present, excused).count == 1


def test_a_product_of_a_hundred_million_is_proved_complete_without_being_built():
    wide = {
        "geography": [f"{n:05d}" for n in range(3108)],
        "subsector": [f"b{n}" for n in range(35)],
        "metric": [f"m{n}" for n in range(30)],
        "model_year": [str(year) for year in range(2010, 2041)],
    }
    begin = time.process_time()
    gap = [pd.DataFrame({"geography": wide["geography"][1:]}, dtype=object)]
    rest = itertools.product(wide["geography"][:1], wide["subsector"], wide["metric"], wide["model_year"])
    present = pd.DataFrame(list(rest), columns=list(wide), dtype=object)
    found = missing(required(wide), present, gap)
    assert (found.count, found.required) == (0, 35 * 30 * 31)
    assert time.process_time() - begin < 1


def test_a_product_too_large_to_search_is_counted_exactly_and_told_in_part(monkeypatch):
    monkeypatch.setattr(patterns, "EXAMINED", 5)
    lost = {row for row in ALL if row[0] == "06075" or row[2:] == ("hospital", "fans")}
    found = missing(required(EVERYTHING), table(ALL - lost))
    assert found.count == 8
    assert found.summary() == "8 combinations are missing: geography=06075; and others"
