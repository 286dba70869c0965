"""From a quick question to the spec that asks it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dsgrid.dimensions.types import NAMED_REDUCTION_TYPES, RECORD_TYPES, TIME
from dsgrid.errors import DsgridError, NotFoundError, Problem, SpecError, UsageError, did_you_mean
from dsgrid.operations.question import Aggregation, Condition, Move, Question
from dsgrid.operations.question_filters import filter_of, kept_of
from dsgrid.operations.question_places import Places, of_condition, of_step
from dsgrid.operations.question_sources import Sources
from dsgrid.query.factor import Column
from dsgrid.query.rules.columns import known_columns, named_column
from dsgrid.registry.model import Project
from dsgrid.registry.registry import Registry
from dsgrid.time.dimension import NoTime

Document = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """A question as a spec.

    Parameters
    ----------
    document
        The spec, but for its name, its registry and the place of its result.
    places
        What said its parts.
    notes
        What was added to the question, in words.
    """

    document: Document
    places: Places
    notes: tuple[str, ...] = ()


def spec_of(question: Question, registry: Registry, *, python: bool = False) -> Asked:
    """Return the spec that asks a question of what a registry holds.

    What has several scenarios, model years or weather years, and is not asked about them, keeps them as a column: their
    sum is seldom meant. A first function that is no sum gets a sum before it, in each slot of the project's time.

    Parameters
    ----------
    python
        Whether messages name calls of Python, and not options of the command line.

    Raises
    ------
    NotFoundError
        For what is named and is not there; the closest name is offered.
    UsageError
        For what cannot be asked in this way.
    """
    project = registry.project(question.project)
    writer = _Writer(question, project, Places(python), Sources(question, project, registry))
    try:
        return writer.asked()
    except DsgridError as error:
        raise writer.places.reworded(error) from None


def check_move(question: Question, project: Project, move: Move) -> None:
    """Raise where a test or a step names what a project does not have, as calls of Python; nothing is read."""
    writer = _Writer(question, project, Places(python=True))
    if isinstance(move, Condition):
        writer.filter(move)
    else:
        writer.columns(move, 0)
    if writer.problems:
        raise writer.places.reworded(_error(writer.problems))


@dataclass
class _Writer:
    """What writes a spec; without sources it only looks at names."""

    question: Question
    project: Project
    places: Places
    sources: Sources | None = None
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def asked(self) -> Asked:
        document: Document = {"project": self.question.project}
        if self.question.at:
            document["at"] = self.question.at
        for key in ("at", "datasets", "expression", "overlap", "fill"):
            self.places[key] = (f"--{key}", f".query({'' if key == 'datasets' else key})")
        document |= self._members()
        if self.question.overlap:
            document["overlap"] = self.question.overlap
        if self.question.fill:
            document["fill"] = 0
        before, steps, after = self._moves()
        result = self._result()
        if self.problems:
            raise _error(self.problems)
        if before:
            document["where"] = before
        if steps:
            document["step"] = steps
        if after:
            result["where"] = after
        if result:
            document["result"] = result
        return Asked(document, self.places, tuple(self.notes))

    def _members(self) -> Document:
        assert self.sources is not None
        if self.question.datasets and self.question.expression:
            raise UsageError("name datasets or an expression, not both: an expression names its datasets itself")
        if self.question.expression:
            return {"expression": self.question.expression}
        datasets = list(self.sources.names)
        self.notes += [self.sources.note] if self.sources.note else []
        return {"datasets": datasets}

    def _result(self) -> Document:
        question = self.question
        found: Document = {} if question.format == "parquet" else {"format": question.format}
        for key in ("unit", "zone", "pivot", "names", "sort"):
            self.places[f"result.{key}"] = (f"--{key}", f".{key}()")
            value = self._pivot() if key == "pivot" else getattr(question, key)
            if value:
                found[key] = list(value) if isinstance(value, tuple) else value
        return found

    def _pivot(self) -> str:
        """Return the type that is pivoted; a dimension may be named instead."""
        name = self.question.pivot
        column = known_columns(self.project).get(name)
        if not name or (name in RECORD_TYPES and (column is None or column.type == name)):
            return name
        if column is None or column.dimension is None:
            dimensions = [one for one, found in known_columns(self.project).items() if found.dimension is not None]
            self.problems.append(Problem(f'no dimension "{name}"{did_you_mean(name, dimensions)}', key="result.pivot"))
            return name
        return column.type

    # Tests and steps

    def _moves(self) -> tuple[list[Document], list[Document], list[Document]]:
        """Return the filters of the query, its steps, and the filters of the result."""
        before: list[Document] = []
        steps: list[Document] = []
        pending: list[tuple[Document, Condition]] = []
        for move in self._pivoted_moves():
            if isinstance(move, Condition):
                found = self.filter(move)
                pending += [] if found is None else [(found, move)]
                continue
            if not steps:
                before = self._placed("where", pending)
                steps += self._first(move, before)
            else:
                step = self._step(move, steps[-1]["by"], len(steps))
                if pending:
                    step["where"] = self._placed(f"step[{len(steps)}].where", pending)
                steps.append(step)
            pending = []
        if not steps:
            return self._placed("where", pending), [], []
        self._keep_something(steps)
        return before, steps, self._placed("result.where", pending)

    def _pivoted_moves(self) -> tuple[Move, ...]:
        """Return the moves, of which the last step keeps the dimension that is pivoted."""
        name, steps = self.question.pivot, self.question.steps
        column = known_columns(self.project).get(name)
        if column is None or column.dimension is None or not steps:
            return self.question.moves
        kept = [named_column(self.project, one) for one in steps[-1].by]
        if any(isinstance(one, Column) and one.type == column.type for one in kept):
            return self.question.moves
        pivoted = replace(steps[-1], by=(*steps[-1].by, name))
        return tuple(pivoted if move is steps[-1] else move for move in self.question.moves)

    def filter(self, condition: Condition) -> Document | None:
        """Return a test as a filter; None where something is wrong with it, which is noted."""
        percentiles = any(step.percentiles for step in self.question.steps)
        found = filter_of(condition, self.project, percentiles=percentiles)
        if not isinstance(found, str):
            return found
        key = f"where {condition.written}"
        self.places[key] = of_condition(condition)
        self.problems.append(Problem(found, key=key))
        return None

    def columns(self, move: Aggregation, index: int) -> list[Column]:
        """Return the columns of what a step names, and note the names that mean nothing."""
        found = []
        for name in move.by:
            column = named_column(self.project, name)
            if isinstance(column, Column):
                found.append(column)
            else:
                self.places[f"step[{index}].by"] = of_step(move)
                self.problems.append(Problem(column, key=f"step[{index}].by"))
        return found

    def _placed(self, key: str, filters: Sequence[tuple[Document, Condition]]) -> list[Document]:
        for index, (_, condition) in enumerate(filters):
            self.places[f"{key}[{index}]"] = of_condition(condition)
        return [found for found, _ in filters]

    def _first(self, move: Aggregation, filters: Sequence[Document]) -> list[Document]:
        """Return the first step, with a sum before it where its function is one of the load."""
        columns = self.columns(move, 0)
        kept = list(self._kept(move, columns, filters))
        if move.function == "sum" or move.each or self._is_timeless():
            return [self._written(move, [*move.by, *kept], 0)]
        time = [column.name for column in columns if column.type == TIME]
        needed = [weight.partition(".")[0] for weight in move.weights]
        reduced = [base.name for type_ in move.over for base in self.project.base_of_type(type_)[:1]]
        by = [*(name for name in move.by if name not in time), *kept, *needed, *reduced, self.project.time.name]
        self.places["step[0].by"] = of_step(move)
        self.places["step[0]"] = (
            f"--function {move.function}, which adds up without --each",
            f".{move.function}(), which adds up without each=True",
        )
        each = self.places.word("--each", "each=True")
        self.notes.append(
            f"{move.function}: of the sums in each slot of {self.project.time.name}; {each} takes each value alone"
        )
        return [{"by": list(dict.fromkeys(by))}, self._written(move, [*move.by, *kept], 1)]

    def _is_timeless(self) -> bool:
        """Tell whether there are no slots of time in which anything could be added up."""
        return isinstance(self.project.time, NoTime) or (self.sources is not None and self.sources.are_timeless)

    def _step(self, move: Aggregation, before: Sequence[str], index: int) -> Document:
        """Return a later step; it keeps the scenarios and years that the step before has, unless it says otherwise."""
        columns = self.columns(move, index)
        types = {column.type for column in columns} | set(move.over)
        kept = [
            column.name
            for name in before
            if isinstance(column := named_column(self.project, name), Column)
            and column.type in NAMED_REDUCTION_TYPES
            and column.type not in types
        ]
        return self._written(move, [*move.by, *kept], index)

    def _written(self, move: Aggregation, by: Sequence[str], index: int) -> Document:
        step: Document = {} if move.function == "sum" else {"function": move.function}
        step["by"] = list(by)
        for key in ("over", "weights", "percentiles"):
            if value := getattr(move, key):
                step[key] = list(value)
            self.places[f"step[{index}].{key}"] = (f"--{key}", f".{move.function}({key}=...)")
        self.places[f"step[{index}]"] = of_step(move)
        self.places[f"step[{index}].function"] = ("--function", f".{move.function}()")
        return step

    def _kept(self, move: Aggregation, columns: Sequence[Column], filters: Sequence[Document]) -> Iterator[str]:
        """Yield the dimensions that a first step keeps although it does not name them."""
        if self.problems or self.sources is None:
            return
        allowed = [kept for one in filters if (kept := kept_of(one, self.project)) is not None]
        named = {column.type for column in columns} | set(move.over)
        for type_ in NAMED_REDUCTION_TYPES:
            base, reached = self.sources.reached(type_)
            count = len(reached.intersection(*(ids for of, ids in allowed if of == base)))
            if type_ not in named and count > 1:
                over = self.places.word(f"--over {type_}", f'over="{type_}"')
                self.notes.append(f"kept: {base} ({count} records; {over} puts them together)")
                yield base

    def _keep_something(self, steps: Sequence[Document]) -> None:
        """Let every step keep a column of one record where one of them would keep nothing: it is a total."""
        if self.problems or all(step["by"] for step in steps):
            return
        single = [one.dimension for one in self.project.supplemental if len(one.dimension.records) == 1]
        single += [one for one in self.project.base if len(one.records) == 1]
        used = {column.type for step in steps for column in self._named(step["by"])}
        free = [one.name for one in single if one.type not in used]
        if not free:
            raise UsageError(
                "a total keeps a column of one record, and this project has no dimension with one; say by what"
            )
        for step in steps:
            step["by"].append(free[0])

    def _named(self, by: Iterable[str]) -> Iterator[Column]:
        for name in by:
            column = named_column(self.project, name)
            if isinstance(column, Column):
                yield column


def _error(problems: Iterable[Problem]) -> DsgridError:
    """Return the error for all that is wrong: something is not there, or it is there and means nothing."""
    every = list(dict.fromkeys(problems))
    missing = all(one.message.startswith("no ") for one in every)
    return NotFoundError(every) if missing else SpecError(every)
