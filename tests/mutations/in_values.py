"""Edits of the values of a configuration: what a typo, a habit, or another version of the system makes of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final

from tests.mutations.edit import Change, Edit
from tests.mutations.tree import CONFIGURATIONS, Tree, document

KeyPath = tuple[str | int, ...]

# What says nothing there: the existing system keeps it for itself, or it is as good as absent.
_SILENT: Final = ("module", "file_hash", "id", "version", "status", "dimension_id", "mapping_id", "archetype")
_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {}, False)

VALUES: Final[tuple[tuple[str, Callable[[], Any]], ...]] = (
    ("null", lambda: None),
    ("an empty text", lambda: ""),
    ("an empty list", list),
    ("an empty object", dict),
    ("true", lambda: True),
    ("false", lambda: False),
    ("zero", lambda: 0),
    ("a negative number", lambda: -1),
    ("a fraction", lambda: 0.1),
    ("a huge number", lambda: 10**30),
    ("more digits than a number may have", lambda: Raw("9" * 5000)),
    ("more than the largest float", lambda: Raw("1e400")),
    ("not a number", lambda: float("nan")),
    ("infinity", lambda: float("-inf")),
    ("a text", lambda: "something else"),
    ("a text of digits", lambda: "0017"),
    ("blanks", lambda: "  \t "),
    ("a long text", lambda: "x" * 100_000),
    ("letters of other scripts", lambda: "Ünï-код-数据-🗺\u200f\u0301"),
    ("half a letter", lambda: Raw('"\\ud800"')),
    ("a null character", lambda: "a\0b"),
    ("lines", lambda: "one\ntwo\r\nthree\u2028four"),
    ("quotes", lambda: "\"'''\"\"\" = [x] # \\"),
    ("a path upwards", lambda: "../../../../.."),
    ("the folder itself", lambda: "."),
    ("a path from the root", lambda: "/dev/null"),
    ("a device that never ends", lambda: "/dev/zero"),
    ("a place in a cloud", lambda: "s3://bucket/table.parquet"),
    ("a name that is too long", lambda: "n" * 300 + ".csv"),
    ("a list of a number", lambda: [1]),
    ("a list of nulls", lambda: [None, None]),
    ("a list of lists", lambda: [[["a"]]]),
    ("a list of objects", lambda: [{}, {"name": "a"}]),
    ("a list of texts", lambda: ["a", "a", ""]),
    ("an object", lambda: {"name": "a", "type": "geography"}),
    ("an object of objects", lambda: {"": {"": {"": None}}}),
    ("nested values", lambda: _nested(40)),
    ("values nested too deep", lambda: Raw("[" * 900 + "]" * 900)),
)  # fmt: skip

# Names that keys had over the years, and ones that other tools use.
_OTHER_NAMES: Final = (
    ("file", "filename"), ("type", "dimension_type"), ("class", "class_name"), ("name", "dimension_query_name"),
    ("timezone", "time_zone"), ("name", "display_name"), ("data_layout", "data_schema"), ("file", "path"),
    ("project_base_dimension_name", "base_dimension_name"), ("time_zone_format", "datetime_format"),
    ("dimension_name", "dimension_query_name"), ("records", "data"), ("dataset_id", "id"),
)  # fmt: skip


class Raw:
    """A value that is written as it is."""

    def __init__(self, text: str) -> None:
        self.text = text


class _Pairs(list[tuple[str, Any]]):
    """An object whose keys may be there more than once."""


def _nested(depth: int) -> Any:
    value: Any = "deep"
    for number in range(depth):
        value = [value] if number % 2 else {"a": value}
    return value


def written(value: Any, indent: str = "") -> str:
    """Return JSON, with the values of this module."""
    inner = indent + " "
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        value = _Pairs(value.items())
    if isinstance(value, _Pairs):
        pairs = [f"{inner}{json.dumps(key, ensure_ascii=False)}: {written(child, inner)}" for key, child in value]
        return "{\n" + ",\n".join(pairs) + f"\n{indent}}}" if pairs else "{}"
    if isinstance(value, list):
        children = [f"{inner}{written(child, inner)}" for child in value]
        return "[\n" + ",\n".join(children) + f"\n{indent}]" if children else "[]"
    return json.dumps(value, ensure_ascii=False)


def paths(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the places of a document."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from paths(child, (*path, key))


def at(value: Any, path: KeyPath) -> Any:
    for key in path:
        value = value[key]
    return value


def shown(path: KeyPath) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def walk(value: Any, random: Random, wanted: type = object) -> KeyPath | None:
    """Return a place below the top: near the top as often as deep inside, however long the lists are there."""
    path: KeyPath = ()
    found: list[KeyPath] = []
    while isinstance(value, (dict, list)) and value:
        key = random.choice(list(value) if isinstance(value, dict) else range(len(value)))
        path, value = (*path, key), value[key]
        if isinstance(value, wanted):
            found.append(path)
    return random.choice(found) if found else None


def _in_a_document(change: Callable[[Any, Random], tuple[Any, Edit] | None]) -> Change:
    """Return a change of one configuration of a tree; the edit is told without its file."""

    def edit(tree: Tree, random: Random) -> Edit | None:
        configurations = tree.named(*CONFIGURATIONS)
        if not configurations:
            return None
        file = random.choice(configurations)
        found = document(tree.files[file])
        done = None if found is None else change(copy.deepcopy(found), random)
        if done is None:
            return None
        value, what = done
        tree.files[file] = written(value).encode("utf-8", "surrogatepass")
        return Edit(what.what, file, what.place, what.names, what.tells)

    return edit


def _replaced(root: Any, path: KeyPath, value: Any) -> Any:
    if not path:
        return value
    at(root, path[:-1])[path[-1]] = value
    return root


def _means(path: KeyPath, value: Any) -> bool:
    """Tell whether a value says something that has to be found again."""
    keys = [key for key in path if isinstance(key, str)]
    return value not in _EMPTY and not any(key in _SILENT for key in keys)


def _with_another(root: Any, random: Random) -> tuple[Any, Edit] | None:
    path = walk(root, random)
    if path is None:
        return None
    what, make = random.choice(VALUES)
    before, value = at(root, path), make()
    same = isinstance(value, Raw) or type(before) is type(value)
    edit = Edit(f"is {what}", "", shown(path), tells=_means(path, before) and not same)
    return _replaced(root, path, value), edit


def _without(root: Any, random: Random) -> tuple[Any, Edit] | None:
    path = walk(root, random)
    if path is None:
        return None
    before = at(root, path)
    del at(root, path[:-1])[path[-1]]
    return root, Edit("is deleted", "", shown(path), tells=_means(path, before))


def _misspelt(root: Any, random: Random) -> tuple[Any, Edit] | None:
    """Rename a key: one letter more, less, or another, or other capitals."""
    path = walk(root, random)
    if path is None or isinstance(path[-1], int) or len(path[-1]) < 3:
        return None
    key = path[-1]
    position = random.randrange(len(key))
    new = random.choice(
        [key[:position] + key[position + 1 :], f"{key}s", f"{key[:position]}q{key[position:]}", key.upper(), f" {key}"]
    )
    return _renamed(root, path, new, f"is called {new!r}")


def _called_otherwise(root: Any, random: Random) -> tuple[Any, Edit] | None:
    """Rename a key to one of its names of other years, or to the name of something else."""
    names = {old: new for pair in _OTHER_NAMES for old, new in (pair, pair[::-1])}
    found = [path for path in paths(root) if path and path[-1] in names]
    if not found:
        return None
    path = random.choice(found)
    edit = _renamed(root, path, names[path[-1]], f"is called {names[path[-1]]!r}")
    return edit and (edit[0], Edit(edit[1].what, "", edit[1].place))


def _renamed(root: Any, path: KeyPath, new: str, what: str) -> tuple[Any, Edit] | None:
    owner, key = at(root, path[:-1]), path[-1]
    if new in owner:
        return None
    tells = _means(path, owner[key])
    pairs = [(new if each == key else each, child) for each, child in owner.items()]
    owner.clear()
    owner.update(pairs)
    return root, Edit(what, "", shown(path), tells=tells)


def _unknown_key(root: Any, random: Random) -> tuple[Any, Edit] | None:
    """Add a key that nobody knows."""
    path = walk(root, random, dict) or ()
    at(root, path)["zebra_key"] = random.choice(["a", 1, True, [1], {"a": 1}])
    return root, Edit("has an unknown key", "", shown(path), names="zebra_key", tells=True)


def _twice(root: Any, random: Random) -> tuple[Any, Edit] | None:
    """Write a key twice, or repeat an item of a list."""
    path = walk(root, random)
    if path is None:
        return None
    owner, key = at(root, path[:-1]), path[-1]
    if isinstance(owner, list):
        owner.insert(key, copy.deepcopy(owner[key]))
        return root, Edit("is there twice", "", shown(path))
    pairs = _Pairs(owner.items())
    pairs.insert(0, (key, random.choice(["another", owner[key]])))
    return _replaced(root, path[:-1], pairs), Edit("is written twice", "", shown(path), names=key, tells=True)


def _swapped(root: Any, random: Random) -> tuple[Any, Edit] | None:
    """Exchange two values."""
    one, other = walk(root, random), walk(root, random)
    if one is None or other is None or one[: len(other)] == other or other[: len(one)] == one:
        return None
    first, second = at(root, one), at(root, other)
    _replaced(root, one, second)
    _replaced(root, other, first)
    return root, Edit(f"is exchanged with {shown(other)}", "", shown(one))


def _wrapped(root: Any, random: Random) -> tuple[Any, Edit] | None:
    """Put a value into a list or an object, or take the only one out: the forms that lists of one have."""
    path = walk(root, random)
    if path is None:
        return None
    value = at(root, path)
    if isinstance(value, list) and len(value) == 1:
        return _replaced(root, path, value[0]), Edit("is out of its list", "", shown(path))
    wrap = random.choice(
        [lambda: [value], lambda: {"record_ids": value}, lambda: {"format_type": value}, lambda: str(value)]
    )
    new = wrap()
    return _replaced(root, path, new), Edit(f"is {'text' if new.__class__ is str else 'wrapped'}", "", shown(path))


def _numbers_for_texts(root: Any, random: Random) -> tuple[Any, Edit] | None:
    """Write ids without their quotes."""
    found = [path for path in paths(root) if isinstance(at(root, path), str) and at(root, path).isdigit()]
    if not found:
        return None
    path = random.choice(found)
    return _replaced(root, path, int(at(root, path))), Edit("is a number", "", shown(path))


def _shuffled(root: Any, random: Random) -> tuple[Any, Edit] | None:
    path = walk(root, random, list)
    if path is None:
        return None
    random.shuffle(at(root, path))
    return root, Edit("is in another order", "", shown(path))


def _other_value(root: Any, random: Random) -> tuple[Any, Edit] | None:
    """Take a value of the same kind from another place of the file."""
    path = walk(root, random, str)
    found = [at(root, each) for each in paths(root) if isinstance(at(root, each), str)]
    if path is None:
        return None
    value = random.choice(found)
    tells = _means(path, at(root, path)) and value != at(root, path)
    return _replaced(root, path, value), Edit(f"is {value[:40]!r}", "", shown(path), tells=tells)


CHANGES: Final[tuple[Change, ...]] = tuple(
    _in_a_document(change)
    for change in (
        *(_with_another,) * 5, *(_without,) * 3, *(_misspelt,) * 2, *(_unknown_key,) * 2, _called_otherwise, _twice,
        _swapped, _wrapped, _numbers_for_texts, _shuffled, _other_value,
    )
)  # fmt: skip
