"""Every value of a configuration replaced by something odd, one at a time."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from dsgrid.errors import DsgridError
from dsgrid.importers.document import Entry
from dsgrid.importers.translation import Translation
from dsgrid.spec.load import load_spec

Path_ = tuple[str | int, ...]
DELETED: Final = object()
DOUBLED: Final = object()
ODD: Final = (None, DELETED, DOUBLED, 7, -1.5, True, "", "odd", "2012-13-45", "../..", [], ["odd", 1], {}, {"a": [1]})


def places(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Yield the paths of all values below the top."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


def changed(value: Any, path: Path_, odd: Any) -> Any:
    """Return a copy with another value at a path; an item of a list may be there twice instead, or gone."""
    found = copy.deepcopy(value)
    owner = found
    for key in path[:-1]:
        owner = owner[key]
    if odd is DELETED:
        del owner[path[-1]]
    elif odd is DOUBLED and isinstance(owner, list):
        owner.append(copy.deepcopy(owner[path[-1]]))
    elif odd is not DOUBLED:
        owner[path[-1]] = odd
    return found


def assert_none_crashes(document: Entry, translate: Callable[[Entry], Any], every: int = 1) -> int:
    """Translate every mutation (or every n-th); return how many there were.

    A mutation becomes a value, or an error that names the file. What becomes a translation is one that a spec's schema
    takes, or that its loader answers with an error.
    """
    count = 0
    for path in places(document.value):
        for odd in ODD:
            count += 1
            if count % every:
                continue
            given = document.with_value(changed(document.value, path, odd))
            try:
                outcome = translate(given)
            except DsgridError as error:
                if not all(problem.where for problem in error.problems):
                    pytest.fail(f"{'.'.join(map(str, path))} = {odd!r} without a place: {error}")
                continue
            except Exception as error:  # the failure that this is about
                pytest.fail(f"{'.'.join(map(str, path))} = {odd!r}: {type(error).__name__}: {error}")
            if isinstance(outcome, Translation) and count % (every * 10) == 0:
                try:
                    load_spec(outcome.spec)
                except DsgridError:
                    continue
    return count
