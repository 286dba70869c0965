"""Quick questions as they are sent, and the specs that ask the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dsgrid.api.access.context import Context
from dsgrid.api.answers.revision import require_registry
from dsgrid.api.routes.work_models import MoveWhere, QuestionDocument, Step, Where
from dsgrid.api.work.received import told
from dsgrid.errors import Problem, UsageError, did_you_mean
from dsgrid.operations.question import Aggregation, Condition, Move, Question
from dsgrid.operations.question_grammar import parse_condition
from dsgrid.operations.quick_question import Spoken, explain_question, speak
from dsgrid.query.model import OPERATORS
from dsgrid.query.patterns import only_cheap_patterns
from dsgrid.registry.toml import escaped
from dsgrid.toml_text import dumps


@dataclass(frozen=True)
class Asking:
    """A question as a spec that a server takes.

    Parameters
    ----------
    plan
        The plan for people.
    """

    spoken: Spoken
    plan: str

    @property
    def spec(self) -> dict[str, Any]:
        """The spec; the registry is that of whoever answers it."""
        return {key: value for key, value in self.spoken.spec.items() if key != "registry"}

    @property
    def toml(self) -> str:
        """The same as a file has it."""
        return dumps(escaped(self.spec))

    @property
    def sent(self) -> dict[str, Any]:
        """The spec as it is sent: without anything in it that looks like a variable."""
        return dict(escaped(self.spec))


def ask(document: QuestionDocument, here: Context) -> Asking:
    """Return the spec that asks a question, after it was planned.

    Raises
    ------
    ApiError
        422 with everything that is wrong.
    """
    require_registry(here.settings.registry)
    with told(), only_cheap_patterns():
        question = question_of(document)
        spoken = speak(question, here.settings.registry, document.name, python=document.python)
        # What cannot be asked is no spec either.
        return Asking(spoken, explain_question(spoken).report())


def question_of(document: QuestionDocument) -> Question:
    """Return the question that a document asks.

    Raises
    ------
    UsageError
        For a test that is none, or where moves are given twice.
    """
    question = Question(
        project=document.project,
        datasets=tuple(document.datasets),
        expression=document.expression,
        unit=document.unit,
        zone=document.zone,
        pivot=document.pivot,
        names=document.names,
        sort=tuple(document.sort),
        format=document.format,
        at=document.at,
        overlap="" if document.overlap == "error" else document.overlap,
        fill=document.fill,
    )
    step = Step(
        function=document.function,
        by=document.by,
        over=document.over,
        weights=document.weights,
        percentiles=document.percentiles,
        each=document.each,
    )
    if not document.moves:
        tests = [parse_condition(each) for each in document.where]
        # Values are those of the answer; all else is what goes into it.
        asked = question.where(*(one for one in tests if not one.is_of_values)).then(_step(step))
        return asked.where(*(one for one in tests if one.is_of_values))
    if document.where or step != Step():
        raise UsageError(Problem("`moves` stands instead of `by`, `where` and what belongs to them", key="moves"))
    moves: list[Move] = [
        _test(each.where) if isinstance(each, MoveWhere) else _step(each.step) for each in document.moves
    ]
    return Question(**{**vars(question), "moves": tuple(moves)})


def _step(step: Step) -> Aggregation:
    return Aggregation(
        step.function,
        tuple(step.by),
        tuple(step.over),
        tuple(step.weights),
        tuple(int(one) if one.is_integer() else one for one in step.percentiles),
        step.each,
    )


def _test(where: Where) -> Condition:
    if where.key not in OPERATORS:
        raise UsageError(Problem(f'there is no test "{where.key}"{did_you_mean(where.key, OPERATORS, 20)}', key="key"))
    operand = tuple(where.operand) if isinstance(where.operand, list) else where.operand
    written = where.written or f"{where.name} {where.key}"
    return Condition(where.name, where.attribute, where.key, operand, written)
