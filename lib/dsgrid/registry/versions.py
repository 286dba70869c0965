"""Versions and references: "conus_2022@1.0" names the newest 1.0.x of conus_2022."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from dsgrid.errors import NotFoundError, UsageError, did_you_mean, listing

FIRST: Final = "1.0.0"
_PREFIX = re.compile(r"\d+(\.\d+){0,2}")


def parse_reference(reference: str) -> tuple[str, str | None]:
    """Split ``id`` or ``id@version``; the version may be a prefix such as ``1`` or ``1.2``.

    Examples
    --------
    >>> parse_reference("comstock@1")
    ('comstock', '1')
    >>> parse_reference("comstock")
    ('comstock', None)
    """
    id_, at, version = reference.rpartition("@")
    if not at:
        return reference, None
    if not id_ or not _PREFIX.fullmatch(version):
        raise UsageError(f'"{reference}" is no reference; expected an id or id@version, such as "{id_ or "id"}@1.0"')
    return id_, version


def at_version(reference: str, version: str) -> str:
    """Return ``id@version`` for an id, perhaps with a version of its own that says no other one.

    Examples
    --------
    >>> at_version("comstock@1", "1.2")
    'comstock@1.2'

    Raises
    ------
    UsageError
        If the two versions cannot both be meant.
    """
    id_, inside = parse_reference(reference)
    if inside is None or f"{version}.".startswith(f"{inside}."):
        return f"{id_}@{version}"
    if f"{inside}.".startswith(f"{version}."):
        return reference
    raise UsageError(f'"{reference}" and at {version} are two versions; leave one of them out')


def parts(version: str) -> tuple[int, int, int]:
    """Return major, minor and patch of a full version."""
    if not _PREFIX.fullmatch(version) or version.count(".") != 2:
        raise UsageError(f'"{version}" is no version; expected major.minor.patch, such as "1.0.0"')
    major, minor, patch = version.split(".")
    return int(major), int(minor), int(patch)


def bump(version: str, level: str) -> str:
    """Return the version after an update of a level: ``major``, ``minor`` or ``patch``.

    Examples
    --------
    >>> bump("1.4.2", "minor")
    '1.5.0'
    """
    major, minor, patch = parts(version)
    numbers = {"major": (major + 1, 0, 0), "minor": (major, minor + 1, 0), "patch": (major, minor, patch + 1)}[level]
    return ".".join(map(str, numbers))


def resolve_version(id_: str, available: Iterable[str], wanted: str | None = None) -> str:
    """Return the newest available version that `wanted` is a prefix of; without it the newest.

    Raises
    ------
    NotFoundError
        No version matches; those that exist are named.
    """
    ordered = sorted(available, key=parts)
    prefix = tuple(int(part) for part in wanted.split(".")) if wanted else ()
    matching = [version for version in ordered if parts(version)[: len(prefix)] == prefix]
    if matching:
        return matching[-1]
    raise NotFoundError(f"{id_} has no version {wanted}; there are: {', '.join(ordered)}")


def unknown(what: str, name: str, valid: Iterable[str], place: str) -> NotFoundError:
    """Return the error for an id that nobody registered, with the closest one."""
    names = list(valid)
    hint = did_you_mean(name, names) if names else f"; it holds no {what} at all"
    return NotFoundError(f'no {what} "{name}" in the registry {place}{hint}')


def ambiguous(what: str, name: str, ids: Iterable[str]) -> NotFoundError:
    """Return the error for a name that several ids share."""
    return NotFoundError(f'{what} "{name}" is not unique; use one of: {listing(sorted(ids))}')
