"""Say what is wrong with a text that is no TOML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dsgrid.errors import Problem, SpecError
from dsgrid.spec.node import Source, key_path
from dsgrid.spec.positions import scan_broken

if TYPE_CHECKING:
    from tomli import TOMLDecodeError


def parse(source: Source) -> dict[str, Any]:
    """Return the values of a TOML text.

    Raises
    ------
    SpecError
        When it is no TOML, with the line in question.
    """
    import tomli

    try:
        return tomli.loads(source.text)
    except tomli.TOMLDecodeError as error:
        raise SpecError(_problem(source, error)) from None
    except RecursionError:
        raise SpecError(Problem("arrays and tables are nested too deeply", source.name)) from None


def wrapped_tables(source: Source) -> list[Problem]:
    """Return a problem for every inline table over several lines: newer TOML, which most editors refuse."""
    problems = []
    for offset in source.positions.wrapped:
        line, column = source.positions.line_and_column(offset)
        message = "an inline table { } has to stay on one line; write a [table] or [[table]] instead"
        problems.append(Problem(message, f"{source.name}:{line}:{column}"))
    return problems


def _problem(source: Source, error: TOMLDecodeError) -> Problem:
    positions = scan_broken(source.text)
    twice = re.match(r"Cannot (overwrite|declare|mutate)|Duplicate", error.msg)
    if twice and positions.repeated:
        path, first, second = positions.repeated[0]
        line, column = positions.line_and_column(second)
        message = f"is there twice; the first is in line {positions.line_and_column(first)[0]}"
        return Problem(message, f"{source.name}:{line}:{column}", key_path(path), _excerpt(source.text, line, column))
    line, column = error.lineno, error.colno
    return Problem(
        f"no valid TOML: {_message(error.msg, source.text, line, column)}",
        f"{source.name}:{line}:{column}",
        detail=_excerpt(source.text, line, column),
    )


def _message(message: str, text: str, line: int, column: int) -> str:
    rest = text.split("\n")[line - 1][column - 1 :]
    if message == "Invalid value":
        word = re.match(r"[^\s,\]}#]+", rest)
        if word and word.group() in ("True", "False"):
            return f"found {word.group()}, expected {word.group().lower()}"
        if word:
            return f'found {word.group()}, expected a value; texts need quotes: "{word.group()}"'
        return "expected a value"
    if message.startswith("Illegal character '\\n'"):
        return "the line ends inside a string; its closing quote is missing"
    message = message.removesuffix(".")
    return message[:1].lower() + message[1:]


def _excerpt(text: str, line: int, column: int) -> str:
    lines = text.split("\n")
    if line > len(lines):
        return ""
    return f"    {lines[line - 1]}\n    {' ' * (column - 1)}^"
