"""Who asks, which tokens there are, and what was changed by whom."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from dsgrid.api.access.depends import Admin, Here, Reader
from dsgrid.api.answers import paging
from dsgrid.api.answers.parameters import known_parameters
from dsgrid.api.problems.problems import responses
from dsgrid.api.roles import ROLES
from dsgrid.api.routes.admin_models import (
    AuditEntry,
    AuditFilter,
    AuditPage,
    MadeToken,
    Me,
    NewToken,
    TokenDocument,
    TokenFilter,
    TokenList,
)
from dsgrid.api.state.database import moment
from dsgrid.api.state.tokens import TokenInfo, lifetime

router = APIRouter(tags=["administration"], dependencies=[Depends(known_parameters)])

TokenId = Annotated[str, Path(description="The public id of a token.", examples=["3f9a1c20"])]


@router.get("/me", operation_id="get_me", summary="Who asks", response_model=Me)
def get_me(here: Here, user: Reader) -> Me:
    """Say who the token belongs to, and what its owner may do."""
    info = None if user.is_anonymous else here.tokens.get(user.token)
    return Me.model_validate(
        {
            "name": user.name,
            "role": user.role,
            "roles": [role for role in ROLES if user.may(role)],
            "anonymous": user.is_anonymous,
            "token": user.token or None,
            "expires_at": info.expires_at if info else None,
        }
    )


@router.get("/tokens", operation_id="list_tokens", summary="All tokens", response_model=TokenList)
def list_tokens(here: Here, user: Admin, asked: Annotated[TokenFilter, Query()]) -> TokenList:
    """List tokens, the newest first; what is no longer right, too. Needs the role admin."""
    found = [_token(info) for info in here.tokens.list()]
    wanted = asked.model_dump(exclude_none=True)
    return TokenList(items=[each for each in found if all(getattr(each, key) == wanted[key] for key in wanted)])


@router.post(
    "/tokens",
    operation_id="make_token",
    summary="Make a token",
    status_code=201,
    response_model=MadeToken,
    responses=responses(422),
)
def make_token(here: Here, user: Admin, asked: NewToken, request: Request, response: Response) -> MadeToken:
    """Make a token for somebody. Its text is in the answer, and can never be seen again. Needs the role admin."""
    info, text = here.tokens.make(asked.name, asked.role, expires_at=lifetime(asked.expires), by=user.name)
    request.state.what = f"made a token for {info.name}, {info.role}"
    request.state.subject = info.id
    response.headers["Location"] = f"/v1/tokens/{info.id}"
    response.headers["Cache-Control"] = "no-store"
    return MadeToken.model_validate({**_token(info).model_dump(), "text": text})


@router.get(
    "/tokens/{id}",
    operation_id="get_token",
    summary="One token",
    response_model=TokenDocument,
    responses=responses(404),
)
def get_token(here: Here, user: Admin, id: TokenId) -> TokenDocument:
    """Say whose a token is, and whether it is right. Needs the role admin."""
    return _token(here.tokens.get(id))


@router.delete(
    "/tokens/{id}",
    operation_id="revoke_token",
    summary="Revoke a token",
    response_model=TokenDocument,
    responses=responses(404),
)
def revoke_token(here: Here, user: Admin, id: TokenId, request: Request) -> TokenDocument:
    """End a token for good, within a second or two. It stays in the list. Needs the role admin."""
    info = here.tokens.revoke(id)
    request.state.what = f"revoked the token of {info.name}, {info.role}"
    request.state.subject = info.id
    return _token(info)


@router.get("/audit", operation_id="list_audit", summary="The audit log", response_model=AuditPage)
def list_audit(
    here: Here, user: Admin, request: Request, response: Response, asked: Annotated[AuditFilter, Query()]
) -> AuditPage:
    """List what was changed, by whom and when, the newest first.

    These are all requests but reading ones, and those that were refused by the role of who asked; explaining and
    validating are among them. Needs the role admin.
    """
    size = paging.page_size(asked.limit, here.settings.limits)
    listing = paging.listing_of(request)
    before = None if asked.cursor is None else int(paging.decoded(asked.cursor, listing))
    found = here.audit.list(
        user=asked.user,
        token=asked.token,
        method=asked.method,
        status=asked.status,
        subject=asked.subject,
        since=_moment(asked.since),
        until=_moment(asked.until),
        before=before,
        limit=size + 1,
    )
    cursor = paging.encoded(found[size - 1].number, listing) if len(found) > size else None
    url = paging.next_url(request, cursor)
    response.headers.update(paging.link(url))
    return AuditPage(items=[AuditEntry(**asdict(entry)) for entry in found[:size]], next=url)


def _token(info: TokenInfo) -> TokenDocument:
    values: dict[str, Any] = {**asdict(info), "state": info.state()}
    return TokenDocument.model_validate(values)


def _moment(given: datetime | None) -> str | None:
    if given is None:
        return None
    return moment(given if given.tzinfo is not None else given.replace(tzinfo=UTC))
