"""Which runner carries out a job: what was asked for if that may be, else by size; and why, in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.api.job import RUNNERS
from dsgrid.api.jobs.kinds import KINDS
from dsgrid.api.runners.choice import AUTO, ROWS, allowed, choose
from dsgrid.api.settings import Runners, Settings
from dsgrid.errors import UsageError

ALL = Runners(warm=1, embedded=1, spark=1, slurm=4, slurm_values=1_000_000_000)


def settings(runners: Runners) -> Settings:
    return Settings(Path("/registry"), Path("/state"), runners=runners)


def chosen(runners: Runners, kind: str = "query", wanted: str = AUTO, **expected: int) -> tuple[str, str]:
    choice = choose(kind, expected, wanted, settings(runners))
    return choice.runner, choice.why


@pytest.mark.parametrize(
    ("values", "runner", "why"),
    [
        (1, "warm", "reads 1 value; at most 20,000,000 values go to the warm engine"),
        (20_000_000, "warm", "reads 20,000,000 values; at most 20,000,000 values go to the warm engine"),
        (20_000_001, "embedded", "reads 20,000,001 values; more than 20,000,000 values go to an embedded engine of"),
        (1_000_000_000, "slurm", "reads 1,000,000,000 values; 1,000,000,000 values or more go to Slurm"),
    ],
)
def test_a_query_goes_by_what_it_reads(values, runner, why):
    found = chosen(ALL, values_read=values, rows=10)
    assert found[0] == runner
    assert found[1].startswith(why)


def test_a_query_that_reads_little_and_makes_much_is_none_for_the_warm_engine():
    assert chosen(ALL, values_read=1, rows=ROWS + 1)[0] == "embedded"


def test_what_is_not_small_goes_where_the_settings_say():
    for large in ("embedded", "spark", "slurm"):
        assert chosen(Runners(spark=1, slurm=1, large=large), values_read=10**8)[0] == large


def test_where_the_settings_name_what_is_off_another_one_takes_it():
    assert chosen(Runners(embedded=0, spark=1, large="embedded"), values_read=10**8)[0] == "spark"
    assert chosen(Runners(embedded=0), values_read=10**12)[0] == "warm"


def test_without_a_foretold_size_a_query_is_no_small_one():
    assert chosen(ALL)[0] == "embedded"


def test_what_needs_no_engine_starts_none():
    assert chosen(ALL, "submit_dataset") == ("embedded", "a submit_dataset job needs no engine")
    assert chosen(Runners(embedded=0), "submit_dataset")[0] == "warm"


def test_what_registers_never_goes_to_the_warm_engine():
    assert chosen(ALL, "register_dataset")[0] == "embedded"
    with pytest.raises(UsageError, match='carries out no register_dataset jobs; there are: "auto", "embedded"'):
        chosen(ALL, "register_dataset", "warm")


@pytest.mark.parametrize("wanted", RUNNERS)
def test_what_was_asked_for_is_obeyed_whatever_the_size(wanted):
    assert chosen(ALL, wanted=wanted, values_read=10**12) == (wanted, "it was asked for")


def test_what_is_off_or_unknown_is_refused_with_what_there_is():
    with pytest.raises(UsageError, match='spark is turned off on this server; there are: "auto", "warm", "embedded"'):
        chosen(Runners(), wanted="spark")
    with pytest.raises(UsageError, match='no runner "wram"; did you mean "warm"'):
        chosen(Runners(), wanted="wram")
    with pytest.raises(UsageError, match="no runner for them is on"):
        chosen(Runners(embedded=0), "register_dataset")


@given(
    st.builds(Runners, warm=st.integers(0, 1), embedded=st.integers(0, 1), spark=st.integers(0, 1)),
    st.sampled_from(sorted(KINDS)),
    st.integers(0, 10**10),
)
def test_a_choice_is_always_one_that_is_on(runners, kind, values):
    there = allowed(kind, runners)
    if there:
        assert chosen(runners, kind, values_read=values, rows=1)[0] in there
        assert all(getattr(runners, name) for name in there)
