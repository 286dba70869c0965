"""Texts that are paths in a spec that somebody else sent: what is none, whatever it would lead to."""

from __future__ import annotations

import re
from typing import Final

from dsgrid.errors import UsageError
from dsgrid.storage.location import is_url

LONGEST: Final = 1_000
LONGEST_NAME: Final = 255
# What Spark would take for a pattern, and match with other files than the one that was looked at.
_PATTERN: Final = re.compile(r"[*?\[\]{}\\]")


def check_text(text: str) -> None:
    """Refuse a path that is none.

    Raises
    ------
    UsageError
        For an empty one, one that is too long or cannot be seen, a URL, and one that begins at a root of the machine.
    """
    if not text.strip():
        raise UsageError("a path is empty")
    if len(text) > LONGEST:
        raise UsageError(f"a path has {len(text):,} characters; it has at most {LONGEST:,}")
    if not text.isprintable():
        raise UsageError("a path has characters that cannot be seen")
    if is_url(text):
        raise UsageError("found a URL; a path begins with the name of a root, which may be a place on S3")
    if text.startswith(("/", "~")):
        raise UsageError(f'"{text}" is a path of a machine; a path begins with the name of a root')


def check_names(text: str, inside: str) -> None:
    """Refuse a path with a name that none of the files that are meant here has.

    Parameters
    ----------
    text
        The path as it was written.
    inside
        The names that are looked at, with slashes between.

    Raises
    ------
    UsageError
        For a hidden name, one that is a pattern, and one that is too long.
    """
    for part in inside.split("/"):
        if part.startswith("."):
            raise UsageError(f'"{text}": nothing is named here whose name begins with a point')
        if _PATTERN.search(part):
            raise UsageError(f'"{text}": a path names one file or folder, without any of * ? [ ] {{ }} \\')
        if len(part.encode("utf-8", "surrogatepass")) > LONGEST_NAME:
            raise UsageError(f"a name in the path has {len(part):,} characters; a file system takes {LONGEST_NAME}")
