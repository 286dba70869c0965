"""What routes ask for: the server's context, and a user who may do it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from dsgrid.api.access.bearer import no_token
from dsgrid.api.access.context import Context
from dsgrid.api.problems.problems import ApiError
from dsgrid.api.roles import ADMIN, ANALYST, CONTRIBUTOR, READER, User


# Coroutines, though nothing in them waits: FastAPI would call functions in threads.
async def context(request: Request) -> Context:
    """Return what the routes of this server share."""
    found: Context = request.app.state.context
    return found


def user(role: str) -> Callable[[Request], Awaitable[User]]:
    """Return what a route asks for that only some roles may use.

    Parameters
    ----------
    role
        The least one.
    """

    async def asking(request: Request) -> User:
        # Set by the guards, which know the token.
        found: User | None = getattr(request.state, "user", None)
        if found is None or (found.is_anonymous and not found.may(role)):
            raise no_token()
        if not found.may(role):
            raise ApiError(403, "not allowed", f"this needs the role {role}, and {found.name} has {found.role}")
        return found

    asking.role = role  # type: ignore[attr-defined]  # what a test of all routes looks at
    return asking


Here = Annotated[Context, Depends(context)]
Reader = Annotated[User, Depends(user(READER))]
Analyst = Annotated[User, Depends(user(ANALYST))]
Contributor = Annotated[User, Depends(user(CONTRIBUTOR))]
Admin = Annotated[User, Depends(user(ADMIN))]
