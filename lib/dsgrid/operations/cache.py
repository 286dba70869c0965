"""The operations `list_cache` and `prune_cache`: what of answers is kept, and what of it goes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dsgrid.operations.progress import in_bytes
from dsgrid.operations.reported import Reported
from dsgrid.query.cache.entries import KINDS, PARTS, Cache, Entry, open_cache, parse_size

DAY = 24 * 3600.0


@dataclass(frozen=True, repr=False)
class CacheContents(Reported):
    """What a cache holds; None where there is no cache.

    Parameters
    ----------
    entries
        The last used first.
    """

    cache: Cache | None
    entries: tuple[Entry, ...]

    def document(self) -> dict[str, Any]:
        """Return the same for programs: values that JSON has."""
        cache = self.cache
        return {
            "folder": None if cache is None else str(cache.folder),
            "limit": None if cache is None else cache.limit,
            "bytes": sum(entry.bytes for entry in self.entries),
            "entries": [_described(entry) for entry in self.entries],
        }

    def report(self) -> str:
        """Return what to tell the user."""
        if self.cache is None:
            return "the cache is off (DSGRID_CACHE)"
        size = sum(entry.bytes for entry in self.entries)
        head = f"{self.cache.folder}: {_entries(self.entries)}, {in_bytes(size)}"
        return "\n".join([f"{head} of {in_bytes(self.cache.limit)}", *_lines(self.entries)])


@dataclass(frozen=True, repr=False)
class PrunedCache(Reported):
    """What was removed from a cache."""

    cache: Cache | None
    removed: tuple[Entry, ...]
    left: tuple[Entry, ...]

    def report(self) -> str:
        """Return what to tell the user."""
        if self.cache is None:
            return "the cache is off (DSGRID_CACHE)"
        went = f"removed {_entries(self.removed)}, {in_bytes(sum(e.bytes for e in self.removed))}"
        left = f"{_entries(self.left)}, {in_bytes(sum(e.bytes for e in self.left))} left"
        unfinished = sum(entry.unfinished and not entry.in_use for entry in self.left)
        kept = [f"of these {unfinished:,} with parts of an unfinished query, which only --all removes"]
        used = sum(entry.in_use for entry in self.left)
        running = [f"of these {used:,} with parts that a query reads or writes just now, which stay"]
        return "\n".join([f"{went}; {left}", *(kept if unfinished else []), *(running if used else [])])


def list_cache() -> CacheContents:
    """Return what the user's cache holds."""
    cache = open_cache()
    return CacheContents(cache, () if cache is None else tuple(cache.entries()))


def prune_cache(*, to: str | None = None, older_than: float | None = None, everything: bool = False) -> PrunedCache:
    """Remove from the user's cache what is beyond its limit, what is old, or everything.

    Parameters
    ----------
    to
        The size that may be left, such as ``2g``, instead of the cache's limit.
    older_than
        Remove what was not used for so many days.
    everything
        Remove all, also the parts that unfinished queries would go on from; not those of queries that run.
    """
    cache = open_cache()
    if cache is None:
        return PrunedCache(None, (), ())
    limit = None if to is None else parse_size(to, "--to")
    removed = []
    for entry in cache.entries():
        is_old = older_than is not None and time.time() - entry.used > older_than * DAY and not entry.unfinished
        if (everything or is_old) and not entry.in_use and cache.remove(entry):
            removed.append(entry)
    removed += cache.shrink(limit)
    return PrunedCache(cache, tuple(removed), tuple(cache.entries()))


def _described(entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "key": entry.key,
        "query": entry.about.get("query"),
        "project": entry.about.get("project"),
        "rows": entry.about.get("rows"),
        "bytes": entry.bytes,
        "used": datetime.fromtimestamp(entry.used, UTC).isoformat(timespec="seconds"),
        "unfinished": entry.unfinished,
        "in_use": entry.in_use,
        "folder": str(entry.folder),
    }


def _lines(entries: tuple[Entry, ...]) -> Iterator[str]:
    for entry in entries:
        used = datetime.fromtimestamp(entry.used, UTC).strftime("%Y-%m-%d %H:%M")
        about = entry.about
        what = KINDS[entry.kind]
        if entry.kind == PARTS:
            state = "in use" if entry.in_use else "unfinished" if entry.unfinished else "whole"
            what = f"{state}, {about.get('finished', 0)} of {about.get('parts', '?')} parts in {entry.folder}"
        rows = f", {about['rows']:,} rows" if isinstance(about.get("rows"), int) else ""
        of = f"{about.get('query', '?')} ({about.get('project', '?')})"
        yield f"  {used}  {in_bytes(entry.bytes):>9}  {of}{rows}: {what}"


def _entries(entries: tuple[Entry, ...]) -> str:
    return f"{len(entries):,} {'entry' if len(entries) == 1 else 'entries'}"
