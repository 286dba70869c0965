"""Who may do what: four roles, each with all that the one before may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

READER: Final = "reader"  # look into the registry
ANALYST: Final = "analyst"  # ask queries, and see the own jobs and results
CONTRIBUTOR: Final = "contributor"  # register and submit, from files of allowed folders
ADMIN: Final = "admin"  # remove, copy, see all jobs, make tokens, read the audit log
ROLES: Final = (READER, ANALYST, CONTRIBUTOR, ADMIN)

ANONYMOUS: Final = "anonymous"


@dataclass(frozen=True)
class User:
    """Who asks.

    Parameters
    ----------
    name
        The name that the token was made for; jobs belong to names, so that a token can be replaced.
    token
        The public id of the token; empty for who has none.
    """

    name: str
    role: str
    token: str = ""

    def may(self, role: str) -> bool:
        """Return whether the user has this role, or one that has it."""
        return ROLES.index(self.role) >= ROLES.index(role)

    @property
    def is_anonymous(self) -> bool:
        """Whether it has shown no token."""
        return not self.token
