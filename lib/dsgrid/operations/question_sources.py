"""The datasets that a quick question is about, and which scenarios and years they have."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from dsgrid.dimensions.additivity import grows
from dsgrid.errors import NotFoundError, Problem, SpecError, listing
from dsgrid.operations.question import Question
from dsgrid.query.expression import ExpressionError, operands, parse_expression
from dsgrid.registry.model import Dataset, Project, Submission
from dsgrid.registry.registry import Registry
from dsgrid.registry.submissions import ACCEPTED
from dsgrid.registry.versions import parse_reference
from dsgrid.time.dimension import NoTime


def submitted_to(registry: Registry, project: Project) -> list[str]:
    """Return the ids of the datasets that a version of a project has, in their order."""
    rows = [
        row
        for row in registry.submissions(all_versions=True)
        if row["project_id"] == project.id and row["project_version"] == project.version and row["status"] == ACCEPTED
    ]
    return list(dict.fromkeys(row["dataset_id"] for row in rows))


@dataclass
class Sources:
    """The datasets of a question."""

    question: Question
    project: Project
    registry: Registry

    @property
    def note(self) -> str:
        """What was chosen, in words, where the question names nothing."""
        if self.question.datasets or self.question.expression:
            return ""
        left = [id_ for id_ in self._submitted if id_ not in self.names]
        rates = [id_ for id_ in left if id_ not in self._composites]
        made = [id_ for id_ in left if id_ in self._composites]
        but = [f"{listing(rates)}, of rates by which something grows"] if rates else []
        but += [f"{listing(made)}, made of others"] if made else []
        return f"datasets: {', '.join(self.names)} (all that were submitted{''.join(f', but {one}' for one in but)})"

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The datasets that are named; without any all that were submitted, but for rates of growth and composites."""
        if self.question.datasets:
            return self.question.datasets
        if self.question.expression:
            try:
                return tuple(dict.fromkeys(operands(parse_expression(self.question.expression))))
            except ExpressionError as error:
                raise SpecError(Problem(str(error), key="expression")) from None
        if not self._submitted:
            raise NotFoundError(f"nothing is submitted to project {self.project.id}@{self.project.version}")
        own = [id_ for id_ in self._submitted if id_ not in self._composites]
        return tuple(id_ for id_ in own if not self._is_growth(id_)) or tuple(own or self._submitted)

    def reached(self, type_: str) -> tuple[str, set[str]]:
        """Return the base dimension of a type, and those of its records that the datasets have."""
        found: set[str] = set()
        base = ""
        for dataset in self.names:
            submission = self._submission(dataset)
            mapping = submission.mappings[type_]
            base = mapping.base
            if mapping.mapping is None:
                found.update(self._dataset(dataset).dimensions[type_].records.ids)
            else:
                found.update(one.to_id for one in mapping.mapping.associations if one.to_id is not None)
        return base, found

    @property
    def are_timeless(self) -> bool:
        """Whether none of the datasets has time."""
        return all(isinstance(self._dataset(one).time, NoTime) for one in self.names)

    @cached_property
    def _submitted(self) -> list[str]:
        return submitted_to(self.registry, self.project)

    @cached_property
    def _composites(self) -> set[str]:
        """Those that are results of queries: they have the values of their sources once more."""
        return {row["id"] for row in self.registry.composites(all_versions=True)}

    def _is_growth(self, dataset: str) -> bool:
        submission = self._submission(dataset)
        metric = self._dataset(dataset).dimensions["metric"]
        base = next(one for one in self.project.base if one.name == submission.mappings["metric"].base)
        return grows(metric.record_class, base.record_class)

    def _dataset(self, name: str) -> Dataset:
        submission = self._submission(name)
        return self.registry.dataset(submission.dataset_id, submission.dataset_version)

    def _submission(self, dataset: str) -> Submission:
        if dataset not in self._known:
            id_, version = parse_reference(dataset)
            try:
                found = self.registry.submission(self.project.id, id_, self.project.version, version)
            except NotFoundError as error:
                key = "expression" if self.question.expression else "datasets"
                problems = [Problem(one.message, key=key, detail=one.detail) for one in error.problems]
                raise NotFoundError(problems) from None
            self._known[dataset] = found
        return self._known[dataset]

    @cached_property
    def _known(self) -> dict[str, Submission]:
        return {}
