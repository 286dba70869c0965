"""Long lists of the server, block by block, chosen and sorted there."""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from weakref import WeakKeyDictionary

from dsgrid.client.address import in_path
from dsgrid.client.failures import ChangedError
from dsgrid.errors import UsageError
from dsgrid.viewer.asking import Asking

# What grids may ask for. Their source comes from the browser, so it is looked at again.
_TABLES: Final = re.compile(
    r"/(dimensions|mappings|entries)/.+/records|/mappings/.+/sums"
    r"|/(projects|datasets|submissions|composites|dimensions|mappings|aliases|registrations)"
)
_RESULTS: Final = re.compile(r"/jobs/[0-9a-f]+/result(/results/[^/]+)?/table\.json")
_FIXED: Final = frozenset({"where", "search", "tag", "sort", "columns", "all_versions", "at", "side", "kind"})
_LARGEST: Final = 10_000  # rows of a page, as servers give them unless told otherwise
_SEARCHED: Final = ("/records", "/sums", "/projects", "/datasets", "/dimensions", "/mappings")
_KEPT: Final = 200  # lists of one user whose places are known

_SIGNS: Final[Mapping[str, str]] = {
    "equals": "=",
    "notEqual": "!=",
    "contains": "~",
    "notContains": "!~",
    "lessThan": "<",
    "lessThanOrEqual": "<=",
    "greaterThan": ">",
    "greaterThanOrEqual": ">=",
}


@dataclass(frozen=True)
class Source:
    """A list of the server.

    Parameters
    ----------
    path
        Below ``/v1``, with its names as they are (not quoted), such as ``/dimensions/conus/county@1.0.0/records``.
    params
        What is asked for besides what users filter and sort by.
    """

    path: str
    params: tuple[tuple[str, str], ...] = ()

    @property
    def is_result(self) -> bool:
        """Whether it is the table of a result, whose rows are chosen in other words."""
        return _RESULTS.fullmatch(self.path) is not None

    @property
    def is_searched(self) -> bool:
        """Whether the server looks for a text in it."""
        return self.path.endswith(_SEARCHED)


@dataclass(frozen=True)
class Block:
    """Some rows of a list.

    Parameters
    ----------
    rows
        Each a mapping from columns to cells.
    total
        Rows of the whole list, as it is chosen; None where nobody has counted them.
    is_last
        Whether nothing comes after them.
    is_changed
        Whether the list is another one than the one that earlier blocks are of.
    """

    rows: tuple[Mapping[str, Any], ...]
    total: int | None
    is_last: bool
    is_changed: bool = False


@dataclass
class _Known:
    """What is known of a list: how long it is, and cursors by the rows before them."""

    total: int | None
    cursors: dict[int, str]


_known: WeakKeyDictionary[Asking, OrderedDict[str, _Known]] = WeakKeyDictionary()
_lock: Final = threading.Lock()


def source_of(path: Any, params: Any = ()) -> Source:
    """Return a source as it came from a browser, if it is one that grids ask.

    Raises
    ------
    UsageError
        If it is not.
    """
    pairs = tuple((str(pair[0]), str(pair[1])) for pair in params or () if isinstance(pair, list | tuple))
    is_known = isinstance(path, str) and (_TABLES.fullmatch(path) or _RESULTS.fullmatch(path))
    if not is_known or any(name not in _FIXED for name, _ in pairs):
        raise UsageError(f'a grid shows no list "{str(path)[:100]}"')
    return Source(path, pairs)


def address_of(source: Source) -> str:
    """Return the path as it is sent."""
    return "/" + in_path(source.path.removeprefix("/"))


def choice_of(
    source: Source, filters: Mapping[str, Any] | None, order: Sequence[Mapping[str, Any]] | None, search: str | None
) -> tuple[tuple[str, str], ...]:
    """Return what the server is asked, from what a grid says.

    Parameters
    ----------
    filters, order
        The filter model and the sort model of an ag-grid.
    search
        A text that rows have to hold.
    """
    pairs = list(source.params)
    for column, model in (filters or {}).items():
        pairs += [("where", written) for written in conditions_of(str(column), model, source.is_result)]
    if order:
        names = [f"{'-' if each.get('sort') == 'desc' else ''}{each['colId']}" for each in order]
        pairs = [(name, value) for name, value in pairs if name != "sort"] + [("sort", ",".join(names))]
    if search and search.strip() and source.is_searched:
        pairs.append(("search", search.strip()))
    return tuple(pairs)


def conditions_of(column: str, model: Mapping[str, Any], is_result: bool = False) -> list[str]:
    """Return the conditions that the filter of one column says, as the server reads them.

    Examples
    --------
    >>> conditions_of("state", {"type": "contains", "filter": "C"})
    ['state ~ "C"']
    >>> conditions_of("households", {"type": "inRange", "filter": 5, "filterTo": 9})
    ['households >= "5"', 'households <= "9"']
    """
    kind = str(model.get("type", ""))
    if isinstance(model.get("conditions"), list):
        return [text for each in model["conditions"] for text in conditions_of(column, each, is_result)]
    if kind in ("blank", "notBlank"):
        return [f"{column} {'=' if kind == 'blank' else '!='}" + ("" if is_result else ' ""')]
    if kind == "inRange":
        return [
            f"{column} {sign} {_quoted(model[name], is_result)}"
            for sign, name in ((">=", "filter"), ("<=", "filterTo"))
            if model.get(name) is not None
        ]
    sign, value = _SIGNS.get(kind), model.get("filter")
    if sign is None or value is None:
        return []
    if is_result and sign in ("~", "!~"):
        value = f"(?i){re.escape(str(value))}"
    return [f"{column} {sign} {_quoted(value, is_result)}"]


def _quoted(value: Any, is_result: bool) -> str:
    text = str(value)
    if is_result and isinstance(value, int | float):
        return text
    # Only the quotes at both ends are taken off again, so those inside may stay as they are, but not in questions.
    mark = "'" if is_result and '"' in text else '"'
    return f"{mark}{text}{mark}"


def block(asking: Asking, source: Source, choice: Sequence[tuple[str, str]], start: int, end: int) -> Block:
    """Return the rows of a list from one place to another.

    The server's cursors belong to one state of a list. Where it has changed since the first block, the rows are those
    of the new list, and `Block.is_changed` says so.
    """
    key = json.dumps([source.path, sorted(choice)])
    known = _of(asking, key)
    if known is not None and start:
        try:
            return _read(asking, source, choice, start, end, known, key)
        except ChangedError:
            pass
    fresh = _read(asking, source, choice, start, end, _Known(None, {}), key)
    return Block(fresh.rows, fresh.total, fresh.is_last, is_changed=known is not None and bool(start))


def _read(
    asking: Asking,
    source: Source,
    choice: Sequence[tuple[str, str]],
    start: int,
    end: int,
    known: _Known,
    key: str,
) -> Block:
    # Among rows that pass tests a place may be far away, so far that one answer does not get there.
    is_tested = source.is_result and any(name == "where" for name, _ in choice)
    if is_tested and not _walk(asking, source, choice, start, known):
        return Block((), known.total, True)
    before = _before(known, start)
    more = [("cursor", known.cursors[before])] if before else []
    if start > before:
        more.append(("offset", str(start - before)))
    if source.path.endswith(("/records", "/sums")) and known.total is None:
        more.append(("count", "true"))
    found = _page(asking, source, choice, end - start, more)
    rows = found.get("items", found.get("rows"))
    following = _cursor(found)
    total = found["total"] if found["total"] is not None else known.total
    if following is None:
        # Behind the end nothing tells where that is.
        total = start + len(rows) if rows or total is None else total
    elif source.is_result or not known.cursors:
        known.cursors[start + len(rows)] = following
    _keep(asking, key, _Known(total, known.cursors))
    return Block(tuple(rows), total, following is None)


def _walk(asking: Asking, source: Source, choice: Sequence[tuple[str, str]], start: int, known: _Known) -> bool:
    """Go to a place in a list without offsets, in the longest pages that there are; return whether it goes so far."""
    place = _before(known, start)
    while place < start:
        more = [("cursor", known.cursors[place])] if place else []
        found = _page(asking, source, choice, min(start - place, _LARGEST), more)
        following = _cursor(found)
        if following is None or not found["rows"]:
            return False
        place += len(found["rows"])
        known.cursors[place] = following
    return True


def _before(known: _Known, start: int) -> int:
    """Return the nearest place with a cursor; 0, where a list begins, needs none."""
    return max((place for place in [*known.cursors] if place <= start), default=0)


def _page(
    asking: Asking, source: Source, choice: Sequence[tuple[str, str]], limit: int, more: Sequence[tuple[str, str]]
) -> Any:
    params: dict[str, list[str]] = {}
    shape = [("shape", "objects")] if source.is_result else []
    for name, value in (*choice, *more, *shape, ("limit", str(limit))):
        params.setdefault(name, []).append(value)
    return asking.get(address_of(source), **params)


def _cursor(page: Mapping[str, Any]) -> str | None:
    found = parse_qs(urlsplit(page.get("next") or "").query).get("cursor")
    return found[0] if found else None


def _of(asking: Asking, key: str) -> _Known | None:
    with _lock:
        return _known.get(asking, OrderedDict()).get(key)


def _keep(asking: Asking, key: str, known: _Known) -> None:
    with _lock:
        lists = _known.setdefault(asking, OrderedDict())
        lists[key] = known
        lists.move_to_end(key)
        while len(lists) > _KEPT:
            lists.popitem(last=False)
