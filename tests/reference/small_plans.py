"""Plans of queries to the small project, asked as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from dsgrid.query.model import Member, Query
from dsgrid.query.plan import Plan, Plans
from dsgrid.query.planner import apply_rules, initial_plan, plan_results
from dsgrid.query.reading import read_query
from dsgrid.query.rules import RULES, Rule
from dsgrid.query.source import Source
from dsgrid.registry.model import Project
from dsgrid.spec.load import parse_spec
from reference.small import Rows, small_dataset, small_project
from reference.stored import Stored, association_table

HEAD = 'spec_version = 1\njob = "query"\nname = "example"\nproject = "small"\n'
HOMES: Rows = {
    ("a", "house", "cool", "2020"): (1, 2, 3, 4),
    ("a", "flat", "cool", "2020"): (4, 3, 2, 1),
    ("b", "house", "cool", "2020"): (10, 0, 0, 0),
    ("c", "house", "cool", "2020"): (5, 5, 5, 5),
}
OF = small_project()
HOMES_DATA = small_dataset(OF, "homes", HOMES)


def query_of(text: str) -> Query:
    """Return a query as if it stood in ``query.toml``, below `HEAD`; it is to homes if it says nothing else."""
    named = any(line.startswith(("datasets", "expression")) for line in text.splitlines())
    head = HEAD if named else f'{HEAD}datasets = ["homes"]\n'
    return read_query(parse_spec(head + text, "query", path=Path("query.toml")))


def sources_of(query: Query, *stored: Stored) -> tuple[Source, ...]:
    """Return a source for each member of a query, as the registry would give it."""
    known = {one.dataset.id: Source(one.dataset, one.submission, associations=association_table(one)) for one in stored}

    def source(member: Member) -> Source:
        return replace(known[member.dataset], growth=None if member.growth is None else known[member.growth])

    return tuple(map(source, query.members))


def start(text: str, *stored: Stored, of: Project = OF) -> Plan:
    """Return the plan of a query before any rule."""
    query = query_of(text)
    return initial_plan(query, of, sources_of(query, *(stored or (HOMES_DATA,))))


def planned(text: str, *stored: Stored, of: Project = OF, rules: tuple[Rule, ...] = RULES) -> Plan:
    """Return the plan of a query after all rules, or after `rules` where some are chosen."""
    return apply_rules(start(text, *stored, of=of), rules)


def planned_results(text: str, *stored: Stored, of: Project = OF) -> Plans:
    """Return the plans of all results of a query."""
    query = query_of(text)
    return plan_results(query, of, sources_of(query, *(stored or (HOMES_DATA,))))


def without(*rules: Rule) -> tuple[Rule, ...]:
    """Return the planner's rules but for some."""
    return tuple(rule for rule in RULES if rule not in rules)


def instead(rule: Rule, other: Callable[[Plan], Plan]) -> tuple[Rule, ...]:
    """Return the planner's rules with one replaced."""
    return tuple(other if one is rule else one for one in RULES)
