"""The operation `explain`: the plan of a query, without an engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsgrid.dimensions.composition import origin
from dsgrid.operations.location import registry_folder
from dsgrid.operations.reported import Reported
from dsgrid.query.explain import document as described
from dsgrid.query.explain import explain as explain_plan
from dsgrid.query.plan import Plan, Plans
from dsgrid.query.planner import make_plans
from dsgrid.query.reading import read_query
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec, load_spec


@dataclass(frozen=True, repr=False)
class Explained(Reported):
    """The plans of a query's results, as text and as a document."""

    plans: Plans

    @property
    def plan(self) -> Plan:
        """The plan of the query's own result."""
        return self.plans.first

    def report(self) -> str:
        """Return the plan for people, and what the mappings were made of that submissions left to dsgrid."""
        return "\n".join([explain_plan(self.plans), *_origins(self.plan)])

    def document(self) -> dict[str, Any]:
        """Return the same for programs: values that JSON has."""
        origins = [
            {"dataset": dataset, "type": type_, "made_of": made_of} for dataset, type_, made_of in _made(self.plan)
        ]
        return described(self.plans) | {"mappings": origins}


def explain(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | Registry | None = None,
    variables: Mapping[str, str] | None = None,
    at: str | None = None,
) -> Explained:
    """Return the plan of a query: what is read, the stages, and how many rows each has.

    Parameters
    ----------
    at
        A version of the project, or a date: the registry as it was then. Wins over ``at`` in the spec.
    """
    loaded = load_spec(spec, "query", variables)
    asked = read_query(loaded, at)
    with Registry.open(registry_folder(loaded, registry), at=asked.at) as opened:
        return Explained(make_plans(asked, opened))


def _origins(plan: Plan) -> Iterator[str]:
    for dataset, type_, made_of in _made(plan):
        yield f"mapping     {type_} of {dataset} is {made_of}"


def _made(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Return dataset, type and origin of each mapping that a submission left to dsgrid."""
    found: dict[tuple[str, str, str], None] = {}
    for source in plan.sources:
        for type_, target in source.submission.mappings.items():
            made_of = "" if target.mapping is None else origin(target.mapping)
            if made_of:
                found[source.dataset.id, type_, made_of] = None
    yield from found
