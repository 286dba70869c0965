"""Say what is wrong with a text that is no TOML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from dsgrid.errors import Problem, SpecError
from dsgrid.spec.node import Source, key_path
from dsgrid.spec.positions import scan_broken

DEEPEST: Final = 50
# Of a spec that came from somewhere else.
MOST: Final = 50_000
_ODD: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

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
    except ValueError:
        raise SpecError(Problem("a number has too many digits, or a date is none", source.name)) from None


def refuse_odd(values: dict[str, Any], source: Source) -> None:
    """Refuse what no spec has: tables that are too deep in each other, and in what others sent much more than fits.

    Raises
    ------
    SpecError
        When there is such a thing.
    """
    level: list[Any] = [values]
    count = 0
    for _ in range(DEEPEST):
        if source.fence is not None:
            count += sum(len(value) for value in level)
            _refuse_odd_texts(level, source)
        if count > MOST:
            message = f"the spec has more than {MOST:,} values; tables of that size are files, which it names"
            raise SpecError(Problem(message, source.name))
        level = [
            child
            for value in level
            for child in (value.values() if isinstance(value, dict) else value)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return
    raise SpecError(Problem("arrays and tables are nested too deeply", source.name))


def _refuse_odd_texts(level: list[Any], source: Source) -> None:
    for value in level:
        if isinstance(value, dict) and (key := next((key for key in value if not key.isprintable()), None)) is not None:
            raise SpecError(Problem(f"a key has a character that cannot be seen: {key[:80]!a}", source.name))
        for text in value.values() if isinstance(value, dict) else value:
            if isinstance(text, str) and (found := _ODD.search(text)):
                raise SpecError(Problem(f"a text has a character that no text has, {found[0]!a}", source.name))


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
