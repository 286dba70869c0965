"""Where a result is: the job that left it, and its name where it is a further one."""

from __future__ import annotations

from dataclasses import dataclass

from dsgrid.viewer.asking import path_of
from dsgrid.viewer.visit import Visit


@dataclass(frozen=True)
class Place:
    """A result of a job.

    Parameters
    ----------
    job
        The job's id.
    further
        The name of a further result; empty for the query's own.
    """

    job: str
    further: str = ""

    @property
    def path(self) -> str:
        """Where the server has it, below ``/v1``."""
        return path_of(*self._parts)

    @property
    def plain_path(self) -> str:
        """The same with names as they are, for grids."""
        return "/" + "/".join(self._parts)

    @property
    def reference(self) -> str:
        """What stands behind ``/results/``."""
        return f"{self.job}/{self.further}" if self.further else self.job

    @property
    def _parts(self) -> tuple[str, ...]:
        own = ("jobs", self.job, "result")
        return (*own, "results", self.further) if self.further else own

    def href(self, visit: Visit, **params: str | None) -> str:
        """Return the address of its page."""
        return visit.href("results", self.reference, **params)


def place_of(reference: str) -> Place:
    """Return the place that a page's address names."""
    job, _, further = reference.partition("/")
    return Place(job, further)
