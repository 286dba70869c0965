"""Turn the query's expression into sources with scales, and into what is left of it when sums are taken out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from dsgrid.errors import SpecError
from dsgrid.query.combination import Agreement, Combination, Combined, Leaf, Shifted
from dsgrid.query.expression import Expression, Number, Operand
from dsgrid.query.plan import Plan
from dsgrid.query.source import Source


def combine(plan: Plan) -> Plan:
    """Set the scales and leaves of the sources, the combination of the leaves, and which keys have to agree.

    A member that the expression names twice becomes two sources. ``a | b * 1.05 - c`` is one leaf of three sources with
    the scales 1, 1.05 and -1; ``a * b`` is two leaves.

    Examples
    --------
    The query::

        overlap = "sum"
        expression = "(homes | flats * 1.05) / shops"

    becomes::

        leaf 0: homes * 1, flats * 1.05
        leaf 1: shops * 1
        leaf 0 / leaf 1
    """
    builder = _Builder(plan, {str(source.member.name): source for source in plan.sources if source.member})
    found = builder.build(plan.query.expression)
    if isinstance(found, float):
        raise SpecError(plan.query.members_node.problem("the expression is only a number"))
    combination = builder.leaf(found) if isinstance(found, _Linear) else found.combination
    sources = tuple(builder.sources)
    return replace(plan, sources=sources, combination=combination, agreements=tuple(builder.agreements))


@dataclass(frozen=True)
class _Linear:
    """Sources that are added up."""

    sources: tuple[int, ...]


@dataclass(frozen=True)
class _Node:
    """A table that is not only a sum, and the sources whose keys it has."""

    combination: Combination
    sources: tuple[int, ...]


_Value = float | _Linear | _Node
_NUMBERS: Final[dict[str, Callable[[float, float], float]]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
}


@dataclass
class _Builder:
    plan: Plan
    by_name: dict[str, Source]
    sources: list[Source] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    leaves: int = 0

    def build(self, expression: Expression) -> _Value:
        if isinstance(expression, Number):
            return expression.value
        if isinstance(expression, Operand):
            self.sources.append(self.by_name[expression.name])
            return _Linear((len(self.sources) - 1,))
        left, right = self.build(expression.left), self.build(expression.right)
        operator = expression.operator
        if isinstance(left, float) and isinstance(right, float):
            return self._of_numbers(operator, left, right)
        if isinstance(left, float):
            assert not isinstance(right, float)
            return self._number_first(operator, left, right)
        if isinstance(right, float):
            return self._number_last(operator, left, right)
        return self._of_tables(operator, left, right)

    def _problem(self, text: str) -> SpecError:
        return SpecError(self.plan.query.members_node.problem(text))

    def _of_numbers(self, operator: str, left: float, right: float) -> float:
        if operator == "|":
            raise self._problem("a number has no rows that a union could hold")
        if operator == "/" and right == 0:
            raise self._problem("the expression divides by 0")
        return _NUMBERS[operator](left, right)

    def _number_first(self, operator: str, number: float, table: _Linear | _Node) -> _Value:
        if operator == "*":
            return self._scaled(table, number)
        if operator == "/":
            return self._shifted(table, number, 0.0, inverse=True)
        if operator == "|":
            raise self._problem("a number has no rows that a union could hold")
        return self._shifted(table, 1.0 if operator == "+" else -1.0, number)

    def _number_last(self, operator: str, table: _Linear | _Node, number: float) -> _Value:
        if operator == "*":
            return self._scaled(table, number)
        if operator == "/":
            if number == 0:
                raise self._problem("the expression divides by 0")
            return self._scaled(table, 1 / number)
        if operator == "|":
            raise self._problem("a number has no rows that a union could hold")
        return self._shifted(table, 1.0, number if operator == "+" else -number)

    def _of_tables(self, operator: str, left: _Linear | _Node, right: _Linear | _Node) -> _Value:
        fill, query = self.plan.query.fill, self.plan.query
        if (operator == "|" and query.overlap == "error") or (operator != "|" and not fill):
            self.agreements.append(Agreement(operator, left.sources, right.sources))
        both = (*left.sources, *right.sources)
        if isinstance(left, _Linear) and isinstance(right, _Linear) and operator in "|+-":
            if operator == "-":
                self._scaled(right, -1.0)
            return _Linear(both)
        combined = Combined(operator, self._combination(left), self._combination(right), fill)
        return _Node(combined, both)

    def _scaled(self, table: _Linear | _Node, number: float) -> _Value:
        if isinstance(table, _Node):
            return self._shifted(table, number, 0.0)
        for index in table.sources:
            self.sources[index] = replace(self.sources[index], scale=self.sources[index].scale * number)
        return table

    def _shifted(self, table: _Linear | _Node, scale: float, offset: float, inverse: bool = False) -> _Node:
        return _Node(Shifted(self._combination(table), scale, offset, inverse), table.sources)

    def _combination(self, table: _Linear | _Node) -> Combination:
        return table.combination if isinstance(table, _Node) else self.leaf(table)

    def leaf(self, table: _Linear) -> Leaf:
        """Give the sources a leaf of their own."""
        number = self.leaves
        self.leaves += 1
        for index in table.sources:
            self.sources[index] = replace(self.sources[index], leaf=number)
        return Leaf(number)
