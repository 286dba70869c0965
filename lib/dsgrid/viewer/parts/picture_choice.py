"""What of a result is drawn, as it stands in an address and as the server is asked."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

ONLY: Final = "only."  # what parameters begin with that choose rows, such as only.state=CO,NY
NONE: Final = "-"  # no column at all, where none given means those that fit
_WORDS: Final = ("kind", "x", "by", "facet", "unit")


@dataclass(frozen=True)
class PictureChoice:
    """What is drawn; what is None fits by itself.

    Parameters
    ----------
    by, facet
        Names of columns, with commas between; empty for none.
    only
        Columns and the values that rows have, as ``where`` takes them.
    """

    kind: str | None = None
    x: str | None = None
    by: str | None = None
    facet: str | None = None
    unit: str | None = None
    only: tuple[tuple[str, str], ...] = ()

    def asked(self) -> dict[str, Any]:
        """Return the parameters of a request to the server."""
        where = [f"{name}={wanted}" for name, wanted in self.only]
        return {name: getattr(self, name) for name in _WORDS} | {"where": where}

    def params(self) -> dict[str, str]:
        """Return what stands in the address of a page."""
        told = {name: NONE if getattr(self, name) == "" else getattr(self, name) for name in _WORDS}
        return {name: one for name, one in told.items() if one is not None} | {
            f"{ONLY}{name}": wanted for name, wanted in self.only
        }


def choice_of(params: Mapping[str, Any]) -> PictureChoice:
    """Return what an address says; words that mean nothing here are passed over."""
    given = {name: str(each) for name, each in params.items() if each}
    words = {
        name: "" if given[name] == NONE and name in ("by", "facet") else given[name] for name in _WORDS if name in given
    }
    only = tuple((name.removeprefix(ONLY), wanted) for name, wanted in given.items() if name.startswith(ONLY))
    return PictureChoice(**words, only=only)


def values_in(wanted: str) -> list[str]:
    """Return the values of a list such as ``CO,"New York, upstate"``."""
    return [one.strip() for one in next(csv.reader([wanted], skipinitialspace=True), [])]


def listed(values: Iterable[str]) -> str:
    """Return values as a list with commas between."""
    file = io.StringIO()
    csv.writer(file, lineterminator="").writerow(list(values))
    return file.getvalue()
