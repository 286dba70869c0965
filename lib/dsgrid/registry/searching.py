"""Which rows of a listing have some tags, or a text anywhere in what is said about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from dsgrid.registry.database import Database

Rows = list[dict[str, Any]]

# The lists that can be searched, with the columns that hold texts for people.
SEARCHED: Final = {
    "projects": ("id", "name", "description"),
    "datasets": ("id", "description"),
    "dimensions": ("id", "name", "description"),
    "mappings": ("id", "description"),
}
TAGGED: Final = ("projects", "datasets")


def search(database: Database, what: str, rows: Rows, tags: Sequence[str] = (), text: str = "") -> Rows:
    """Return the rows that have all tags, and the text somewhere; upper and lower case are the same.

    Parameters
    ----------
    what
        The list, one of `SEARCHED`; with tags one of `TAGGED`.
    rows
        Rows of that list, with all columns.
    tags
        Whole tags.
    text
        A part of the id, the name, the description, a tag or any other value of the metadata.
    """
    metadata = _metadata(database, what) if what in TAGGED else {}
    wanted, part = set(map(folded, tags)), folded(text)

    def passes(row: dict[str, Any]) -> bool:
        values = metadata.get((row["id"], row["version"]), [])
        if not wanted <= {folded(value) for path, value in values if _is_tag(path)}:
            return False
        texts = (*(row[column] for column in SEARCHED[what]), *(value for _, value in values))
        return any(part in folded(each) for each in texts)

    return [row for row in rows if passes(row)]


def count_tags(database: Database, what: str, rows: Iterable[dict[str, Any]]) -> Counter[str]:
    """Return how many rows of a list have each tag."""
    metadata = _metadata(database, what)
    return Counter(
        value for row in rows for path, value in metadata.get((row["id"], row["version"]), []) if _is_tag(path)
    )


def folded(text: str) -> str:
    """Return a text without what does not matter in a search: case, and how many blanks there are."""
    return " ".join(text.split()).casefold()


def _metadata(database: Database, what: str) -> dict[tuple[str, str], list[tuple[str, str]]]:
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for id_, version, path, value in database.rows(
        "SELECT id, version, path, value FROM all_metadata "
        "WHERE kind = ? AND type IN ('text', 'integer', 'real') ORDER BY key, position",
        (what.removesuffix("s"),),
    ):
        found.setdefault((id_, version), []).append((path, str(value)))
    return found


def _is_tag(path: str) -> bool:
    # A key of the user's with a bracket in it would stand in quotes.
    return path.startswith("tags[")
