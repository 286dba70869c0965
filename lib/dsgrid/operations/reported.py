"""What operations return shows itself by its report: in a notebook, a cell that ends with one says what it did."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Reported(ABC):
    """A result; its class says in `report` what to tell the user, and is a dataclass without a repr of its own."""

    @abstractmethod
    def report(self) -> str:
        """Return what to tell the user."""

    def __repr__(self) -> str:
        return self.report()
