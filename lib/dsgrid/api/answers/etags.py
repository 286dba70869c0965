"""Entity tags: whether a client has an answer already, and whether it is still the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Final

_TAG: Final = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_LENGTH: Final = 32
MOST: Final = 8_192  # characters of a header that are looked at


def strong(*parts: str) -> str:
    """Return the tag of bytes that are the same, to the last, whenever these parts are."""
    # The lengths, so that no two lists of parts are the same text.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return f'"{hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]}"'


def weak(*parts: str) -> str:
    """Return the tag of an answer that says the same whenever these parts are the same."""
    return f"W/{strong(*parts)}"


def is_known(headers: Mapping[str, str], tag: str) -> bool:
    """Return whether a client has this answer, by ``If-None-Match``: a GET is then answered with 304.

    Examples
    --------
    >>> is_known({"if-none-match": 'W/"a", "b"'}, '"a"')
    True
    """
    given = headers.get("if-none-match", "")[:MOST].strip()
    if given == "*":
        return True
    return any(_bare(found) == _bare(tag) for found in _TAG.findall(given))


def fails(headers: Mapping[str, str], tag: str) -> bool:
    """Return whether ``If-Match`` asks for another state than this: the answer is then 412."""
    given = headers.get("if-match", "")[:MOST].strip()
    if not given or given == "*":
        return False
    return tag.startswith("W/") or tag not in _TAG.findall(given)


def allows_range(headers: Mapping[str, str], tag: str) -> bool:
    """Return whether ``Range`` may be answered: without ``If-Range``, or where it names this very (strong) tag."""
    given = headers.get("if-range")
    return given is None or (given.strip() == tag and not tag.startswith("W/"))


def _bare(tag: str) -> str:
    return tag.removeprefix("W/")
