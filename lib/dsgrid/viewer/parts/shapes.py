"""Which shapes the records of a geography have: states and counties, known by their ids or by their names."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parents[1] / "assets" / "shapes"
# Counties that have only changed their names since some tables were made.
_RENAMED: Final[Mapping[str, str]] = {"46113": "46102", "02270": "02158"}
_KINDS: Final = re.compile(
    r"\b(county|parish|census area|borough|city and borough|municipality|planning region)$", re.IGNORECASE
)
_WRITTEN: Final = (
    re.compile(r"(\d{5})"),  # FIPS
    re.compile(r"G(\d\d)0(\d{3})0"),  # the joins of NHGIS
    re.compile(r"(?:\d{7})US(\d{5})"),  # the Census Bureau's own, in full
    re.compile(r"(\d{4})"),  # FIPS that has lost its first zero
)
_STATES_WRITTEN: Final = (
    re.compile(r"(?:US[-_]?)?([A-Za-z]{2})"),
    re.compile(r"G(\d\d)0"),
    re.compile(r"\d{7}US(\d\d)"),
)
_LEAST: Final = 0.5  # of the records that have to have a shape, so that a map says something


@dataclass(frozen=True)
class Shapes:
    """The shapes of some records.

    Parameters
    ----------
    level
        ``states`` or ``counties``: the name of the file below ``assets/shapes``, too.
    places
        From the ids of records to those of shapes.
    without
        Ids of records that have none, in their order.
    """

    level: str
    places: Mapping[str, str]
    without: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """Where a browser fetches them, below the viewer's own address."""
        return f"assets/shapes/{self.level}.json"


def shapes_for(
    ids: Sequence[str], names: Sequence[str] | None = None, states: Sequence[str] | None = None
) -> Shapes | None:
    """Return the shapes that records have, or None where too few of them have one for a map.

    Ids are looked at first: postal codes, FIPS codes of counties, and what the Census Bureau and NHGIS make of them.
    Names count where the ids say nothing: of states, and of counties within their states.

    Parameters
    ----------
    names, states
        Of each record; the state as its postal code, its FIPS code or its name.

    Examples
    --------
    >>> shapes_for(["G0600370", "G3600610", "nowhere"])
    Shapes(level='counties', places={'G0600370': '06037', 'G3600610': '36061'}, without=('nowhere',))
    >>> shapes_for(["p1", "p2"]) is None
    True
    """
    count = len(ids)
    named = list(names) if names is not None and len(names) == count else [""] * count
    within = list(states) if states is not None and len(states) == count else [""] * count
    best: Shapes | None = None
    ways: tuple[tuple[str, Callable[[str, str, str], str | None]], ...] = (("states", _state), ("counties", _county))
    for level, find in ways:
        found = [find(str(id_), str(name), str(state)) for id_, name, state in zip(ids, named, within, strict=True)]
        places = {id_: place for id_, place in zip(ids, found, strict=True) if place is not None}
        without = tuple(id_ for id_, place in zip(ids, found, strict=True) if place is None)
        if len(places) >= max(1.0, _LEAST * count) and (best is None or len(places) > len(best.places)):
            best = Shapes(level, places, without)
    return best


def title_of(level: str, place: str) -> str:
    """Return what a shape is called, such as ``Los Angeles, CA``."""
    known = _known(level).get(place)
    if known is None:
        return place
    return known["name"] if level == "states" else f"{known['name']}, {known['state']}"


def state_of(level: str, place: str) -> str:
    """Return the postal code of the state that a shape is in."""
    return place if level == "states" else str(_known(level)[place]["state"])


def all_places(level: str) -> list[str]:
    """Return the ids of all shapes of a level."""
    return list(_known(level))


def _state(id_: str, name: str, _state: str = "") -> str | None:
    by_code = _codes()
    for pattern in _STATES_WRITTEN:
        found = pattern.fullmatch(id_.strip())
        if found and (place := by_code.get(found[1].upper())):
            return place
    for text in (name, id_):
        # Numbers of two digits are climate zones as often as states.
        if not text.strip().isdigit() and (place := by_code.get(_folded(text))):
            return place
    return None


def _county(id_: str, name: str, state: str = "") -> str | None:
    known = _known("counties")
    for pattern in _WRITTEN:
        found = pattern.fullmatch(id_.strip())
        if found:
            code = "".join(found.groups()).zfill(5)
            code = _RENAMED.get(code, code)
            # A code is no longer looked for by its name: it says what it is.
            return code if code in known else None
    place = _codes().get(state.strip().upper()) or _codes().get(_folded(state)) if state else None
    if place is None:
        # "Kings County, NY" says it itself.
        name, _, last = name.rpartition(",")
        place = _codes().get(last.strip().upper()) or _codes().get(_folded(last))
    return _names().get((place, _folded(name))) if place and name else None


def bounds_of(level: str, places: Iterable[str]) -> tuple[float, float, float, float]:
    """Return the box around some shapes: west, south, east, north."""
    boxes = [_boxes(level)[place] for place in places]
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


@cache
def _boxes(level: str) -> Mapping[str, tuple[float, float, float, float]]:
    found = {}
    for each in _document(level)["features"]:
        parts = each["geometry"]["coordinates"]
        parts = [parts] if each["geometry"]["type"] == "Polygon" else parts
        x, y = zip(*(point for part in parts for point in part[0]), strict=True)
        found[each["id"]] = (min(x), min(y), max(x), max(y))
    return found


def _document(level: str) -> Any:
    return json.loads((FOLDER / f"{level}.json").read_text(encoding="utf-8"))


@cache
def _known(level: str) -> Mapping[str, Mapping[str, str]]:
    """Return what is said of each shape, by its id."""
    return {each["id"]: each["properties"] for each in _document(level)["features"]}


@cache
def _codes() -> Mapping[str, str]:
    """Return postal codes by everything that a state is called."""
    found: dict[str, str] = {}
    for postal, each in _known("states").items():
        found |= {postal: postal, each["fips"]: postal, _folded(each["name"]): postal}
    return found


@cache
def _names() -> Mapping[tuple[str, str], str]:
    """Return counties by state and name; a city that is none without what it is, where no county is called so."""
    counties = _known("counties").items()
    found = {(each["state"], _folded(each["name"])): place for place, each in counties}
    for place, each in counties:
        found.setdefault((each["state"], _folded(each["name"].removesuffix(" city"))), place)
    return found


def _folded(text: str) -> str:
    """Return a name without what is written in many ways."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold().replace("_", " ")
    plain = _KINDS.sub("", plain.strip())
    plain = re.sub(r"\bsaint\b", "st", re.sub(r"\bsainte\b", "ste", plain))
    return re.sub(r"[^a-z0-9]", "", plain)
