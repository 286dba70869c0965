"""Tables on a terminal: they fit, and the ids in them can be told apart and typed."""

from __future__ import annotations

from dsgrid.cli.tables import cut_inside, table

MAPPINGS = [
    {"id": f"three_states_2018/{name}", "version": "1.0.0", "type": "geography", "kind": kind, "associations": 12}
    for name, kind in {
        "county:state": "many_to_one_aggregation",
        "county:all_geographies": "many_to_one_aggregation",
        "residential_2018/region:county": "one_to_many_disaggregation",
    }.items()
]


def test_a_line_fits_and_words_are_cut_before_ids() -> None:
    heading, _, *lines = table(MAPPINGS, width=80).splitlines()
    assert max(map(len, (heading, *lines))) <= 80
    assert lines[0].startswith("three_states_2018/county:state ")
    assert "many_to_o…" in lines[0]


def test_ids_that_have_to_be_cut_keep_what_tells_them_apart() -> None:
    ids = [line.split()[0] for line in table(MAPPINGS, width=72).splitlines()[2:]]
    assert len(set(ids)) == len(MAPPINGS)
    assert ids[2].startswith("three")
    assert ids[2].endswith("region:county")


def test_nothing_is_cut_without_a_width() -> None:
    assert all(row["id"] in table(MAPPINGS) for row in MAPPINGS)
    assert [len(cut_inside("abcdefghijklmnop", width)) for width in (1, 2, 10, 16, 20)] == [1, 2, 10, 16, 16]
