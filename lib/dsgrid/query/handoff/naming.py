"""Names of files and columns, made of the ids of records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

_SUFFIX: Final = {"csv": ".csv", "parquet": ".parquet", "arrow": ".arrow", "hdf5": ".h5"}
_UNSAFE = re.compile(r"[^\w.%+-]+")
# Names that some file system keeps for itself, or that are too long for one.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST = 200


class NamingError(ValueError):
    """Two things would have the same name, or one would have none that a file can have."""


def file_stem(parts: Sequence[Any], separator: str = "_") -> str:
    """Return the name of a file, without its ending, that ids make.

    Examples
    --------
    >>> file_stem(["reference", "2030"])
    'reference_2030'
    >>> file_stem(["heating/cooling", "../2030"])
    'heating-cooling_2030'
    """
    cleaned = [_UNSAFE.sub("-", str(part)).strip("-.") for part in parts]
    stem = separator.join(cleaned)
    if not stem or not all(cleaned) or _RESERVED.fullmatch(stem):
        raise NamingError(f'no file can be called by "{separator.join(map(str, parts))}"')
    if len(stem.encode()) > _LONGEST:
        raise NamingError(f'"{stem[:40]}..." has {len(stem.encode())} bytes, and the name of a file {_LONGEST} at most')
    return stem


def file_names(combinations: Sequence[Sequence[Any]], name: str, format_: str, units: Sequence[str]) -> list[str]:
    """Return the name of the file of each combination of ids; where these are none, it is `name`.

    Parameters
    ----------
    units
        What is to stand behind each name; empty for nothing.
    """
    found: dict[str, Sequence[Any]] = {}
    names = []
    for parts, unit in zip(combinations, units, strict=True):
        made = file_stem([*(parts or (name,)), *([unit] if unit else [])])
        # Some file systems take a and A for the same name.
        other = found.setdefault(made.casefold(), parts)
        if other is not parts:
            both = " and ".join(f'"{"_".join(map(str, one))}"' for one in (other, parts))
            raise NamingError(f'{both} would both have the file "{made}{_SUFFIX[format_]}"')
        names.append(made + _SUFFIX[format_])
    return names


def column_names(combinations: Sequence[Sequence[Any]], separator: str, units: Sequence[str]) -> list[str]:
    """Return the name of the column of each combination of ids."""
    return [
        separator.join([*map(str, parts), *([unit] if unit else [])])
        for parts, unit in zip(combinations, units, strict=True)
    ]


def refuse_repeated(names: Iterable[str], in_front: Sequence[str]) -> None:
    """Refuse columns that have the same name, but for case, or that of a column in front of them."""
    found: dict[str, str] = {}
    for name in (*in_front, *names):
        if name.casefold() in found:
            raise NamingError(f'two columns would be called "{found[name.casefold()]}" and "{name}"')
        found[name.casefold()] = name
