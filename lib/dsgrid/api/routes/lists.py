"""The lists of a registry: projects, datasets, and what else there is; and the tags in use."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import IO, Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from dsgrid.api.access.depends import Here, Reader
from dsgrid.api.answers import paging
from dsgrid.api.answers.answers import LOCK_TIMEOUT, Deadline, answer
from dsgrid.api.answers.negotiation import MEDIA_TYPES, chosen, offered
from dsgrid.api.answers.parameters import known_parameters, names, plain
from dsgrid.api.answers.tables import selection_of, write_list, write_page, write_table
from dsgrid.api.routes.registry_models import (
    PAGES,
    Beginning,
    Listing,
    OfTags,
    Rows,
    SearchedListing,
    TaggedListing,
    answers,
)
from dsgrid.operations.list_text import lists_text
from dsgrid.operations.registry_contents import count_tags, list_registry, references
from dsgrid.registry.listing import COLUMNS

router = APIRouter(tags=["registry"], dependencies=[Depends(known_parameters)])
FORMATS: Final = ("json", "csv", "arrow", "parquet", "text")
_DESCRIPTIONS: Final = {
    "projects": "The newest version of each project.",
    "datasets": "The newest version of each dataset.",
    "submissions": "Which datasets are submitted to the newest versions of projects, invalidated ones too.",
    "composites": "Results of queries that their projects have as sources of others.",
    "dimensions": "The newest version of each dimension, time included.",
    "mappings": "The newest version of each mapping.",
    "aliases": "Ids and versions that something had in a registry that it was imported from.",
    "registrations": "Every registration, oldest first.",
}


def _list(name: str, request: Request, here: Here, choice: Listing) -> Response:
    limits = here.settings.limits
    tags = getattr(choice, "tag", [])
    search = getattr(choice, "search", "")
    plain(limits, where=choice.where, tag=tags, search=search, sort=choice.sort, columns=choice.columns, at=choice.at)
    size = paging.page_size(choice.limit, limits)
    form = chosen(request, offered(*FORMATS), choice.format)
    columns = names(choice.columns)

    def write(file: IO[bytes], _deadline: Deadline) -> Mapping[str, str]:
        found = list_registry(
            here.settings.registry,
            (name,),
            where=choice.where,
            tags=tags,
            search=search,
            sort=choice.sort,
            columns=columns,
            all_versions=choice.all_versions,
            at=choice.at,
            lock_timeout=LOCK_TIMEOUT,
        )[name]
        if form == "text":
            text = lists_text({name: found[: choice.limit]}, columns, choice.line)
            file.write(f"{text}\n".encode())
            return {}
        return _write(request, form, name, columns or COLUMNS[name], found, choice, size, file)

    return answer(request, here, MEDIA_TYPES[form], write)


def _write(
    request: Request,
    form: str,
    name: str,
    columns: Sequence[str],
    found: list[dict[str, Any]],
    choice: Listing,
    size: int,
    file: IO[bytes],
) -> Mapping[str, str]:
    if form != "json":
        write_table(selection_of(name, columns, found[: choice.limit]), form, file)
        return {}
    listing, of = paging.listing_of(request), _digest(found)
    start = 0 if choice.cursor is None else int(paging.decoded(choice.cursor, listing, of))
    start += choice.offset
    end = start + size
    after = paging.encoded(end, listing, of) if end < len(found) else None
    url = paging.next_url(request, after)
    page = selection_of(name, columns, found[start:end])
    write_page(page, file, size, lambda _more: {"total": len(found), "next": url})
    return paging.link(url)


def _digest(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what a place in a list is bound to: to its rows, and to no other list."""
    return hashlib.sha256(json.dumps(rows, default=str).encode()).hexdigest()[:16]


def _route(name: str, asked: Any) -> None:
    router.add_api_route(
        f"/{name}",
        asked,
        methods=["GET"],
        operation_id=f"list_{name}",
        summary=f"List {name}",
        description=f"{_DESCRIPTIONS[name]} As JSON in pages; in other forms all rows.",
        response_model=PAGES[name],
        responses=answers(*FORMATS, also=(404, 409)),
    )


def _tagged(name: str) -> None:
    def asked(request: Request, here: Here, _user: Reader, choice: Annotated[TaggedListing, Query()]) -> Response:
        return _list(name, request, here, choice)

    _route(name, asked)


def _searched(name: str) -> None:
    def asked(request: Request, here: Here, _user: Reader, choice: Annotated[SearchedListing, Query()]) -> Response:
        return _list(name, request, here, choice)

    _route(name, asked)


def _plain(name: str) -> None:
    def asked(request: Request, here: Here, _user: Reader, choice: Annotated[Listing, Query()]) -> Response:
        return _list(name, request, here, choice)

    _route(name, asked)


for _each, _kind in (
    ("projects", _tagged),
    ("datasets", _tagged),
    ("submissions", _plain),
    ("composites", _plain),
    ("dimensions", _searched),
    ("mappings", _searched),
    ("aliases", _plain),
    ("registrations", _plain),
):
    _kind(_each)


@router.get(
    "/tags",
    operation_id="list_tags",
    summary="Count tags",
    response_model=Rows,
    responses=answers("csv", "text", also=(404,)),
)
def list_tags(request: Request, here: Here, _user: Reader, choice: Annotated[OfTags, Query()]) -> Response:
    """How many projects and datasets have each tag, the most frequent first."""
    plain(here.settings.limits, at=choice.at)
    form = chosen(request, offered("json", "csv", "text"), choice.format)

    def write(file: IO[bytes], _deadline: Deadline) -> None:
        folder, every = here.settings.registry, choice.all_versions
        counts = count_tags(folder, all_versions=every, at=choice.at, lock_timeout=LOCK_TIMEOUT)
        rows = [{"tag": tag, "count": count} for tag, count in counts.items()]
        write_list(file, form, "tags", ("tag", "count"), rows, choice.line)

    return answer(request, here, MEDIA_TYPES[form], write)


@router.get(
    "/references",
    operation_id="list_references",
    summary="Complete a reference",
    response_model=Rows,
    responses=answers("csv", "text"),
)
def list_references(request: Request, here: Here, _user: Reader, choice: Annotated[Beginning, Query()]) -> Response:
    """Ids of projects, datasets, dimensions and mappings that begin with a text; after an `@` the versions."""
    plain(here.settings.limits, prefix=choice.prefix)
    form = chosen(request, offered("json", "csv", "text"), choice.format)

    def write(file: IO[bytes], _deadline: Deadline) -> None:
        rows = [{"reference": each, "kind": kind} for each, kind in references(here.settings.registry, choice.prefix)]
        write_list(file, form, "references", ("reference", "kind"), rows, choice.line)

    return answer(request, here, MEDIA_TYPES[form], write)
