"""Times as Slurm writes them."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.cluster import durations
from dsgrid.cluster.durations import seconds_of, slurm_time
from dsgrid.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90 * 60),
        ("90:30", 90 * 60 + 30),
        ("1:30:00", 5_400),
        ("2-12", 60 * 3_600),
        ("2-12:30", 60 * 3_600 + 1_800),
        ("2-00:00:01", 2 * 86_400 + 1),
        (" 30 ", 1_800),
    ],
)
def test_a_time_means_what_it_means_to_slurm(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "2x", "1:2:3:4", "-5", "2-", "1e3", "²", "infinite", "1 30", "3 4"])
def test_what_is_no_time_is_refused_with_what_is_expected(text):
    with pytest.raises(
        UsageError, match=r"--time .* is no time of Slurm's; expected minutes \(90\), hours \(1:30:00\)"
    ):
        seconds_of(text, "--time")


@pytest.mark.parametrize("text", ["0", "0:00", "0-00:00:00"])
def test_no_time_at_all_is_refused(text):
    with pytest.raises(UsageError, match="is no time at all; expected a minute or more"):
        seconds_of(text)


@given(st.integers(1, 10**8))
def test_a_time_that_is_written_is_read_as_the_same(seconds):
    assert seconds_of(slurm_time(seconds)) == seconds


def test_examples():
    assert doctest.testmod(durations).failed == 0
