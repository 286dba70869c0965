"""The text of a configuration file: JSON or JSON5, its values, and the line of each."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from dsgrid.errors import NotFoundError, Problem, SpecError, UsageError

KeyPath = tuple[str | int, ...]

# Deeper than any configuration, and less deep than what the readers' recursion can take.
_DEEPEST: Final = 60
# Bits of a whole number that can still be written down in digits.
_LONGEST: Final = 14_000
# Letters beyond the first 65,536 are escaped as two halves.
_ESCAPED_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|.))", re.DOTALL)
_ESCAPED: Final = {
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "0": "\0",
    **dict.fromkeys(("\r\n", "\n", "\r", "\u2028", "\u2029"), ""),
}


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
            value = json.loads(self.text, parse_float=_finite, parse_constant=lambda _: None)
        except (ValueError, RecursionError):
            value = _plain(self._model, self.file)
        if _is_deep(value):
            raise SpecError(Problem("values are nested too deep", where=str(self.file)))
        if _ESCAPED_HALF.search(self.text):
            self._refuse_halves(value)
        return value

    def _refuse_halves(self, value: Any) -> None:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            half = f"\\u{ord(error.object[error.start]):04x}"
            raise SpecError(Problem(f"{half} is half of a letter; no file can hold it", where=str(self.file))) from None

    def line(self, path: KeyPath) -> int:
        """Return the line of a value: of its key, or of the nearest one above it; 0 where none is known."""
        for length in range(len(path), -1, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return 0

    def twins(self) -> tuple[KeyPath, ...]:
        """Return the keys that an object has more than once; the last one counts."""
        if not self._may_have_twins():
            return ()
        try:
            found = Counter(path for path, _ in _places(self._model))
        except (SpecError, UsageError):
            return ()
        twins = {path for path, number in found.items() if number > 1}
        # What is in one of two objects is no twin of what is in the other.
        return tuple(
            path for path in found if path in twins and not any(path[:end] in twins for end in range(len(path)))
        )

    def _may_have_twins(self) -> bool:
        """Return whether they have to be looked for: plain JSON without any is known in no time."""
        objects: list[bool] = []
        try:
            json.loads(self.text, object_pairs_hook=lambda pairs: objects.append(len(dict(pairs)) < len(pairs)))
        except (ValueError, RecursionError):
            return True
        return any(objects)

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
    if said.startswith("Exceeds the limit"):
        return Problem("a number has thousands of digits", where=str(file))
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
    """Return a name or a text; this reader takes an escaped backslash before a ``u`` or an ``x`` for another escape."""
    if hasattr(node, "name"):
        return str(node.name)
    text = _ESCAPE.sub(_unescaped, node.raw_value[1:-1])
    # Both halves of a letter are one.
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else _ESCAPED.get(match[3], match[3])


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
    if isinstance(node.value, int) and node.value.bit_length() > _LONGEST:
        raise SpecError(Problem("a number has thousands of digits", where=f"{file}:{node.lineno or 1}"))
    return _finite(node.value) if kind == "Float" else node.value


def _is_deep(value: Any) -> bool:
    """Return whether values are nested deeper than in any configuration; without recursion, which has its own depth."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(_DEEPEST):
        level = [
            child
            for each in level
            for child in (each.values() if isinstance(each, dict) else each)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True


def _finite(written: str | float) -> float | None:
    value = float(written)
    return value if math.isfinite(value) else None
