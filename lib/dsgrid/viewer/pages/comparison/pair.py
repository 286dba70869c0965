"""The two results that are compared, and how, as the address says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dsgrid.viewer.pages.result.place import Place
from dsgrid.viewer.visit import Visit

TOLERANCES: Final = (
    ("", "a billionth (rounding)"),
    ("0", "not at all"),
    ("1e-6", "a millionth"),
    ("0.0001", "0.01 %"),
    ("0.001", "0.1 %"),
    ("0.01", "1 %"),
    ("0.05", "5 %"),
)


@dataclass(frozen=True)
class Pair:
    """Two results.

    Parameters
    ----------
    first, second
        A and B; of B the job is empty as long as none is chosen.
    rtol, ignore
        What values may differ by, relative to the greater one, and columns that are not compared; as in the address.
    """

    first: Place
    second: Place
    rtol: str = ""
    ignore: str = ""

    def others(self) -> dict[str, Any]:
        """Return how the server is told of B."""
        return {"with_": self.second.job, "result": self.second.further}

    def asked(self) -> dict[str, Any]:
        """Return the parameters of a comparison."""
        return self.others() | {"rtol": self.rtol or None, "ignore": self.ignore or None}

    def href(self, visit: Visit, second: Place) -> str:
        """Return the address of the comparison of A with another B."""
        own = {"a": self.first.further, "b": second.further, "rtol": self.rtol, "ignore": self.ignore}
        return visit.href("compare", f"{self.first.job}/{second.job}", **own)

    def turned(self, visit: Visit) -> str:
        """Return the address of the comparison the other way round."""
        own = {"a": self.second.further, "b": self.first.further, "rtol": self.rtol, "ignore": self.ignore}
        return visit.href("compare", f"{self.second.job}/{self.first.job}", **own)


def pair_of(reference: str, params: Mapping[str, str]) -> Pair:
    """Return the results that an address names: ``A/B?a=FURTHER&b=FURTHER``."""
    first, _, second = reference.partition("/")
    return Pair(
        Place(first, params.get("a", "")),
        Place(second.strip("/"), params.get("b", "")),
        params.get("rtol", ""),
        params.get("ignore", ""),
    )
