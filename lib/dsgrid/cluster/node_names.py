"""The names of nodes: as Slurm folds them into one text, and the addresses that they stand for."""

from __future__ import annotations

import itertools
import re
import socket
from collections.abc import Iterator, Sequence
from typing import Final

from dsgrid.errors import UsageError

# Slurm's own limit for one list is about this.
_MOST_NAMES: Final = 100_000


def address_of(host: str) -> str | None:
    """Return the IPv4 address of a host, as this machine's own files and name servers have it, or None."""
    try:
        return str(socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)[0][4][0])
    except OSError:
        return None


def expand(nodes: str) -> tuple[str, ...]:
    """Return the names that a list of Slurm's stands for: ``n[001-003,7],gpu1`` for n001, n002, n003, n7 and gpu1.

    Raises
    ------
    UsageError
        It is no such list.
    """
    names = tuple(name for part in _parts(nodes) for name in _names(part, nodes))
    if not names:
        raise _no_list(nodes)
    return names


def _no_list(nodes: str) -> UsageError:
    return UsageError(f'"{nodes}" is no list of nodes such as n[001-003,7],gpu1')


def _parts(nodes: str) -> list[str]:
    """Return what stands between the commas that are in no brackets."""
    parts, depth = [""], 0
    for letter in nodes.strip():
        depth += {"[": 1, "]": -1}.get(letter, 0)
        if depth not in (0, 1):
            raise _no_list(nodes)
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    if depth:
        raise _no_list(nodes)
    return [part for part in parts if part]


def _names(part: str, nodes: str) -> Iterator[str]:
    """Return the names of one part, which may have several pairs of brackets; the last one changes fastest."""
    pieces = re.split(r"\[([^\]]*)\]", part)
    choices: list[Sequence[str]] = [
        _range(piece, nodes) if inside else (piece,) for piece, inside in zip(pieces, itertools.cycle((False, True)))
    ]
    size = 1
    for choice in choices:
        size *= len(choice)
    if size > _MOST_NAMES:
        raise _no_list(nodes)
    return ("".join(name) for name in itertools.product(*choices))


def _range(text: str, nodes: str) -> tuple[str, ...]:
    """Return the numbers of ``001-003,7`` with the zeros that they are written with."""
    found: list[str] = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part, re.ASCII)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if match is None or last < first or last - first >= _MOST_NAMES:
            raise _no_list(nodes)
        found += [str(number).zfill(len(match[1])) for number in range(first, last + 1)]
    return tuple(found)
