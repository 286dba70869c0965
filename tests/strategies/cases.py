"""A random project with datasets and a query: drawn, planned, carried out."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from reference.answer import Answer, answer
from reference.stored import Stored, association_table, facts_frame, write_lookup

from dsgrid.query.model import Query, read_query
from dsgrid.query.plan import Plan, Source
from dsgrid.query.planner import apply_rules, initial_plan
from dsgrid.query.rules import RULES, Rule
from dsgrid.registry.model import Dataset, Project
from dsgrid.spec.load import load_spec
from strategies.datasets import stored_datasets
from strategies.outline import outline
from strategies.projects import projects
from strategies.queries import query_specs

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True)
class Case:
    """A question, and all that is needed to answer it."""

    project: Project
    datasets: tuple[Stored, ...]
    spec: dict[str, Any]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Show hypothesis's findings shortly; its own way with dataclasses fills pages."""
        printer.text(outline(self.project, self.datasets, self.spec))

    @property
    def query(self) -> Query:
        """What is asked."""
        return read_query(load_spec(self.spec, "query"))

    @property
    def answer(self) -> Answer:
        """What the reference says; it may refuse."""
        return answer(self.query, self.project, self.datasets)

    def plan(self, rules: tuple[Rule, ...] = RULES) -> Plan:
        """Return the plan after the resolving rules and `rules`."""
        sources = tuple(
            Source(stored.dataset, stored.submission, associations=association_table(stored))
            for stored in self.datasets
        )
        return apply_rules(initial_plan(self.query, self.project, sources), rules)

    def facts(self) -> Callable[[SparkSession, Dataset, Sequence[str]], DataFrame]:
        """Return what reads the facts of these datasets."""
        by_id = {stored.dataset.id: stored for stored in self.datasets}
        return lambda session, dataset, columns: facts_frame(by_id[dataset.id], session, columns)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A project, one or two datasets, a query to them."""
    project, axis = draw(projects())
    count = draw(st.sampled_from([1, 1, 2]))
    datasets = tuple(draw(stored_datasets(project, axis, f"data_{number}")) for number in range(count))
    spec = draw(query_specs(project, tuple(stored.dataset.id for stored in datasets)))
    return Case(project, datasets, spec)


def carry_out(case: Case, plan: Plan, session: SparkSession, folder: Path) -> pa.Table:
    """Execute a plan, write its result below `folder` and return what was written."""
    import pyarrow.parquet as pq

    from dsgrid.query.execution import execute
    from dsgrid.query.output import write

    run = folder / secrets.token_hex(8)
    run.mkdir(parents=True)
    for stored in case.datasets:
        write_lookup(stored, run)
    written = write(plan, execute(plan, session, case.facts(), run), run, session)
    return pq.read_table(written.path)
