"""How work is wanted: what stands behind the question mark of its addresses."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Query, Request

from dsgrid.api.limits import Limits
from dsgrid.api.work.received import told, variables_of
from dsgrid.dimensions.changes import LEVELS
from dsgrid.errors import Problem, UsageError, listing

Variables = Annotated[
    list[str] | None,
    Query(alias="set", description="What `${NAME}` in the spec stands for: `NAME=VALUE`.", examples=[["year=2018"]]),
]
At = Annotated[
    str | None, Query(description="Of a query: a version of what is asked, or a date.", examples=["2026-07-01"])
]
Cache = Annotated[bool, Query(description="Of a query: take an answer that was given before, and keep this one.")]
Resume = Annotated[bool, Query(description="Of a query: use parts that an earlier attempt has finished.")]
Parts = Annotated[
    int | None, Query(ge=1, le=10_000, description="Of a query: into how many parts facts are read.", examples=[4])
]
RunnerName = Annotated[
    str, Query(max_length=20, description="`auto`, `warm`, `embedded`, `spark` or `slurm`.", examples=["auto"])
]
Apply = Annotated[bool, Query(description="Change what is registered already to what the spec says.")]
Allow = Annotated[
    str | None,
    Query(description=f"With `apply`: how far changes may go; one of {', '.join(LEVELS)}.", examples=["minor"]),
]
Key = Annotated[str | None, Header(description="The same key again is the same job, and no second one.")]
Form = Annotated[str | None, Query(alias="format", description="`json` or `text`; wins over the header Accept.")]


def variables(given: list[str] | None, limits: Limits) -> dict[str, str]:
    """Return what `Variables` say."""
    return variables_of(given or [], limits.search)


def level(allow: str | None) -> str | None:
    """Return what `Allow` says, if there is such a level."""
    with told():
        if allow is not None and allow not in LEVELS:
            raise UsageError(Problem(f'found "{allow[:80]}", expected one of {listing(LEVELS)}', key="allow"))
    return allow


def content_type(request: Request) -> str:
    """Return what a request says of its body."""
    return request.headers.get("content-type", "")
