"""Explain tens of millions of missing combinations: python -m benchmarks.gaps [--counties 3108]."""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Sequence

import numpy as np
import pandas as pd

from dsgrid.dimensions.coverage import required
from dsgrid.dimensions.gaps import missing

SIZES = {"subsector": 14, "metric": 30, "scenario": 2, "model_year": 12}


def main(arguments: Sequence[str] | None = None) -> int:
    """Make a dataset that has little of what it should have, and say what it lacks."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gaps", description=__doc__.partition(":")[0])
    parser.add_argument("--counties", type=int, default=3108, help="how many counties")
    chosen = parser.parse_args(arguments)
    sizes = {"geography": chosen.counties, **SIZES}
    ids = {type_: tuple(f"{type_[:2]}{number:05d}" for number in range(size)) for type_, size in sizes.items()}
    present = np.ones(tuple(sizes.values()), bool)
    present[:, 1:] = False  # one building type of fourteen
    present[5] = False  # a county
    present[:, :, 3, :, 4] = False  # an end use in a year
    places = np.nonzero(present)
    table = pd.DataFrame(
        {type_: np.asarray(ids[type_], dtype=object)[codes] for type_, codes in zip(ids, places, strict=True)}
    )
    started = time.monotonic()
    found = missing(required(ids), table)
    seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"{found.summary()}\n{found.page()}")
    print(f"{found.required:,} required, {found.count:,} missing: {seconds:.1f} s, peak {peak / 1e6:,.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
