"""What there is to say about one project, dataset, dimension or mapping."""

from __future__ import annotations

from typing import IO, Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from dsgrid.api.access.depends import Here, Reader
from dsgrid.api.answers.answers import LOCK_TIMEOUT, Deadline, answer
from dsgrid.api.answers.documents import JSON_OR_TEXT, answer_document
from dsgrid.api.answers.negotiation import MEDIA_TYPES, chosen, offered
from dsgrid.api.answers.parameters import known_parameters, plain
from dsgrid.api.answers.tables import write_list
from dsgrid.api.routes.registry_models import Entry, Reference, Rows, Shown, answers
from dsgrid.operations.registry_contents import show_entry, uses_of
from dsgrid.registry.uses import COLUMNS as USES

router = APIRouter(tags=["registry"], dependencies=[Depends(known_parameters)])
KINDS: Final = {
    "projects": "project",
    "datasets": "dataset",
    "dimensions": "dimension",
    "mappings": "mapping",
    "entries": None,
}
USES_FORMATS: Final = ("json", "csv", "text")
PROFILE_FORMATS: Final = ("json", "csv", "arrow", "text")
PROFILE: Final = ("metric", "unit", "combinations", "of", "values", "min", "mean", "max", "sum")


def named(kind: str | None) -> str:
    """Return what a thing of a kind is called; of any kind where it is None."""
    return f"a {kind}" if kind else "a project, dataset, dimension or mapping"


@router.get(
    "/datasets/{reference:path}/profiles",
    operation_id="profiles_of_datasets",
    summary="Read what a dataset's values are like",
    response_model=Rows,
    responses=answers(*PROFILE_FORMATS, also=(404,)),
)
def profiles(
    reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[Shown, Query()]
) -> Response:
    """Of each metric its unit, how many combinations and values there are, and their range, mean and sum."""
    plain(here.settings.limits, reference=reference, at=choice.at)
    form = chosen(request, offered(*PROFILE_FORMATS), choice.format)

    def write(file: IO[bytes], _deadline: Deadline) -> None:
        found = _shown(reference, here, choice, "dataset")["profile"]
        write_list(file, form, "profile", PROFILE, found, choice.line)

    return answer(request, here, MEDIA_TYPES[form], write)


def _uses(folder: str, kind: str) -> None:
    def uses(
        reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[Shown, Query()]
    ) -> Response:
        plain(here.settings.limits, reference=reference, at=choice.at)
        form = chosen(request, offered(*USES_FORMATS), choice.format)

        def write(file: IO[bytes], _deadline: Deadline) -> None:
            found = uses_of(here.settings.registry, reference, kind, at=choice.at, lock_timeout=LOCK_TIMEOUT)
            write_list(file, form, "uses", USES, found, choice.line)

        return answer(request, here, MEDIA_TYPES[form], write)

    router.add_api_route(
        f"/{folder}/{{reference:path}}/uses",
        uses,
        methods=["GET"],
        operation_id=f"uses_of_{folder}",
        summary=f"Tell what uses {named(kind)}",
        description="Projects, datasets and mappings, each with its `role`: as what, under which `name`, and beside "
        "what (`of`).",
        response_model=Rows,
        responses=answers(*USES_FORMATS, also=(404,)),
    )


_uses("dimensions", "dimension")
_uses("mappings", "mapping")


def _shown(reference: str, here: Here, choice: Shown, kind: str | None) -> dict[str, Any]:
    return show_entry(here.settings.registry, reference, at=choice.at, kind=kind, lock_timeout=LOCK_TIMEOUT)


def _route(folder: str, kind: str | None) -> None:
    def show(
        reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[Shown, Query()]
    ) -> Response:
        plain(here.settings.limits, reference=reference, at=choice.at)

        def made(_deadline: Deadline) -> Any:
            return _shown(reference, here, choice, kind)

        return answer_document(request, here, made, formats=JSON_OR_TEXT, wanted=choice.format, line=choice.line)

    router.add_api_route(
        f"/{folder}/{{reference:path}}",
        show,
        methods=["GET"],
        operation_id=f"show_{folder}",
        summary=f"Show {named(kind)}",
        description="What it has, who uses it, its versions and who registered them. "
        "An id that ends like an address of this server (`.../records`) is named with its version.",
        response_model=Entry,
        responses=answers("text", also=(404,)),
    )


for _folder, _kind in KINDS.items():
    _route(_folder, _kind)
