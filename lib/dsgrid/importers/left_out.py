"""What is to be said of the files of which nothing was made: who reads them, or why nobody does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from dsgrid.importers.conversion import Conversion
from dsgrid.importers.discovery import CONFIGURATION, TABLES
from dsgrid.importers.document import Entry
from dsgrid.importers.recognition import Kind
from dsgrid.spec.fence import may_read

_REASONS: Final[dict[Kind, str]] = {
    "mappings": "no submission reads these mappings",
    "mapping references": "the mappings themselves are taken, not references to registered ones",
    "dimensions": "it could not be translated",
    "query": "it could not be translated",
}


def settle_others(conversion: Conversion) -> None:
    """Give every file an outcome that has none yet."""
    outcomes, repository = conversion.outcomes, conversion.repository
    known = frozenset(found.path for found in repository.files.found)
    for found in repository.files.found:
        settled = outcomes.files.get(found.path)
        if found.entry is None or (settled is not None and settled.outcome == "refused"):
            continue
        if settled is None or settled.outcome in ("converted", "used"):
            outcomes.use(_read_by(found.entry, conversion, known), conversion.relative(found.path))
        if settled is None:
            outcomes.settle(found.path, "left out", _REASONS.get(found.kind, "nothing is made of it"))
    for found in repository.files.found:
        if found.path not in outcomes.files:
            outcomes.settle(found.path, "left out", "no configuration names it")
    for path, why in repository.files.unread:
        outcomes.settle(path, "left out", why)


def _read_by(document: Entry, conversion: Conversion, known: frozenset[Path]) -> Iterator[Path]:
    """Yield the files of the repository that a configuration names."""
    folders = [document.file.parent, conversion.settings.places.data, conversion.settings.places.missing]
    parts = [part for part in conversion.outcomes.parts.values() if part.source == document.file]
    texts = [*_paths(document.value), *(text for part in parts for text in _paths(part.translation.spec))]
    for text in dict.fromkeys(texts):  # three thousand counties may name the same time zone
        for folder in folders:
            path = None if folder is None else _resolved(folder, text)
            if path is None or path == document.file:
                continue
            if path in known:
                yield path
            elif path.is_dir():
                yield from (each for each in known if each.parent == path and each.suffix in TABLES)


def _paths(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for child in value.values():
            yield from _paths(child)
    elif isinstance(value, list):
        for child in value:
            yield from _paths(child)
    elif isinstance(value, str) and ("/" in value or Path(value).suffix.lower() in CONFIGURATION | TABLES):
        yield value


def _resolved(folder: Path, text: str) -> Path | None:
    if "\0" in text or len(text) > 4096:
        return None
    try:
        path = (folder / text.strip()).resolve()
        return path if may_read(path) and path.exists() else None
    except (OSError, RuntimeError):  # too long, or a loop of links
        return None
