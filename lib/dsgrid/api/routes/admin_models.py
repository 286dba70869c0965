"""What the routes of the administration take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from dsgrid.api.state.tokens import DEFAULT_LIFETIME

_TOKEN: Final[dict[str, Any]] = {
    "id": "3f9a1c20",
    "name": "ada",
    "role": "analyst",
    "state": "active",
    "created_at": "2026-11-26T09:50:00.000Z",
    "created_by": "grace",
    "expires_at": "2027-02-24T09:50:00.000Z",
    "revoked_at": None,
    "used_at": None,
}
_ENTRY: Final[dict[str, Any]] = {
    "number": 12,
    "at": "2026-11-26T09:51:00.000Z",
    "user": "ada",
    "token": "3f9a1c20",
    "address": "127.0.0.1",
    "method": "POST",
    "path": "/v1/queries",
    "status": 202,
    "what": "handed in query annual_by_state",
    "subject": "5f1c0a9be37d4c26",
    "request": "0b8c1c3e-6f5c-4e39-9a55-1d1f8f0a1c5e",
}
RoleName = Literal["reader", "analyst", "contributor", "admin"]
StateName = Literal["active", "expired", "revoked"]


class Me(BaseModel):
    """Who asks, and what they may do."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "ada",
                    "role": "analyst",
                    "roles": ["reader", "analyst"],
                    "anonymous": False,
                    "token": "3f9a1c20",
                    "expires_at": "2027-02-24T09:50:00.000Z",
                }
            ]
        }
    )

    name: str = Field(description="The name that the token was made for; jobs belong to it.")
    role: RoleName = Field(description="What its owner may do.")
    roles: list[RoleName] = Field(description="The roles that this one includes.")
    anonymous: bool = Field(description="Whether no token was shown, and none is needed to read.")
    token: str | None = Field(description="The public id of the token; null without one.")
    expires_at: str | None = Field(description="When the token ends; null for never.")


class NewToken(BaseModel):
    """A token that is to be made."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "ada", "role": "analyst", "expires": DEFAULT_LIFETIME}]},
    )

    name: str = Field(
        description="Whose it is. Several tokens may have one name, and so the same jobs.",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$",
    )
    role: RoleName = Field(description="What its owner may do.")
    expires: str = Field(
        default=DEFAULT_LIFETIME,
        max_length=40,
        description="When it ends: such as `30d`, `12h`, `2027-01-31`, or `never`.",
    )


class TokenDocument(BaseModel):
    """What is known of a token; its secret is not."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TOKEN]})

    id: str = Field(description="Its public part.")
    name: str = Field(description="Whose it is.")
    role: RoleName = Field(description="What its owner may do.")
    state: StateName = Field(description="Whether it is right.")
    created_at: str = Field(description="When it was made.")
    created_by: str = Field(description="By whom.")
    expires_at: str | None = Field(description="When it ends; null for never.")
    revoked_at: str | None = Field(description="When it was revoked.")
    used_at: str | None = Field(description="When it was last used, to a minute.")


class MadeToken(TokenDocument):
    """A token that was just made, with its text: nobody can see it again."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [_TOKEN | {"text": "dsg_3f9a1c20_" + "x" * 43}]}  # of no server
    )

    text: str = Field(description="The token itself, to be sent as `Authorization: Bearer ...`. It is shown only once.")


class TokenList(BaseModel):
    """Tokens."""

    items: list[TokenDocument] = Field(description="The tokens, the newest first.")


class TokenFilter(BaseModel):
    """Which tokens are listed."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=64, description="Only those of this name.")
    role: RoleName | None = Field(default=None, description="Only those with this role.")
    state: StateName | None = Field(default=None, description="Only those that are so.")


class AuditEntry(BaseModel):
    """One request that changed something, wanted to, or was refused by its role."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ENTRY]})

    number: int = Field(description="In the order in which they came.")
    at: str = Field(description="When.")
    user: str = Field(description="Who.")
    token: str = Field(description="The public id of the token; empty without one.")
    address: str = Field(description="From where; `unix` for the unix socket.")
    method: str = Field(description="How.")
    path: str = Field(description="Of what; without the query.")
    status: int = Field(
        description="How it was answered; 0 where no answer was given (yet), so that it may have been done or not."
    )
    what: str = Field(description="In words.")
    subject: str = Field(description="The id of the job or token that it was about.")
    request: str = Field(description="The id of the request, as in `X-Request-Id`.")


class AuditPage(BaseModel):
    """A part of the audit log."""

    items: list[AuditEntry] = Field(description="The entries, the newest first.")
    next: str | None = Field(description="The address of the next page; null on the last one.")


class AuditFilter(BaseModel):
    """Which entries of the audit log are listed."""

    model_config = ConfigDict(extra="forbid")

    user: str | None = Field(default=None, max_length=64, description="Only those of this user.")
    token: str | None = Field(default=None, max_length=8, description="Only those of this token.")
    method: str | None = Field(default=None, max_length=20, description="Only those of this method.")
    status: int | None = Field(default=None, ge=0, le=599, description="Only those with this status.")
    subject: str | None = Field(default=None, max_length=200, description="Only those about this job or token.")
    since: datetime | None = Field(default=None, description="Only those from then on; UTC where no zone is said.")
    until: datetime | None = Field(default=None, description="Only those before; UTC where no zone is said.")
    limit: int | None = Field(default=None, ge=1, description="How many on a page.")
    cursor: str | None = Field(
        default=None, max_length=1_000, description="Where the page begins: taken from `next` of the page before."
    )
