"""A question to a project in Python: each call returns a new one, and nothing runs before an answer is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsgrid.operations.question import Aggregation, Move, Question
from dsgrid.operations.question_grammar import conditions
from dsgrid.operations.question_spec import check_move
from dsgrid.operations.quick_question import KEPT, Answer, Spoken, answer, explain_question, speak
from dsgrid.registry.model import Project

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from dsgrid.operations.explain import Explained
    from dsgrid.operations.open_registry import OpenRegistry
    from dsgrid.query.result import Result

Names = str | Iterable[str]


@dataclass(frozen=True, repr=False)
class ProjectQuestion:
    """A question to a project, which `dsgrid.operations.open_project.OpenProject.query` begins.

    Parameters
    ----------
    question
        What is asked, as a value.
    """

    question: Question
    _project: Project = field(compare=False)
    _registry: OpenRegistry = field(compare=False)

    # What is asked

    def where(self, *texts: str, **named: Any) -> ProjectQuestion:
        """Return the question with tests, which see what it has so far; all have to hold.

        Parameters
        ----------
        texts
            As on the command line: ``"state=CO,CA"``, ``"hour_of_day>=7"``.
        named
            ``state="CO"``, ``state=["CO", "CA"]``, ``county__climate="cold"``, ``value__above=5``,
            ``hour_of_day__between=(7, 9)``: a name, perhaps an attribute, perhaps an operator of a spec's filter.
        """
        found = conditions(texts, named)
        for one in found:
            self._check(one)
        return replace(self, question=self.question.where(*found))

    def sum(self, *by: str, over: Names = ()) -> ProjectQuestion:
        """Return the question with a step that adds up what agrees in `by`: names, or names of `OpenProject.by`."""
        return self._then(Aggregation("sum", _names(by), _names(over)))

    def mean(self, *by: str, over: Names = (), each: bool = False) -> ProjectQuestion:
        """Return the question with means of what each slot of time adds up to; with `each` of the single values."""
        return self._then(Aggregation("mean", _names(by), _names(over), each=each))

    def weighted_mean(self, *by: str, weights: Names, over: Names = (), each: bool = False) -> ProjectQuestion:
        """Return the question with means that are weighted by attributes, such as ``"county.population"``."""
        return self._then(Aggregation("weighted_mean", _names(by), _names(over), _names(weights), each=each))

    def max(self, *by: str, over: Names = (), each: bool = False) -> ProjectQuestion:
        """Return the question with the greatest of what each slot of time adds up to; see `mean`."""
        return self._then(Aggregation("max", _names(by), _names(over), each=each))

    def min(self, *by: str, over: Names = (), each: bool = False) -> ProjectQuestion:
        """Return the question with the least of what each slot of time adds up to; see `mean`."""
        return self._then(Aggregation("min", _names(by), _names(over), each=each))

    def count(self, *by: str, over: Names = (), each: bool = False) -> ProjectQuestion:
        """Return the question with how many slots of time there are; see `mean`."""
        return self._then(Aggregation("count", _names(by), _names(over), each=each))

    def stddev(self, *by: str, over: Names = (), each: bool = False) -> ProjectQuestion:
        """Return the question with the standard deviation of what each slot of time adds up to; see `mean`."""
        return self._then(Aggregation("stddev", _names(by), _names(over), each=each))

    def percentile(
        self, *by: str, percentiles: float | Iterable[float] = 50, over: Names = (), each: bool = False
    ) -> ProjectQuestion:
        """Return the question with percentiles, from 0 to 100, of what each slot of time adds up to; see `mean`."""
        wanted = (percentiles,) if isinstance(percentiles, (int, float)) else tuple(percentiles)
        return self._then(Aggregation("percentile", _names(by), _names(over), percentiles=wanted, each=each))

    def _then(self, step: Aggregation) -> ProjectQuestion:
        self._check(step)
        return replace(self, question=self.question.then(step))

    def _check(self, move: Move) -> None:
        """Raise where a test or a step names what there is not."""
        check_move(self.question, self._project, move)

    # How it is shown

    def unit(self, unit: str) -> ProjectQuestion:
        """Return the question with values in another unit, such as ``"TWh"``."""
        return self._with(unit=unit)

    def zone(self, zone: str) -> ProjectQuestion:
        """Return the question with time told in a zone; ``"geography"`` means local clocks."""
        return self._with(zone=zone)

    def pivot(self, name: str) -> ProjectQuestion:
        """Return the question with a column for each record of a dimension."""
        return self._with(pivot=str(name))

    def names(self) -> ProjectQuestion:
        """Return the question with the names of records instead of their ids."""
        return self._with(names=True)

    def sort(self, *columns: str) -> ProjectQuestion:
        """Return the question with another order of the rows."""
        return self._with(sort=_names(columns))

    def _with(self, **changes: Any) -> ProjectQuestion:
        return replace(self, question=replace(self.question, **changes))

    # What comes of it

    def result(self, keep: str = "") -> Result:
        """Return the result; a question is answered once, and its result goes to the user's cache.

        Parameters
        ----------
        keep
            A name: the result is kept in ``results/`` of the working directory, as that of a query of this name.
        """
        return self._kept(keep).result if keep else self._answer.result

    def to_pandas(self) -> pd.DataFrame:
        """Return the answer as a pandas DataFrame."""
        return self.result().to_pandas()

    def to_arrow(self) -> pa.Table:
        """Return the answer as an Arrow table."""
        return self.result().to_arrow()

    def explain(self) -> Explained:
        """Return the plan; no engine is started."""
        return explain_question(self._spoken)

    def plot(self, **options: Any) -> Any:
        """Return a picture of the answer; see `dsgrid.operations.plot.plot`."""
        from dsgrid.operations.plot import plot

        return plot(self.result(), **options)

    def spec(self) -> dict[str, Any]:
        """Return the spec that asks the same, as a dictionary."""
        return self._spoken.spec

    def toml(self) -> str:
        """Return the spec that asks the same, as TOML; ``print(question)`` shows it."""
        return self._spoken.toml()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was added to the question, in words."""
        return self._spoken.asked.notes

    @cached_property
    def _spoken(self) -> Spoken:
        return speak(self.question, self._registry.folder, python=True)

    @cached_property
    def _answer(self) -> Answer:
        return answer(self._spoken, engine=self._registry._engine, progress=self._registry._progress)

    def _kept(self, name: str) -> Answer:
        spoken = speak(self.question, self._registry.folder, name, python=True)
        return answer(
            spoken,
            folder=Path(KEPT).absolute(),
            engine=self._registry._engine,
            progress=self._registry._progress,
        )

    def __str__(self) -> str:
        return self.toml()

    def __repr__(self) -> str:
        asked = self.question
        of = f"expression={asked.expression!r}" if asked.expression else ", ".join(map(repr, asked.datasets))
        calls = [f"query({of})"]
        for move in asked.moves:
            if isinstance(move, Aggregation):
                calls.append(f"{move.function}({', '.join(map(repr, move.by))})")
            else:
                calls.append(f"where({move.written})")
        calls += [f"{key}({value!r})" for key in ("unit", "zone", "pivot") if (value := getattr(asked, key))]
        calls += ["names()"] if asked.names else []
        return f"<{asked.project}: {'.'.join(calls)}>"

    def _repr_html_(self) -> str:
        import html

        from dsgrid.query.notebook import heading

        return f"{heading(f'Question to {self.question.project}')}<pre>{html.escape(self.toml())}</pre>"


def _names(names: Names) -> tuple[str, ...]:
    return (str(names),) if isinstance(names, str) else tuple(str(name) for name in names)
