"""On which engines a test runs: both, or all of it, or a part of it, on Spark only where there is time."""

from __future__ import annotations

import pytest

# For tests that are about data and not about engines: Spark takes minutes for what Sail does in seconds.
SLOW_ON_SPARK = pytest.mark.parametrize(
    "engine", ["sail", pytest.param("spark", marks=pytest.mark.slow)], indirect=True, scope="session"
)
_FEW = "few_on_spark"


def few_on_spark(every: int) -> pytest.MarkDecorator:
    """Return a mark for tests that are much alike to Spark: it runs every so-manyth, and the others in `make test-all`.

    On a function it chooses among its cases, as a module's `pytestmark` among all tests of the module that are not
    chosen by their own mark. The first one is always chosen, and Sail runs all of them.
    """
    return getattr(pytest.mark, _FEW)(every)


def mark_the_others_slow(items: list[pytest.Item]) -> None:
    """Mark what `few_on_spark` leaves out of these tests as slow."""
    seen: dict[str, int] = {}
    for item in items:
        found = next(item.iter_markers_with_node(_FEW), None)
        if found is None or engine_of(item) != "spark" or item.get_closest_marker("slow"):
            continue
        node, mark = found
        among = node.nodeid.partition("[")[0]
        number = seen[among] = seen.get(among, -1) + 1
        if number % mark.args[0]:
            item.add_marker(pytest.mark.slow)


def engine_of(item: pytest.Item) -> str | None:
    """Return the name of the engine on which a test runs; None if it chooses for itself."""
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("engine") if callspec else None
