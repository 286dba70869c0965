"""The two results that are compared, and how, as the address says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dsgrid.viewer.pages.result.place import Place
from dsgrid.viewer.visit import Visit

ADDED: Final = "sum"
# Parameters of the address that say how values are compared.
HOW: Final = ("rtol", "ignore", "keys", "duplicates")
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
    keys
        The columns that tell rows apart; those that both have, where none are said.
    adds
        Whether rows that these columns do not tell apart are added up.
    """

    first: Place
    second: Place
    rtol: str = ""
    ignore: str = ""
    keys: str = ""
    adds: bool = False

    def others(self) -> dict[str, Any]:
        """Return how the server is told of B."""
        return {"with_": self.second.job, "result": self.second.further}

    def asked(self) -> dict[str, Any]:
        """Return the parameters of a comparison."""
        return self.others() | {
            "rtol": self.rtol or None,
            "ignore": self.ignore or None,
            "keys": self.keys or None,
            "duplicates": ADDED if self.adds else None,
        }

    def href(self, visit: Visit, second: Place) -> str:
        """Return the address of the comparison of A with another B."""
        return visit.href("compare", f"{self.first.job}/{second.job}", **self._params(self.first, second))

    def turned(self, visit: Visit) -> str:
        """Return the address of the comparison the other way round."""
        own = self._params(self.second, self.first)
        return visit.href("compare", f"{self.second.job}/{self.first.job}", **own)

    def _params(self, first: Place, second: Place) -> dict[str, str]:
        """Return what stands in the address besides the jobs."""
        told = {"rtol": self.rtol, "ignore": self.ignore, "keys": self.keys, "duplicates": ADDED if self.adds else ""}
        return {"a": first.further, "b": second.further, **told}


def pair_of(reference: str, params: Mapping[str, str]) -> Pair:
    """Return the results that an address names: ``A/B?a=FURTHER&b=FURTHER``."""
    first, _, second = reference.partition("/")
    return Pair(
        Place(first, params.get("a", "")),
        Place(second.strip("/"), params.get("b", "")),
        params.get("rtol", ""),
        params.get("ignore", ""),
        params.get("keys", ""),
        params.get("duplicates", "") == ADDED,
    )
