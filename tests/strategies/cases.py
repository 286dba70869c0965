"""A random project with datasets and a query: drawn, planned, carried out."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from reference.answer import Answer, answer
from reference.stored import Stored, association_table, facts_frame, write_lookup

from dsgrid.engine import engine_errors
from dsgrid.query.model import Member, Query
from dsgrid.query.plan import Plan
from dsgrid.query.planner import apply_rules, initial_plan
from dsgrid.query.reading import read_query
from dsgrid.query.rules import RULES, Rule
from dsgrid.query.source import Source
from dsgrid.registry.model import Dataset, Project
from dsgrid.spec.load import load_spec
from strategies.datasets import stored_datasets
from strategies.outline import outline
from strategies.projects import projects
from strategies.queries import query_specs
from strategies.sources import asked_members
from strategies.whole_queries import whole_query_specs

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True)
class Case:
    """A question, and all that is needed to answer it.

    Parameters
    ----------
    datasets
        The datasets whose values are asked for, in the order in which the query names them.
    growth
        Those by which others grow in a projection.
    """

    project: Project
    datasets: tuple[Stored, ...]
    spec: dict[str, Any]
    growth: tuple[Stored, ...] = ()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Show hypothesis's findings shortly; its own way with dataclasses fills pages."""
        printer.text(outline(self.project, (*self.datasets, *self.growth), self.spec))

    @property
    def stored(self) -> dict[str, Stored]:
        """All datasets, by their ids."""
        return {one.dataset.id: one for one in (*self.datasets, *self.growth)}

    @property
    def query(self) -> Query:
        """What is asked."""
        return read_query(load_spec(self.spec, "query"))

    @property
    def answer(self) -> Answer:
        """What the reference says; it may refuse."""
        return answer(self.query, self.project, self.stored)

    @property
    def answers(self) -> dict[str, Answer]:
        """What the reference says to each of the further results, by their names."""
        return {one.name: answer(one, self.project, self.stored) for one in self.query.others}

    def plan(self, rules: tuple[Rule, ...] = RULES) -> Plan:
        """Return the plan after the resolving rules and `rules`."""
        query = self.query
        return apply_rules(initial_plan(query, self.project, tuple(map(self._source, query.members))), rules)

    def _source(self, member: Member) -> Source:
        source = _read(self.stored[member.dataset])
        return source if member.growth is None else replace(source, growth=_read(self.stored[member.growth]))

    def facts(self) -> Callable[[SparkSession, Dataset, Sequence[str]], DataFrame]:
        """Return what reads the facts of these datasets."""
        return lambda session, dataset, columns: facts_frame(self.stored[dataset.id], session, columns)


def _read(stored: Stored) -> Source:
    return Source(stored.dataset, stored.submission, associations=association_table(stored))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A project, one or two datasets, a query to them that is one sum."""
    project, axis = draw(projects())
    count = draw(st.sampled_from([1, 1, 2]))
    datasets = tuple(draw(stored_datasets(project, axis, f"data_{number}")) for number in range(count))
    spec = draw(query_specs(project, tuple(stored.dataset.id for stored in datasets)))
    return Case(project, datasets, spec)


@st.composite
def whole_cases(draw: st.DrawFn) -> Case:
    """The same with a query of any kind; every other one is still one sum."""
    if draw(st.booleans()):
        return draw(cases())
    project, axis = draw(projects())
    count = draw(st.sampled_from([1, 1, 2]))
    datasets = tuple(draw(stored_datasets(project, axis, f"data_{number}")) for number in range(count))
    asked = draw(asked_members(project, datasets))
    return Case(project, asked.datasets, draw(whole_query_specs(project, asked)), asked.growth)


def carry_out(case: Case, plan: Plan, session: SparkSession, folder: Path) -> pa.Table:
    """Execute a plan, write its result below `folder` and return what was written."""
    import pyarrow.parquet as pq

    from dsgrid.query.execution import execute
    from dsgrid.query.output import write

    run = folder / secrets.token_hex(8)
    run.mkdir(parents=True)
    for stored in case.stored.values():
        write_lookup(stored, run)
    with engine_errors():
        written = write(plan, execute(plan, session, case.facts(), run), run, session)
    return pq.read_table(written.path)
