"""The operation `explain`: the plan of a query, without an engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsgrid.dimensions.composition import origin
from dsgrid.dimensions.mapping import Mapping as Associations
from dsgrid.engine import resolve
from dsgrid.operations.asking import inputs_of, is_of_dataset, load_asked, plans_of, read_asked
from dsgrid.operations.expectation import Expected, expect
from dsgrid.operations.location import registry_folder
from dsgrid.operations.reported import Reported
from dsgrid.operations.task import results_folder
from dsgrid.query.explain import document as described
from dsgrid.query.explain import explain as explain_plan
from dsgrid.query.explain_lines import entry
from dsgrid.query.of_dataset import described_targets, way_of
from dsgrid.query.plan import Plan, Plans
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec


@dataclass(frozen=True, repr=False)
class Explained(Reported):
    """The plans of a query's results, as text and as a document."""

    plans: Plans
    expected: Expected | None = None

    @property
    def plan(self) -> Plan:
        """The plan of the query's own result."""
        return self.plans.first

    def report(self) -> str:
        """Return the plan for people, and what the mappings were made of that submissions left to dsgrid."""
        return "\n".join([explain_plan(self.plans), *_expectations(self.expected), *_origins(self.plan)])

    def document(self) -> dict[str, Any]:
        """Return the same for programs: values that JSON has."""
        origins = [
            {"dataset": dataset, "type": type_, "made_of": made_of} for dataset, type_, made_of in _made(self.plan)
        ]
        expected = None if self.expected is None else self.expected.document()
        found = described(self.plans) | {"mappings": origins, "expected": expected}
        if not is_of_dataset(self.plan.query):
            return found
        # What stands in for a project is the dataset.
        source = self.plan.sources[0]
        return found | {
            "project": None,
            "dataset": f"{source.dataset.id}@{source.dataset.version}",
            "targets": described_targets(self.plan.project, source.dataset, source.submission),
        }


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
    loaded = load_asked(spec, variables)
    asked = read_asked(loaded, at)
    with Registry.open(registry_folder(loaded, registry), at=asked.at) as opened:
        plans = plans_of(asked, inputs_of(asked, opened), opened)
    return Explained(plans, expect(plans, results_folder(asked, loaded), resolve(), others=True))


def _expectations(expected: Expected | None) -> Iterator[str]:
    if expected is not None:
        yield entry("makes", expected.makes)
        for index, one in enumerate(expected.times):
            yield entry("" if index else "time", one.text())
        if expected.warning:
            yield entry("warning", expected.warning)


def _origins(plan: Plan) -> Iterator[str]:
    for dataset, type_, made_of in _made(plan):
        yield f"mapping     {type_} of {dataset} is {made_of}"


def _made(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Return dataset, type and origin of each mapping that a submission, or a query of a dataset, left to dsgrid."""
    found: dict[tuple[str, str, str], None] = {}
    for source in plan.sources:
        for type_, target in source.submission.mappings.items():
            made_of = _origin(plan, target.mapping)
            if made_of:
                found[source.dataset.id, type_, made_of] = None
    if is_of_dataset(plan.query):
        for one in plan.project.supplemental:
            if _origin(plan, one.mapping):
                found[plan.project.id, one.dimension.name, _origin(plan, one.mapping)] = None
    yield from found


def _origin(plan: Plan, mapping: Associations | None) -> str:
    if is_of_dataset(plan.query):
        return way_of(mapping)
    return "" if mapping is None else origin(mapping)
