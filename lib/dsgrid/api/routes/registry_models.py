"""What the routes of the registry take and return, for the document."""

from __future__ import annotations

from types import GenericAlias
from typing import Annotated, Any, Final

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, create_model

from dsgrid.api.answers.negotiation import MEDIA_TYPES
from dsgrid.api.answers.tables import INTEGERS
from dsgrid.api.problems.problems import responses
from dsgrid.registry.listing import COLUMNS, TRUTH

Reference = Annotated[
    str,
    Path(
        description="An id, or `id@version`; a version may be cut short (`@1`). Ids may have slashes and colons.",
        min_length=1,
        examples=["commercial_2018@1.0.0"],
    ),
]
AT: Final = "A date or time, such as `2026-11-23`: the registry as it was then."


class Form(BaseModel):
    """In which form an answer is wanted."""

    format: str | None = Field(
        None, description="Instead of the header `Accept`: `json`, `csv`, `arrow`, `text`, ...", examples=["json"]
    )
    width: int = Field(
        80, ge=0, le=1_000, description="How long a line of `text` may be; 0 leaves all whole.", examples=[80]
    )

    @property
    def line(self) -> int | None:
        """How long a line may be; None for as long as it is."""
        return self.width or None


class Chosen(Form):
    """Which rows are wanted, which columns of them, and in which order."""

    where: list[str] = Field(
        default_factory=list,
        description="`COLUMN OP VALUE`; OP is = != < <= > >= ~ (contains) or !~. Several: all have to hold.",
        examples=[["version = 1"]],
    )
    sort: str = Field("", description="`COLUMN[,-COLUMN]`; - largest first.", examples=["id"])
    columns: str = Field("", description="`COLUMN[,COLUMN]`: what is returned.", examples=["id,version"])
    limit: int | None = Field(
        None, ge=1, description="Rows of a page of JSON, of which there is a next one; of other forms the first rows."
    )
    cursor: str | None = Field(None, description="Where the page begins: taken from `next` of the page before.")
    offset: int = Field(
        0,
        ge=0,
        le=1 << 53,
        description="Rows of JSON that are passed over: from the cursor on, or from the beginning.",
        examples=[0],
    )
    at: str | None = Field(None, description=AT, examples=["2100-01-01"])


class ChosenRecords(Chosen):
    """Which records are wanted."""

    search: str = Field("", description="Only rows that have this text in a cell.")
    count: bool = Field(False, description="Count the rows that are chosen, for `total`: that reads them all.")


class Listing(Chosen):
    """What is wanted of a list."""

    all_versions: bool = Field(False, description="Older versions too.")


class SearchedListing(Listing):
    """What is wanted of a list that can be searched."""

    search: str = Field("", description="Only what has this text in its id, name, description or other metadata.")


class TaggedListing(SearchedListing):
    """What is wanted of a list of things that have tags."""

    tag: list[str] = Field(default_factory=list, description="Only what has this tag. Several: all have to be there.")


class OfTags(Form):
    """Whose tags are counted."""

    all_versions: bool = Field(False, description="Those of older versions too.")
    at: str | None = Field(None, description=AT, examples=["2100-01-01"])


class Beginning(Form):
    """How references begin."""

    prefix: str = Field("", description="Of ids; after an `@` of versions.", examples=["com"])


class Shown(Form):
    """Of one thing."""

    at: str | None = Field(None, description=f"A version. {AT}", examples=["2100-01-01"])


class Compared(Form):
    """Which versions are compared."""

    old: str = Field(description="A version or its beginning.", examples=["1.0.0"])
    new: str | None = Field(None, description="Another one; the newest if nothing is said.")
    summary: bool = Field(False, description="Only how many changes each part has.")
    limit: int | None = Field(None, ge=1, description="Only the first so many changes of JSON; `counts` has all.")


class Walked(Shown):
    """How far a graph is followed."""

    up: bool = Field(True, description="To what needs it.")
    down: bool = Field(True, description="To what it is made of.")
    depth: int | None = Field(None, ge=1, le=1_000, description="Over at most so many links.")


class HeadOf(Shown):
    """Which rows of a dataset."""

    where: list[str] = Field(
        default_factory=list,
        description="Such as `state=CO,CA`, `hour_of_day=7..9` or `value>5`. Several: all have to hold.",
    )
    columns: str = Field("", description="`NAME[,NAME]`: what is returned.")
    rows: int = Field(10, ge=0, description="How many rows.")


# Answers -------------------------------------------------------------------------------------------------------------


class Page(BaseModel):
    """A part of a list."""

    total: int | None = Field(description="Rows of all pages; null where nobody has counted them (see `count`).")
    next: str | None = Field(description="The address of the next page; null on the last one.")


class Records(Page):
    """Records of a dimension, or associations of a mapping."""

    reference: str = Field(description="Whose they are, with its version.", examples=["conus_2022/county@1.0.0"])
    columns: list[str] = Field(description="The names of all cells of a row.")
    items: list[dict[str, Any]]


class FirstRows(Page):
    """The first rows of a dataset as they are stored."""

    items: list[dict[str, Any]]
    remarks: list[str] = Field(description="What is the same for all rows, and how values are to be read.")


class Rows(Page):
    """Rows of a table."""

    items: list[dict[str, Any]]


class Version(BaseModel):
    """One version of something."""

    model_config = ConfigDict(extra="allow")

    version: str
    registered_at: str
    submitter: str
    log_message: str


class Entry(BaseModel):
    """One project, dataset, dimension or mapping; the rest of the members depends on its kind."""

    model_config = ConfigDict(extra="allow")

    version: str = Field(examples=["1.0.0"])
    description: str | None = None
    registered_at: str
    submitter: str
    log_message: str
    used_by: list[dict[str, Any]] = Field(description="What needs it.")
    versions: list[Version] = Field(description="All its versions, the newest first.")


class History(BaseModel):
    """The versions of something, oldest first, each with its events."""

    kind: str = Field(examples=["dataset"])
    id: str = Field(examples=["commercial_2018"])
    versions: list[dict[str, Any]]


class Difference(BaseModel):
    """What differs between two versions."""

    kind: str
    id: str
    old: str
    new: str
    level: str | None = Field(description="What such an update is; null where nothing differs.")
    counts: dict[str, int]
    changes: list[dict[str, Any]] | None = Field(None, description="Missing in a summary.")


class Graph(BaseModel):
    """What something is made of, and what needs it."""

    model_config = ConfigDict(extra="allow")

    root: dict[str, Any]
    nodes: list[dict[str, Any]]
    links: list[dict[str, Any]] = Field(default_factory=list, description="From `parent` to the `child` it is made of.")
    others: list[dict[str, Any]] = Field(default_factory=list, description="Other versions of the root.")


def _row(name: str) -> type[BaseModel]:
    types = {column: bool if column in TRUTH else int if column in INTEGERS else str for column in COLUMNS[name]}
    fields: Any = {column: (type_ | None, None) for column, type_ in types.items()}
    return create_model(f"RowOf{name.title()}", __doc__=f"A row of the list of {name}.", **fields)


ROWS: Final = {name: _row(name) for name in COLUMNS}


def _page(name: str) -> type[BaseModel]:
    items: Any = (GenericAlias(list, (ROWS[name],)), ...)
    return create_model(f"PageOf{name.title()}", __base__=Page, __doc__=f"A part of the list of {name}.", items=items)


PAGES: Final = {name: _page(name) for name in COLUMNS}


def answers(*formats: str, also: tuple[int, ...] = ()) -> dict[int | str, Any]:
    """Return what a route documents of its answers: the formats besides JSON, and the problems."""
    others = {MEDIA_TYPES[name]: {"schema": {"type": "string"}} for name in formats if name != "json"}
    return {
        200: {"description": "What was asked for.", "content": others},
        304: {"description": "The client has it already (`If-None-Match`)."},
        **responses(406, *also),
    }
