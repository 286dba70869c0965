"""How things of a registry came to be, what their versions differ in, and what needs what."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from dsgrid.api.access.depends import Here, Reader
from dsgrid.api.answers.answers import LOCK_TIMEOUT, answer_text
from dsgrid.api.answers.parameters import known_parameters, plain
from dsgrid.api.answers.tables import dumps
from dsgrid.api.problems.problems import ApiError
from dsgrid.api.routes.entries import KINDS, named
from dsgrid.api.routes.registry_models import Compared, Difference, Form, Graph, History, Reference, Walked, answers
from dsgrid.operations.diff import diff
from dsgrid.operations.graph import dependency_graph
from dsgrid.operations.history import history
from dsgrid.operations.text_tables import cut

router = APIRouter(tags=["registry"], dependencies=[Depends(known_parameters)])
FORMATS: Final = ("json", "text")
GRAPH_FORMATS: Final = ("json", "text", "mermaid", "dot")


def _history(folder: str, kind: str | None) -> None:
    def show_history(
        reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[Form, Query()]
    ) -> Response:
        plain(here.settings.limits, reference=reference)

        def made(form: str) -> str:
            found = history(here.settings.registry, reference, kind=kind, lock_timeout=LOCK_TIMEOUT)
            return dumps(found.document()) if form == "json" else found.report(choice.line)

        return answer_text(request, here, FORMATS, choice.format, made)

    router.add_api_route(
        f"/{folder}/{{reference:path}}/history",
        show_history,
        methods=["GET"],
        operation_id=f"history_of_{folder}",
        summary=f"Tell the history of {named(kind)}",
        description="Its versions, those that were removed too: when, who, why, by which job. Of projects and datasets "
        "also what was submitted, carried along to a new version of the project, or not and why.",
        response_model=History,
        responses=answers("text", also=(404,)),
    )


def _diff(folder: str, kind: str | None) -> None:
    def compare(
        reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[Compared, Query()]
    ) -> Response:
        plain(here.settings.limits, reference=reference, old=choice.old, new=choice.new)

        def made(form: str) -> str:
            folder_ = here.settings.registry
            found = diff(folder_, reference, choice.old, choice.new, kind=kind, lock_timeout=LOCK_TIMEOUT)
            if form == "json":
                return dumps(found.document(choice.summary, choice.limit))
            return "\n".join(cut(line, choice.line) for line in found.report(choice.summary).splitlines())

        return answer_text(request, here, FORMATS, choice.format, made)

    router.add_api_route(
        f"/{folder}/{{reference:path}}/diff",
        compare,
        methods=["GET"],
        operation_id=f"diff_of_{folder}",
        summary=f"Compare two versions of {named(kind)}",
        description="In all parts; without `new` with the newest.",
        response_model=Difference,
        responses=answers("text", also=(404,)),
    )


def _graph(folder: str, kind: str | None) -> None:
    def walk(
        reference: Reference, request: Request, here: Here, _user: Reader, choice: Annotated[Walked, Query()]
    ) -> Response:
        plain(here.settings.limits, reference=reference, at=choice.at)
        if not (choice.up or choice.down):
            raise ApiError(400, "bad request", "neither up nor down is wanted; leave one of them out")

        def made(form: str) -> str:
            found = dependency_graph(
                here.settings.registry,
                f"{kind} {reference}" if kind else reference,
                up=choice.up,
                down=choice.down,
                depth=choice.depth,
                at=choice.at,
                lock_timeout=LOCK_TIMEOUT,
            )
            if form == "json":
                return dumps(found.document())
            if form == "text":
                return found.text(choice.line)
            return found.mermaid() if form == "mermaid" else found.dot()

        return answer_text(request, here, GRAPH_FORMATS, choice.format, made)

    what = "A submission (`project/dataset`) or query has one, too." if kind is None else ""
    router.add_api_route(
        f"/{folder}/{{reference:path}}/graph",
        walk,
        methods=["GET"],
        operation_id=f"graph_of_{folder}",
        summary=f"Show what {named(kind)} is made of, and what needs it",
        description=f"As JSON, as trees, or for drawing (Mermaid, Graphviz). {what}".strip(),
        response_model=Graph,
        responses=answers("text", "mermaid", "dot", also=(404,)),
    )


for _folder, _kind in KINDS.items():
    _history(_folder, _kind)
    _diff(_folder, _kind)
    _graph(_folder, _kind)
