"""On which engines a test runs: both, or Spark only where there is time."""

from __future__ import annotations

import pytest

# For tests that are about data and not about engines: Spark takes minutes for what Sail does in seconds.
SLOW_ON_SPARK = pytest.mark.parametrize(
    "engine", ["sail", pytest.param("spark", marks=pytest.mark.slow)], indirect=True, scope="session"
)
