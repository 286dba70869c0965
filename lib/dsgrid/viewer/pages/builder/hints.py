"""What the schema of a job says of its keys: names, help, and the words that may be chosen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dsgrid.viewer.pages.builder.controls import Option

_CASE: Final = re.compile(r"^- `([^`]+)`: (.*)$", re.MULTILINE)
_NODE = Mapping[str, Any]


@dataclass(frozen=True)
class Hints:
    """The schema of a job.

    Parameters
    ----------
    schema
        As ``GET /v1/schemas/query`` has it.
    """

    schema: Mapping[str, Any]

    def help(self, key: str) -> str:
        """Return what is said of a key, such as ``step.by``."""
        return str(self._node(key).get("description", ""))

    def title(self, key: str) -> str:
        """Return what a key is called."""
        return str(self._node(key).get("title", key))

    def options(self, key: str) -> list[Option]:
        """Return the words that a key may have, each with what it means."""
        node = self._node(key)
        if "enum" not in node and isinstance(node.get("items"), Mapping):
            node = node["items"]
        told = dict(_CASE.findall(self.help(key)))
        return [Option(word, _spoken(str(word)), title=told.get(str(word), "")) for word in node.get("enum", ())]

    def words_for_time(self) -> tuple[str, ...]:
        """Return the words for time, from the finest on."""
        found = [str(each.value) for each in self.options("report.period")]
        return ("hourly", *found) if found else ()

    def _node(self, key: str) -> _NODE:
        node: _NODE = self.schema
        for name in key.split("."):
            node = self._inside(node)
            node = node.get("properties", {}).get(name, {})
        return self._resolved(node)

    def _inside(self, node: _NODE) -> _NODE:
        """Return what has the keys of a table: of a list its items, of a table of tables any of these."""
        node = self._resolved(node)
        if isinstance(items := node.get("items"), Mapping):
            return self._resolved(items)
        return next((self._resolved(each) for each in node.get("patternProperties", {}).values()), node)

    def _resolved(self, node: _NODE) -> _NODE:
        reference = node.get("$ref")
        if not isinstance(reference, str):
            return node
        found: Any = self.schema
        for name in reference.removeprefix("#/").split("/"):
            found = found.get(name, {})
        return found if isinstance(found, Mapping) else {}


def _spoken(word: str) -> str:
    return word.replace("_", " ")
