"""The jobs that ask for a result: what each of them reads of a spec and of a registry, and how it is planned.

`query`, `explain`, `validate` and the command line treat them alike; what is theirs alone is found here by the job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dsgrid.query.inputs import Inputs, read_inputs
from dsgrid.query.model import Query
from dsgrid.query.reading import read_dataset_query, read_query
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec

if TYPE_CHECKING:
    from dsgrid.query.plan import Plans


def _plans(query: Query, inputs: Inputs, registry: Registry) -> Plans:
    # Imported here: numpy, which those who only look at specs do without.
    from dsgrid.query.planner import plan_inputs

    return plan_inputs(query, inputs, registry)


def _dataset_inputs(query: Query, registry: Registry) -> Inputs:
    # Imported here: a query of a project needs none of it.
    from dsgrid.operations.dataset_inputs import read_dataset_inputs

    return read_dataset_inputs(query, registry)


def _dataset_plans(query: Query, inputs: Inputs, registry: Registry) -> Plans:
    from dsgrid.operations.dataset_inputs import dataset_plans

    return dataset_plans(query, inputs, registry)


@dataclass(frozen=True)
class _Job:
    read: Callable[[Spec, str | None], Query]
    inputs: Callable[[Query, Registry], Inputs] = read_inputs
    plans: Callable[[Query, Inputs, Registry], Plans] = _plans


_JOBS: Final = {
    "query": _Job(read_query),
    "query_dataset": _Job(read_dataset_query, _dataset_inputs, _dataset_plans),
    "map_dataset": _Job(read_dataset_query),
}
ASKING: Final = frozenset(_JOBS)


def load_asked(spec: str | Path | Mapping[str, Any] | Spec, variables: Mapping[str, str] | None = None) -> Spec:
    """Return a spec of one of the jobs in `ASKING`; a mapping that names no job is a query."""
    loaded = load_spec(spec, "query" if isinstance(spec, Mapping) and "job" not in spec else None, variables)
    return loaded if loaded.job in ASKING else load_spec(loaded, "query")


def is_of_dataset(query: Query) -> bool:
    """Tell whether a query asks a dataset without a project."""
    return bool(query.node["job"].value == "query_dataset")


def read_asked(spec: Spec, at: str | None = None) -> Query:
    """Return the query that a spec of one of the jobs in `ASKING` asks.

    Parameters
    ----------
    at
        A version of what is asked, or a date; wins over ``at`` in the spec.
    """
    return _JOBS[spec.job].read(spec, at)


def inputs_of(query: Query, registry: Registry) -> Inputs:
    """Return what a query reads of a registry; everything in an answer that a registry decides is in it."""
    return _JOBS[query.node["job"].value].inputs(query, registry)


def plans_of(query: Query, inputs: Inputs, registry: Registry) -> Plans:
    """Return how a query is answered, from what `inputs_of` has read for it."""
    plans = _JOBS[query.node["job"].value].plans(query, inputs, registry)
    if query.exports:
        # Imported here: few queries have exports.
        from dsgrid.query.handoff.planned import check_exports

        check_exports(query, plans)
    return plans
