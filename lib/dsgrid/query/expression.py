"""Expressions over datasets: ``a | b * 1.05``, parsed into frozen values.

``*`` and ``/`` bind closer than ``+`` and ``-``, these closer than ``|`` (the union). Operators of one rank go from
left to right, parentheses as ever.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

OPERATORS: Final = ({"|"}, {"+", "-"}, {"*", "/"})  # the ranks, the loosest first
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*(?:@\d+(?:\.\d+){0,2})?)"
    r"|(?P<sign>[-+*/|()]))"
)


@dataclass(frozen=True)
class Operand:
    """A member of the query, by its name."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Number:
    """A plain number."""

    value: float

    def __str__(self) -> str:
        return f"{self.value:g}"


@dataclass(frozen=True)
class Operation:
    """Two expressions and what is between them."""

    operator: str
    left: Expression
    right: Expression

    def __str__(self) -> str:
        return f"({self.left} {self.operator} {self.right})"


Expression = Operand | Number | Operation


class ExpressionError(ValueError):
    """What is wrong with the text of an expression."""


def parse_expression(text: str) -> Expression:
    """Return the expression that a text writes.

    Raises
    ------
    ExpressionError
        If it is none, or only a number.

    Examples
    --------
    >>> str(parse_expression("homes | shops * 1.05 - 2 * (trade + traffic@1)"))
    '(homes | ((shops * 1.05) - (2 * (trade + traffic@1))))'
    """
    tokens = list(_tokens(text))
    found, rest = _ranked(tokens, 0)
    if rest:
        raise ExpressionError(f'"{rest[0]}" does not belong there')
    if not list(operands(found)):
        raise ExpressionError("no dataset is named")
    return found


def operands(expression: Expression) -> Iterator[str]:
    """Return the names of the members, in the order of the text; one that occurs twice comes twice."""
    if isinstance(expression, Operand):
        yield expression.name
    elif isinstance(expression, Operation):
        yield from operands(expression.left)
        yield from operands(expression.right)


def union(names: Sequence[str]) -> Expression:
    """Return the union of members."""
    parts: list[Expression] = [Operand(name) for name in names]
    return reduce(lambda left, right: Operation("|", left, right), parts)


def _tokens(text: str) -> Iterator[str]:
    position = 0
    while text[position:].strip():
        found = _TOKEN.match(text, position)
        if found is None:
            raise ExpressionError(f'"{text[position:].strip()[0]}" is no operator; there are + - * / | and parentheses')
        yield found.group(found.lastgroup or 0)
        position = found.end()


def _ranked(tokens: list[str], rank: int) -> tuple[Expression, list[str]]:
    if rank == len(OPERATORS):
        return _single(tokens)
    left, rest = _ranked(tokens, rank + 1)
    while rest and rest[0] in OPERATORS[rank]:
        operator = rest[0]
        right, rest = _ranked(rest[1:], rank + 1)
        left = Operation(operator, left, right)
    return left, rest


def _single(tokens: list[str]) -> tuple[Expression, list[str]]:
    if not tokens:
        raise ExpressionError("it ends where a dataset, a number or a parenthesis is expected")
    first, rest = tokens[0], tokens[1:]
    if first == "(":
        inner, rest = _ranked(rest, 0)
        if not rest or rest[0] != ")":
            raise ExpressionError('a ")" is missing')
        return inner, rest[1:]
    if first == "-":
        inner, rest = _single(rest)
        return Operation("*", Number(-1.0), inner), rest
    if first[0].isdigit() or first[0] == ".":
        if not math.isfinite(float(first)):
            raise ExpressionError(f"{first} is too large a number")
        return Number(float(first)), rest
    if first[0].isalpha() or first[0] == "_":
        return Operand(first), rest
    raise ExpressionError(f'a dataset, a number or a parenthesis is expected before "{first}"')
