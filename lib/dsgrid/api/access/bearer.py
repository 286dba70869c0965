"""The token of a request: in the header Authorization, and nowhere else."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import Headers

from dsgrid.api.problems.problems import ApiError

# Addresses stand in logs, in histories, and in what is passed on: a token in one is no secret any more.
NAMES: Final = frozenset({"token", "access_token", "bearer_token", "api_key", "apikey", "authorization"})
TOKEN: Final = re.compile(r"dsg_[0-9A-Za-z]{8}_[0-9A-Za-z_-]{43}", re.ASCII)
_BEARER: Final = re.compile(r"bearer +(\S{1,200}) *", re.ASCII | re.IGNORECASE)


def bearer(headers: Headers) -> str | None:
    """Return the token that a request shows; None where it shows none.

    Raises
    ------
    ApiError
        401: the header has another form, or there are several.
    """
    shown = headers.getlist("authorization")
    if not shown:
        return None
    found = _BEARER.fullmatch(shown[0]) if len(shown) == 1 else None
    if found is None:
        raise wrong_token("the header Authorization is to be of the form: Bearer dsg_...")
    return found[1]


def wrong_token(detail: str = "this token is unknown, has expired, or was revoked") -> ApiError:
    """Return the error for a token that is none."""
    challenge = 'Bearer realm="dsgrid", error="invalid_token"'
    return ApiError(401, "wrong token", detail, headers={"WWW-Authenticate": challenge})


def no_token() -> ApiError:
    """Return the error for a request that needs a token and has none."""
    detail = "this needs a token: Authorization: Bearer dsg_..."
    return ApiError(401, "no token", detail, headers={"WWW-Authenticate": 'Bearer realm="dsgrid"'})


def refuse_in_address(query: str, path: str = "") -> None:
    """Refuse an address that holds a token, also a right one, so that nobody gets used to it."""
    # The list is passed on to routes as it is; here only names count.
    pairs = parse_qsl(query, keep_blank_values=True)
    if TOKEN.search(path) or any(name.lower() in NAMES or TOKEN.fullmatch(value) for name, value in pairs):
        raise ApiError(
            400,
            "token in the URL",
            "addresses are kept in logs: send the token as a header, Authorization: Bearer dsg_..., and have this one "
            "revoked",
        )
