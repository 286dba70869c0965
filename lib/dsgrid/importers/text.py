"""The text of a configuration file: JSON or JSON5, its values, and the line of each."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from dsgrid.errors import NotFoundError, Problem, SpecError, UsageError

KeyPath = tuple[str | int, ...]

# Deeper than any configuration, and less deep than what the readers' recursion can take.
_DEEPEST: Final = 60


@dataclass(frozen=True)
class Text:
    """The text of a file.

    Lines are looked up only when something is to be said about a value: finding them takes longer than reading all.
    """

    file: Path
    text: str = field(repr=False)

    @classmethod
    def read(cls, file: Path) -> Text:
        """Read a file; a mark of byte order is no part of its text.

        Raises
        ------
        NotFoundError
            If it is not there, or must not be read.
        SpecError
            If it is no text.
        """
        if not file.is_file():
            raise NotFoundError(Problem("the file does not exist", where=str(file)))
        try:
            return cls(file, file.read_text(encoding="utf-8-sig"))
        except UnicodeDecodeError:
            raise SpecError(Problem("this is no text in UTF-8", where=str(file))) from None
        except OSError as error:
            raise NotFoundError(Problem(f"the file cannot be read: {error.strerror}", where=str(file))) from None

    @cached_property
    def value(self) -> Any:
        """What the text says, as plain values; numbers that are not finite are null, as no configuration means them.

        JSON is tried first: it is a part of JSON5, and its reader is some hundred times faster.
        """
        try:
            return json.loads(self.text, parse_float=_finite, parse_constant=lambda _: None)
        except (json.JSONDecodeError, RecursionError):
            return _plain(self._model, self.file)

    def line(self, path: KeyPath) -> int:
        """Return the line of a value: of its key, or of the nearest one above it; 0 where none is known."""
        for length in range(len(path), -1, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return 0

    def twins(self) -> tuple[KeyPath, ...]:
        """Return the keys that an object has more than once; the last one counts."""
        try:
            paths = [path for path, _ in _places(self._model)]
        except (SpecError, UsageError):
            return ()
        return tuple(dict.fromkeys(path for index, path in enumerate(paths) if path in set(paths[:index])))

    @cached_property
    def _lines(self) -> dict[KeyPath, int]:
        try:
            return dict(_places(self._model))
        except (SpecError, UsageError):
            # JSON that the other reader does not take, or no such reader: places are named without lines.
            return {}

    @cached_property
    def _model(self) -> Any:
        try:
            from json5.parser import parse_source
        except ImportError:
            message = "reading JSON5 needs the package json-five: pip install 'dsgrid[import]'"
            raise UsageError(Problem(message, where=str(self.file))) from None
        try:
            return parse_source(self.text).value
        except RecursionError:
            raise SpecError(Problem("values are nested too deep", where=str(self.file))) from None
        except ValueError as error:
            raise SpecError(_no_json5(str(error), self.file)) from None


def _no_json5(said: str, file: Path) -> Problem:
    """Return what is wrong with a text, in one line, and where."""
    at = re.search(r"line (\d+) column (\d+)", said)
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith(("There were", "The "))]
    what = re.sub(r"\s*(in or near token|at:? line|Was expecting|Unexpected EOF at).*", "", " ".join(lines[:1]))
    where = f"{file}:{at[1]}:{at[2]}" if at else str(file)
    return Problem(f"this is no JSON5: {what.rstrip('. ') or 'it ends too early'}", where=where)


def _places(node: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, int]]:
    """Yield the key path and the line of every value, in the order of the text."""
    if not path:
        yield (), node.lineno or 1
    if len(path) < _DEEPEST:
        for key, line, child in _children(node):
            yield (*path, key), line
            yield from _places(child, (*path, key))


def _children(node: Any) -> Iterator[tuple[str | int, int, Any]]:
    """Yield the children of an object or a list: key, line and value."""
    if hasattr(node, "key_value_pairs"):
        for key, child in node.key_value_pairs:
            yield _text(key), key.lineno or 0, child
    elif type(node).__name__ == "JSONArray":
        for number, child in enumerate(node.values):
            yield number, child.lineno or 0, child


def _text(node: Any) -> str:
    return str(node.name if hasattr(node, "name") else node.characters)


def _plain(node: Any, file: Path, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        raise SpecError(Problem("values are nested too deep", where=str(file)))
    kind = type(node).__name__
    if kind == "JSONObject":
        return {str(key): _plain(child, file, depth + 1) for key, _, child in _children(node)}
    if kind == "JSONArray":
        return [_plain(child, file, depth + 1) for _, _, child in _children(node)]
    if hasattr(node, "characters"):
        return _text(node)
    if kind == "UnaryOp":
        value = _plain(node.value, file, depth + 1)
        return -value if node.op == "-" and value is not None else value
    if kind in ("NullLiteral", "NaN", "Infinity"):
        return None
    return _finite(node.value) if kind == "Float" else node.value


def _finite(written: str | float) -> float | None:
    value = float(written)
    return value if math.isfinite(value) else None
