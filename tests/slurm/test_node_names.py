"""Folded lists of nodes, against Slurm's own reading of them."""

from __future__ import annotations

import pytest

from dsgrid.cluster.node_names import expand

pytestmark = pytest.mark.slurm
LISTS = (
    "n1",
    "n[001-003,7],gpu1",
    "x[8-11],x[08-11]",
    "rack[1-2]node[01-03]",
    "a[9-10],b[099-101],c",
)


def test_a_list_stands_for_the_names_that_slurm_says(slurm):
    for text in LISTS:
        assert list(expand(text)) == slurm.call("scontrol", "show", "hostnames", text).split(), text


def test_what_slurm_folds_is_unfolded(slurm):
    names = [f"n{number:03d}" for number in (1, 2, 3, 17, 20, 21)] + ["gpu1", "gpu2"]
    folded = slurm.call("scontrol", "show", "hostlist", ",".join(names)).strip()
    assert "[" in folded
    assert list(expand(folded)) == names
