"""Chains of mappings in a graph: all of them and no others, against walking every way."""

from __future__ import annotations

from itertools import pairwise, permutations

from hypothesis import given
from hypothesis import strategies as st
from tests.rounds import rounds

from dsgrid.registry.chains import LONGEST, MOST, Chain, Hop, find_chains, passes

NODES = "abcde"
edges = st.tuples(st.sampled_from(NODES), st.sampled_from(NODES), st.integers(0, 1))


def hop(from_: str, to: str, number: int = 0, version: str = "1.0.0") -> Hop:
    return Hop(f"own/{from_}{to}{number}", version, (f"own/{from_}", "1.0.0"), (f"own/{to}", "1.0.0"), from_, to)


def ref(name: str) -> tuple[str, str]:
    return f"own/{name}", "1.0.0"


def walked(hops: list[Hop], start: str, ends: frozenset[str]) -> set[Chain]:
    """Every chain, by trying the hops in every order."""
    found = set()
    for length in range(1, len(NODES)):
        for order in permutations(hops, length):
            stops = [order[0].from_name, *(each.to_name for each in order)]
            joined = all(one.to == other.from_ for one, other in pairwise(order))
            arrives = stops[-1] in ends and not ends & set(stops[:-1])
            if joined and arrives and stops[0] == start and len(set(stops)) == len(stops):
                found.add(Chain(order))
    return found


@rounds(30)
@given(st.sets(edges, max_size=7), st.sets(st.sampled_from(NODES[1:]), min_size=1, max_size=2))
def test_every_chain_is_found_and_each_ends_where_it_first_arrives(drawn: set[tuple], ends: set[str]) -> None:
    hops = [hop(*each) for each in sorted(drawn) if each[0] != each[1]]
    found = find_chains(hops, ref("a"), {ref(end) for end in ends})
    assert len(set(found)) == len(found)
    assert set(found) == walked(hops, "a", frozenset(ends))
    assert [len(chain.hops) for chain in found] == sorted(len(chain.hops) for chain in found)


@rounds(30)
@given(st.sets(edges, max_size=7), st.lists(st.sampled_from("bcd"), max_size=2, unique=True))
def test_through_keeps_the_chains_that_pass_and_no_others(drawn: set[tuple], through: list[str]) -> None:
    hops = [hop(*each) for each in sorted(drawn) if each[0] != each[1]]
    everything = find_chains(hops, ref("a"), {ref("e")})
    names = {chain: [each.to_name for each in chain.hops] for chain in everything}
    wanted = [
        chain
        for chain in everything
        if set(through) <= set(names[chain]) and [name for name in names[chain] if name in through] == through
    ]
    assert list(find_chains(hops, ref("a"), {ref("e")}, through)) == wanted


@rounds(20)
@given(st.sets(edges, max_size=7))
def test_the_mappings_of_a_chain_tell_it_from_all_others(drawn: set[tuple]) -> None:
    hops = [hop(*each) for each in sorted(drawn) if each[0] != each[1]]
    for chain in find_chains(hops, ref("a"), {ref("e")}):
        assert find_chains(hops, ref("a"), {ref("e")}, chain.ids) == (chain,)


def test_the_newest_version_of_a_mapping_counts_and_an_older_one_when_it_is_named() -> None:
    hops = [hop("a", "b", version=version) for version in ("1.0.0", "1.10.0", "1.9.0")]
    assert [chain.references for chain in find_chains(hops, ref("a"), {ref("b")})] == ["own/ab0@1.10.0"]
    named = find_chains(hops, ref("a"), {ref("b")}, ["own/ab0@1.9"])
    assert [chain.references for chain in named] == ["own/ab0@1.9.0"]


def test_stops_are_names_or_ids_with_or_without_a_version() -> None:
    chain = Chain((hop("a", "b"), hop("b", "c")))
    for through in (["b"], ["own/b"], ["own/b@1"], ["b@1.0.0"], ["own/ab0", "b", "own/bc0@1", "c"], []):
        assert passes(chain, through)
    for through in (["a"], ["c", "b"], ["b@2"], ["own/bc0", "own/ab0"], ["b", "b"]):
        assert not passes(chain, through)
    assert str(chain) == "a -> b -> c by own/ab0@1.0.0 and then own/bc0@1.0.0"


def test_very_many_and_very_long_chains_end_the_search() -> None:
    ladder = [hop(f"n{step}", f"n{step + 1}", number) for step in range(LONGEST) for number in range(3)]
    assert len(find_chains(ladder, ref("n0"), {ref(f"n{LONGEST}")})) == MOST
    line = [hop(f"n{step}", f"n{step + 1}") for step in range(LONGEST + 1)]
    assert len(find_chains(line, ref("n0"), {ref(f"n{LONGEST}")})) == 1
    assert find_chains(line, ref("n0"), {ref(f"n{LONGEST + 1}")}) == ()
