"""Places in a spec: ``step[1].by[0]`` as the server names them, and as the form does."""

from __future__ import annotations

import re
from typing import Any, Final

from dsgrid.viewer.specs.draft import Draft, Filter, Report, Source, Step

Part = str | int
_PART: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def parts_of(place: str) -> tuple[Part, ...]:
    """Return a place in its parts: names, and numbers of items."""
    return tuple(int(number) if number else name for number, name in _PART.findall(place))


def place_of(parts: tuple[Part, ...]) -> str:
    """Return a place from its parts."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).removeprefix(".")


def in_form(place: str, draft: Draft) -> str:
    """Return where the form has what the server names in the spec of a draft.

    What is not complete is left out of the spec, so that items have other numbers there; sources have names there, and
    numbers in the form.
    """
    found: list[Part] = []
    part: Any = draft
    left = list(parts_of(place))
    while left:
        name = left.pop(0)
        found.append(name)
        if isinstance(part, tuple) and isinstance(name, int):
            written = [index for index, one in enumerate(part) if _is_written(one)]
            if name >= len(written):
                return place
            found[-1] = written[name]
            part = part[written[name]]
        elif isinstance(part, tuple) and part and isinstance(part[0], Source):
            index = next((index for index, one in enumerate(part) if one.name == name), None)
            if index is None:
                return place
            found[-1] = index
            part = part[index]
        else:
            part = getattr(part, str(name), None)
            is_list = isinstance(part, tuple) and bool(part) and hasattr(part[0], "more")
            if not is_list and not hasattr(part, "more"):
                return place_of((*found, *left))
    return place_of(tuple(found))


def _is_written(one: Any) -> bool:
    if isinstance(one, Filter):
        return one.is_complete or bool(one.more)
    if isinstance(one, Step):
        return bool(one.by)
    if isinstance(one, Report):
        return bool(one.kind)
    return True
