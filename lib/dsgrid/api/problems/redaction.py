"""What leaves the server names none of its folders: texts keep what is useful of a path, and lose the rest."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote

from dsgrid.api.settings import Settings

ELSEWHERE: Final = "…"
_OWN: Final = re.compile(r"/v\d+(?![\w.-])")  # the server's addresses are no paths of its disk
# A path ends where a text goes on: at a blank, a quote, a colon (of file:line), a bracket, a comma. The slash must not
# stand inside of a word, a relative path, or an address: "MW/h", "specs/a.toml" and "https://lab.org/x" stay.
_ENDS: Final = r"\s\"'`<>|,;:()\[\]{}"
_WORD: Final = re.compile(r"/\w[\w.-]*")
_PLACE: Final = rf"/++(?:[^/{_ENDS}]++/*+)++"
_QUOTED: Final = r"(?<=\")/[^\"\n]*(?=\")|(?<=')/[^'\n]*(?=')|(?<=`)/[^`\n]*(?=`)"
_ENCODED: Final = rf"%2[Ff][^/{_ENDS}]*"
_BUCKET: Final = rf"s3[an]?://[^{_ENDS}]*"


class Redaction:
    """Takes the server's paths out of texts.

    Parameters
    ----------
    settings
        Whose folders become names: the registry ``registry``, a root its name, a job's folder ``jobs/<id>``.
    """

    def __init__(self, settings: Settings) -> None:
        folders = {settings.registry: "registry", settings.state / "jobs": "jobs", settings.state: "state"}
        folders |= {root.folder: root.name for root in settings.roots}
        # One name after a slash is more often a word ("homes /offices") than a path, unless the disk has it.
        self._top = frozenset(os.listdir("/"))
        self._names: dict[str, str] = {}
        for folder, name in folders.items():
            for form in _forms(folder):
                self._names.setdefault(form, name)
        # The longest first: a root may lie in a folder that another name stands for.
        ordered = sorted(self._names, key=len, reverse=True)
        plain = "|".join(re.escape(form[1:]) for form in ordered if form.startswith("/"))
        coded = "|".join(re.escape(form) for form in ordered if not form.startswith("/"))
        # Slashes are taken all at once (++), so that no text takes longer than its length.
        self._pattern = re.compile(
            rf"(?P<word>\bregistry )?(?:file:)?(?<!/)/++(?P<plain>{plain})(?![\w.-])|(?P<coded>{coded})(?![\w.-])"
            rf"|{_BUCKET}|file:/++[^{_ENDS}]*|{_QUOTED}|(?<![\w.:/~%-]){_PLACE}"
            rf"|{_ENCODED}|(?<!/)/++(?:{plain})[^/{_ENDS}]*"
        )

    def text(self, text: str) -> str:
        """Return a text without the server's paths."""
        if "/" not in text and "%2" not in text:
            return text
        return self._pattern.sub(self._shown, text)

    def document(self, value: Any) -> Any:
        """Return a JSON document whose texts have none of the server's paths, keys included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(key) if isinstance(key, str) else key: self.document(each) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.document(each) for each in value]
        return value

    def _shown(self, found: re.Match[str]) -> str:
        if found["plain"]:
            name = self._names[f"/{found['plain']}"]
            # "the registry /srv/registry" is to become "the registry", and not to say it twice.
            return name if name == "registry" else f"{found['word'] or ''}{name}"
        if found["coded"]:
            return self._names[found["coded"]]
        text = found[0]
        if text.startswith("%2"):
            plain = unquote(text)
            shown = self.text(plain)
            return text if shown == plain else quote(shown, safe="")
        is_word = _WORD.fullmatch(text) is not None and text.strip("/") not in self._top
        return text if _OWN.match(text) or is_word else ELSEWHERE


@lru_cache(maxsize=8)
def redaction(settings: Settings) -> Redaction:
    """Return the redaction of a server."""
    return Redaction(settings)


def _forms(folder: Path) -> list[str]:
    """Return how a folder may be written: as it was given, absolute, without symbolic links, and percent-encoded."""
    plain = {str(folder), os.path.abspath(folder), os.path.realpath(folder)}
    # "/" alone would be found in everything; what lies below it is caught as any other path.
    plain = {form for form in plain if form.startswith("/") and form.strip("/")}
    return sorted(plain | {quote(form) for form in plain} | {quote(form, safe="") for form in plain})
