"""Which columns the contraction leaves: the names of a first sum, or every base dimension and the project's time."""

from __future__ import annotations

from dataclasses import replace

from dsgrid.dimensions.types import RECORD_TYPES, TIME
from dsgrid.dimensions.units import is_temperature
from dsgrid.errors import Problem, SpecError, did_you_mean
from dsgrid.query.combination import Leaf
from dsgrid.query.factor import Column
from dsgrid.query.model import Filter, Query, Step
from dsgrid.query.plan import Move, Plan, ToUnit
from dsgrid.query.rules.attributes import MARK, attribute_column
from dsgrid.query.rules.filters import is_of_values
from dsgrid.query.time_columns import SLOT, TIME_ZONE, UTC_OFFSET, is_stamp, is_wall, known_words
from dsgrid.registry.model import Project
from dsgrid.spec.node import Node
from dsgrid.spec.schemas.words import TIME_WORDS
from dsgrid.time.calendar import WORD_OF_PART
from dsgrid.time.dimension import NoTime, RepresentativeTime
from dsgrid.time.table import PROFILE, grid_form_of


def divide(plan: Plan) -> Plan:
    """Decide what the contraction does, and what is left for later.

    It takes over a first sum, with the filters on records and time before it; without one it keeps the base resolution.

    Examples
    --------
    The query::

        [[where]]
        dimension = "year"
        equals = "2020"

        [[step]]
        by = ["county", "daily"]

        [[step]]
        function = "max"
        by = ["county"]

    becomes::

        contraction: where year.id in 2020, sum by county, daily
        afterwards: max by county
    """
    query = plan.query
    early = tuple(one for one in query.filters if not is_of_values(plan.project, one))
    late = len(early) < len(query.filters)
    first = query.steps[0] if query.steps else None
    converts_late = bool(query.output.unit) and (
        late or not isinstance(plan.combination, Leaf) or _is_scaled_temperature(plan)
    )
    moves = moves_of(plan.project, query, converts=converts_late)
    if (
        first is not None
        and first.function == "sum"
        and not (late or converts_late)
        and isinstance(plan.combination, Leaf)
        and not any(is_of_values(plan.project, one) for one in first.filters)
    ):
        return replace(plan, step=first, filters=(*early, *first.filters), moves=moves[len(first.filters) + 1 :])
    return replace(plan, filters=early, moves=moves, converts_late=converts_late)


def moves_of(project: Project, query: Query, *, converts: bool) -> tuple[Move, ...]:
    """Return everything that a query does to a table at the base level, where filters on records and time came before.

    Parameters
    ----------
    converts
        Whether the unit of the result, where it has one, is one of these things.
    """
    moves: list[Move] = [one for one in query.filters if is_of_values(project, one)]
    if converts and query.output.unit:
        moves.append(ToUnit(query.output.unit))
    for step in query.steps:
        moves += [*step.filters, step]
    return (*moves, *query.output.filters)


def _is_scaled_temperature(plan: Plan) -> bool:
    """Tell whether a temperature is multiplied: twice 10 degC is 20 degC in any unit, which is not twice 50 degF."""
    if not is_temperature(plan.query.output.unit or ""):
        return False
    scaled = len(plan.sources) == 1 and plan.sources[0].scale != 1.0
    return scaled or bool(plan.query.adjustments) or any(source.multipliers for source in plan.sources)


def choose_columns(plan: Plan) -> Plan:
    """Resolve the names that the contraction keeps.

    Where timestamps are told on the clocks of geographies, columns beside them say which clock that is.

    Examples
    --------
    The query::

        [[step]]
        by = ["state", "hours"]

        [result]
        zone = "geography"

    has the columns::

        state, hours, time_zone, utc_offset
    """
    chosen = _named(plan) if plan.step is not None else base_columns(plan)
    columns = with_zones(plan, chosen, plan.node)
    asked = () if plan.step is None else chosen
    hidden = hidden_columns(plan, columns) if plan.followed else ()
    return replace(plan, asked=asked, columns=(*columns, *hidden), hidden=frozenset(column.name for column in hidden))


def hidden_columns(plan: Plan, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return the columns of time that moves need later: only as long as there are slots is known what they are."""
    if not any(column.type == TIME for column in columns):
        return ()
    known = known_columns(plan.project)
    wanted = []
    for move in plan.moves:
        for name in _named_by(move):
            column = known.get(name)
            if column is not None and column.type == TIME:
                wanted += [one for one in parts_of(plan.project, column) if _is_known(plan, one)]
    if is_wall(plan) and any(is_stamp(plan, column) for column in (*columns, *wanted)):
        wanted += [Column(name, TIME, "time", word=name) for name in clock_columns(plan)]
    taken = {column.name for column in columns}
    return tuple(column for column in dict.fromkeys(wanted) if column.name not in taken)


def _named_by(move: Move) -> tuple[str, ...]:
    if isinstance(move, Step):
        return move.by
    return (move.dimension,) if isinstance(move, Filter) and move.dimension is not None else ()


def _is_known(plan: Plan, column: Column) -> bool:
    return column.word == SLOT or column.word in known_words(plan.time)


def _named(plan: Plan) -> tuple[Column, ...]:
    step = plan.step
    assert step is not None
    problems: list[Problem] = []
    columns: list[Column] = []
    for index, name in enumerate(step.by):
        node = step.node["by"][index]
        column = named_column(plan.project, name)
        if isinstance(column, str):
            problems.append(node.problem(column))
            continue
        problems.extend(node.problem(text) for text in _unreachable(plan, column))
        for one in parts_of(plan.project, column):
            if any(chosen.name == one.name for chosen in columns):
                problems.append(node.problem(f'"{one.name}" is named twice'))
            columns.append(one)
    if problems:
        raise SpecError(problems)
    return tuple(columns)


def parts_of(project: Project, column: Column) -> tuple[Column, ...]:
    """Return the columns that a name stands for: the time of a project of typical periods has several."""
    if column.word != SLOT or not isinstance(project.time, RepresentativeTime):
        return (column,)
    chosen = [WORD_OF_PART[part] for part in project.time.by]
    return tuple(Column(word, TIME, "time", word=word) for word in chosen)


def clock_columns(plan: Plan) -> tuple[str, ...]:
    """Return the names of the columns that say which clock a wall-clock timestamp is of."""
    return (TIME_ZONE,) if grid_form_of(plan.time) == PROFILE else (TIME_ZONE, UTC_OFFSET)


def with_zones(plan: Plan, columns: tuple[Column, ...], node: Node) -> tuple[Column, ...]:
    """Return columns with those beside wall-clock timestamps that say where a clock shows them."""
    stamps = [index for index, column in enumerate(columns) if column.type == TIME and is_stamp(plan, column)]
    if not is_wall(plan) or not stamps:
        return columns
    added = clock_columns(plan)
    taken = [column.name for column in columns if column.name in added]
    if taken:
        at = node.get("by") or node
        raise SpecError(at.problem(f'"{taken[0]}" is the name of the column that says where a clock shows the time'))
    after = stamps[-1] + 1
    return (*columns[:after], *(Column(name, TIME, "time", word=name) for name in added), *columns[after:])


def known_columns(project: Project) -> dict[str, Column]:
    """Return every name that `by` may hold."""
    known = {word: Column(word, TIME, "time", word=word) for word in TIME_WORDS}
    known[project.time.name] = Column(project.time.name, TIME, "time", word=SLOT)
    for base in project.base:
        known[base.name] = Column(base.name, base.type, "base", base, of=base.name)
    for supplemental in project.supplemental:
        dimension = supplemental.dimension
        known[dimension.name] = Column(
            dimension.name, dimension.type, "supplemental", dimension, supplemental.mapping, of=supplemental.of
        )
    return known


def named_column(project: Project, name: str) -> Column | str:
    """Return the column that a name in `by` stands for; as text what is wrong with the name."""
    known = known_columns(project)
    if name in known:
        return known[name]
    if MARK in name:
        return attribute_column(name, known)
    return f'no dimension "{name}" in project {project.id}{_name_hint(name, project, known)}'


def base_columns(plan: Plan) -> tuple[Column, ...]:
    """Return one column per base dimension that the sources map to, and the project's time."""
    problems = []
    columns = []
    for type_ in RECORD_TYPES:
        bases = {source.submission.mappings[type_].base: source.dataset.id for source in plan.sources}
        if len(bases) > 1:
            text = ", ".join(f"{dataset} maps to {base}" for base, dataset in bases.items())
            problems.append(
                plan.query.members_node.problem(
                    f"the datasets map to different {type_} dimensions ({text}); query them one by one"
                )
            )
            continue
        (name,) = bases
        dimension = next(base for base in plan.project.base if base.name == name)
        columns.append(Column(name, type_, "base", dimension, of=name))
    if problems:
        raise SpecError(problems)
    if all(isinstance(source.dataset.time, NoTime) for source in plan.sources):
        return tuple(columns)
    return (*columns, *parts_of(plan.project, Column(plan.project.time.name, TIME, "time", word=SLOT)))


def _unreachable(plan: Plan, column: Column) -> list[str]:
    if column.type == TIME:
        return []
    return [
        f'"{column.name}" belongs to base dimension "{column.of}", but dataset {source.dataset.id} maps to "{base}"'
        for source in plan.sources
        if (base := source.submission.mappings[column.type].base) != column.of
    ]


def _name_hint(name: str, project: Project, known: dict[str, Column]) -> str:
    """Return what may have been meant by a name that is none."""
    for subset in project.subsets:
        for selector in subset.selectors:
            if selector.name == name:
                has_supplemental = subset.name in known
                cure = f'use "{subset.name}"' if has_supplemental else "use a [[where]] with it"
                return f'; "{name}" is a selector of subset "{subset.name}": {cure}'
    return did_you_mean(name, known)
