"""The operation `query_dataset`: a dataset asked without a project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dsgrid.engine import Engine
from dsgrid.operations.query import answer
from dsgrid.operations.task import How
from dsgrid.query.result import Result
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec


def query_dataset(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | Registry | None = None,
    engine: Engine | None = None,
    progress: Callable[[str], None] | None = None,
    variables: Mapping[str, str] | None = None,
    at: str | None = None,
    how: How | None = None,
) -> Result:
    """Bring a dataset to registered dimensions, answer a query about it, and publish the tables as `query` does.

    The way to each target is found among the registered mappings; types without a target keep the dataset's own
    dimensions. Supplemental dimensions that mappings lead to from there may be named, too.

    Parameters
    ----------
    at
        A version of the dataset, or a date: the registry as it was then. Wins over ``at`` in the spec.
    how
        Whether the cache is used, and parts that an earlier run has finished.
    how
        See `dsgrid.operations.query.query`.

    Raises
    ------
    NotFoundError
        If the dataset or a target is not registered, or no mappings lead there.
    SpecError
        If several chains of mappings lead to a target that do different things, or as `query` raises it.
    ConservationError
        If the result does not add up to what went in.
    """
    loaded = load_spec(spec, "query_dataset", variables)
    return answer(loaded, registry=registry, engine=engine, progress=progress, at=at, how=how)
