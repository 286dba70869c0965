"""What has all words of a text: projects, datasets, dimensions and mappings with what is said of them, and records."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dsgrid.registry import listing
from dsgrid.registry.database import Database

KINDS: Final = ("projects", "datasets", "dimensions", "mappings")
RECORDS: Final = "records"
DIMENSIONS: Final = 5  # that are named of those that have a record
_SAID: Final = {"projects": "status", "datasets": "kind", "dimensions": "type", "mappings": "type"}
_COUNTED: Final = 20_000  # records; of more it is not told how many are equal
# Only texts with other letters than those of ASCII go through Python.
_HOLDS: Final = (
    "CASE WHEN length(r.name) + length(r.id) = length(CAST(r.name AS BLOB)) + length(CAST(r.id AS BLOB)) "
    "THEN r.id || ' ' || r.name ELSE plain(r.id || ' ' || r.name) END LIKE ? ESCAPE '!'"
)
_KNOWN: Final = (
    "known AS MATERIALIZED (SELECT c.id, c.version, c.type, v.key, v.record_table FROM current_dimensions c "
    "JOIN dimension_versions v ON v.key = c.key WHERE v.record_table IS NOT NULL)"
)
_USED: Final = "EXISTS (SELECT 1 FROM {}_dimensions d WHERE d.dimension = k.key)"


@dataclass(frozen=True)
class Hits:
    """What was found of one kind, the closest first.

    Parameters
    ----------
    total
        How many there are, None for very many records; `items` may be cut.
    items
        Things have an id, a version, a name, what they are, a description and, where the words stand in none of these,
        the metadata that have them (`path`, `text`). Records have an id, a name and the first dimensions with them.
    """

    kind: str
    total: int | None
    items: list[dict[str, Any]]

    def document(self) -> dict[str, Any]:
        """Return this as JSON has it."""
        more = self.total is None or self.total > len(self.items)
        return {"kind": self.kind, "total": self.total, "more": more, "items": self.items}


def plain(text: str) -> str:
    """Return a text without what a search passes over: case, accents, and how many blanks there are."""
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text.casefold())
        text = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return " ".join(text.casefold().split())


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text, each once."""
    return tuple(dict.fromkeys(plain(text).split()))


def find_hits(database: Database, text: str, limit: int) -> list[Hits]:
    """Return what has all words of a text somewhere; kinds of which nothing was found are left out.

    Only the newest versions are looked at.

    Parameters
    ----------
    limit
        How many items of each kind are returned at most.
    """
    words = words_of(text)
    if not words:
        return []
    metadata, aliases = _metadata(database), _aliases(database)
    found = [_things(database, kind, words, limit, metadata, aliases) for kind in KINDS]
    found.append(_records(database, words, limit))
    return [each for each in found if each.items]


_Said = dict[tuple[str, str], list[tuple[str, str]]]


def _things(database: Database, kind: str, words: Sequence[str], limit: int, metadata: _Said, aliases: _Said) -> Hits:
    hits: list[tuple[tuple[int, str], dict[str, Any]]] = []
    for row in listing.rows(database, kind):
        id_, name, description = row["id"], row.get("name", ""), row["description"]
        key = (kind.removesuffix("s"), f"{id_}@{row['version']}")
        others = [*aliases.get(key, []), *metadata.get(key, [])]
        own = plain(f"{id_} {name} {description}")
        left = [word for word in words if word not in own]
        said = [(path, text, plain(text)) for path, text in others] if left else []
        if not all(any(word in each for *_, each in said) for word in left):
            continue
        also = next(({"path": path, "text": text} for path, text, each in said if left[0] in each), None)
        hits.append(
            (
                (_distance(words, id_, name), id_),
                {
                    "id": id_,
                    "version": row["version"],
                    "name": name,
                    "is": row[_SAID[kind]],
                    "description": description,
                    "also": also,
                },
            )
        )
    hits.sort(key=lambda each: each[0])
    return Hits(kind, len(hits), [hit for _, hit in hits[:limit]])


def _distance(words: Sequence[str], id_: str, name: str) -> int:
    """Return how far what is looked for is from what something is called; 0 is its whole id, last part, or name."""
    whole = " ".join(words)
    called = [plain(each) for each in (id_, id_.rpartition("/")[2], name)]
    if whole in called:
        return 0
    if any(each.startswith(whole) for each in called):
        return 1
    return 2 if all(any(word in each for each in called) for word in words) else 3


def _metadata(database: Database) -> _Said:
    return _said(
        database.rows(
            "SELECT kind, id || '@' || version, path, value FROM all_metadata "
            "WHERE type IN ('text', 'integer', 'real') ORDER BY key, position"
        )
    )


def _aliases(database: Database) -> _Said:
    return _said(database.rows("SELECT kind, of_id || '@' || of_version, 'alias', id FROM all_aliases ORDER BY key"))


def _said(rows: Iterable[Sequence[Any]]) -> _Said:
    said: _Said = {}
    for kind, reference, path, value in rows:
        said.setdefault((kind, reference), []).append((path, str(value)))
    return said


def _records(database: Database, words: Sequence[str], limit: int) -> Hits:
    # Tables that several dimensions share are looked through once; words have no blanks, so none begins in an id and
    # ends in a name.
    database.define("plain", plain)
    among = (
        "FROM (SELECT DISTINCT record_table FROM known) k CROSS JOIN records r ON r.record_table = k.record_table "
        f"WHERE {' AND '.join([_HOLDS] * len(words))}"
    )
    wanted = [f"%{_escaped(word)}%" for word in words]
    rows = database.rows(f"WITH {_KNOWN} SELECT r.id, r.name {among} LIMIT ?", (*wanted, _COUNTED + 1))
    if len(rows) <= _COUNTED:
        pairs = sorted({(row["id"], row["name"]) for row in rows}, key=lambda pair: _closeness(words, *pair))
        total = len(pairs)
    else:
        pairs, total = _closest(database, words, among, wanted, limit), None
    items = [{"id": id_, "name": name, "in": 0, "dimensions": []} for id_, name in pairs[:limit]]
    _add_dimensions(database, items)
    return Hits(RECORDS, total, items)


def _closeness(words: Sequence[str], id_: str, name: str) -> tuple[int, int, str, str]:
    """Return by what records are sorted, as `_closest` does it."""
    whole, called = " ".join(words), (plain(id_), plain(name))
    distance = 0 if whole in called else 1 if any(each.startswith(whole) for each in called) else 2
    return distance, len(name), name, id_


def _closest(
    database: Database, words: Sequence[str], among: str, wanted: Sequence[str], limit: int
) -> list[tuple[str, str]]:
    """Return the closest of very many records."""
    whole = _escaped(" ".join(words))
    tables = database.value(f"WITH {_KNOWN} SELECT count(DISTINCT record_table) FROM known")
    equal, begins = (
        f"r.id LIKE ?{len(words) + place} ESCAPE '!' OR r.name LIKE ?{len(words) + place} ESCAPE '!'"
        for place in (1, 2)
    )
    # Equal records of several tables stand next to each other.
    rows = database.rows(
        f"WITH {_KNOWN} SELECT r.id, r.name {among} "
        f"ORDER BY CASE WHEN {equal} THEN 0 WHEN {begins} THEN 1 ELSE 2 END, length(r.name), r.name, r.id LIMIT ?",
        (*wanted, whole, f"{whole}%", limit * tables),
    )
    return list(dict.fromkeys((row["id"], row["name"]) for row in rows))


def _add_dimensions(database: Database, items: list[dict[str, Any]]) -> None:
    """Say of each record which dimensions have it, those of projects first."""
    if not items:
        return
    by_name = {(item["id"], item["name"]): item for item in items}
    for row in database.rows(
        f"WITH {_KNOWN}, wanted(id, name) AS (VALUES {', '.join('(?, ?)' for _ in by_name)}) "
        "SELECT w.id AS record, w.name, k.id, k.version, k.type "
        "FROM known k CROSS JOIN wanted w CROSS JOIN records r "
        "ON r.record_table = k.record_table AND r.id = w.id AND r.name = w.name "
        f"ORDER BY {_USED.format('base')} DESC, {_USED.format('supplemental')} DESC, k.id",
        [part for pair in by_name for part in pair],
    ):
        item = by_name[row["record"], row["name"]]
        item["in"] += 1
        if len(item["dimensions"]) < DIMENSIONS:
            item["dimensions"].append({"id": row["id"], "version": row["version"], "type": row["type"]})


def _escaped(word: str) -> str:
    """Return a word whose `%` and `_` mean themselves."""
    return word.replace("!", "!!").replace("%", "!%").replace("_", "!_")
