"""The routes of what comes before work: specs are checked and planned, and nothing runs."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dsgrid.api.access.context import Context
from dsgrid.api.access.depends import Analyst, Contributor, Here
from dsgrid.api.answers.negotiation import chosen, offered
from dsgrid.api.answers.parameters import known_parameters
from dsgrid.api.job import Options
from dsgrid.api.jobs.kinds import KINDS
from dsgrid.api.problems.documents import ProblemItem
from dsgrid.api.problems.problems import ApiError, items, responses
from dsgrid.api.problems.redaction import redaction
from dsgrid.api.roles import User
from dsgrid.api.routes.work_models import QUERIES, SUBMIT, Explanation, PlanDocument, Validation
from dsgrid.api.routes.work_parameters import Allow, At, Form, Variables, content_type, level, variables
from dsgrid.api.runners.choice import AUTO, choose
from dsgrid.api.work.intake import explained, planned, validated
from dsgrid.api.work.received import Received, receive
from dsgrid.api.work.spec_bodies import body
from dsgrid.errors import DsgridError, Problem, RegistryLockedError, StorageError, UsageError, class_name
from dsgrid.operations.asking import ASKING
from dsgrid.operations.plan import PLANNED

router: Final = APIRouter(tags=["work"], dependencies=[Depends(known_parameters)])

_TEXT: Final = {
    "content": {
        "application/json": {},
        "text/plain": {"schema": {"type": "string", "description": "The same for people."}},
    }
}


@router.post(
    "/explain",
    operation_id="explain_query",
    summary="Plan a query",
    description="What a query reads, its stages, and how many rows each has; nothing runs.",
    response_model=Explanation,
    responses={200: {"description": "The plan.", **_TEXT}, **responses(406, 413, 415, 422)},
    openapi_extra=body(ASKING, QUERIES),
)
async def explain_query(
    request: Request, here: Here, user: Analyst, given: Variables = None, at: At = None, form: Form = None
) -> Response:
    """Plan a query."""
    wanted = chosen(request, offered("json", "text"), form)
    options = Options(variables(given, here.settings.limits), at)
    sent = await request.body()

    def work() -> tuple[str, dict[str, Any], Received]:
        received = receive(sent, content_type(request), options, user, here, kinds=ASKING, is_run=False)
        found = explained(received, here)
        document = found.document()
        return found.report(), {**document, "runner": _runner(received.spec.job, document, here)}, received

    async with here.plans.place(user.name):
        report, document, received = await run_in_threadpool(work)
    return _shown(here, wanted, report, document, received)


@router.post(
    "/plan",
    operation_id="plan_spec",
    summary="Plan a registration",
    description="What applying a spec of a project, a dataset, a submission, dimensions or mappings would register or "
    "change; nothing is written.",
    response_model=PlanDocument,
    responses={200: {"description": "What would be done.", **_TEXT}, **responses(406, 409, 413, 415, 422)},
    openapi_extra=body(PLANNED, {"submit_dataset": SUBMIT}),
)
async def plan_spec(
    request: Request, here: Here, user: Contributor, given: Variables = None, allow: Allow = None, form: Form = None
) -> Response:
    """Plan a registration."""
    wanted = chosen(request, offered("json", "text"), form)
    options = Options(variables(given, here.settings.limits), allow=level(allow))
    sent = await request.body()

    def work() -> tuple[str, dict[str, Any], Received]:
        received = receive(sent, content_type(request), options, user, here)
        found = planned(received, here)
        return found.report(), found.document(), received

    async with here.plans.place(user.name):
        report, document, received = await run_in_threadpool(work)
    return _shown(here, wanted, report, document, received)


@router.post(
    "/validate",
    operation_id="validate_spec",
    summary="Check a spec",
    description="Whether a spec would be taken in: its syntax, its schema, the files that it names, and names in the "
    "registry. The answer is 200 also where it is wrong; `problems` has everything at once.",
    responses=responses(413, 415),
    openapi_extra=body(KINDS, {**QUERIES, "submit_dataset": SUBMIT}),
)
async def validate_spec(
    request: Request, here: Here, user: Analyst, given: Variables = None, at: At = None
) -> Validation:
    """Check a spec."""
    options = Options(variables(given, here.settings.limits), at)
    sent = await request.body()
    async with here.plans.place(user.name):
        found = await run_in_threadpool(_checked, sent, content_type(request), options, user, here)
    shown: dict[str, Any] = redaction(here.settings).document(found.model_dump())
    return Validation.model_validate(shown)


def _checked(sent: bytes, content_type: str, options: Options, user: User, here: Context) -> Validation:
    job, notes = None, list[str]()
    try:
        received = receive(sent, content_type, options, user, here)
        job, notes = received.spec.job, list(received.notes)
        if job in ASKING and options.at is not None:
            explained(received, here)
        remarks = [str(each) for each in validated(received, here).remarks]
    except ApiError as error:
        if error.status != 422:
            raise
        return _wrong(job, error.problems or (Problem(error.detail),), error.error, notes)
    except (RegistryLockedError, StorageError):
        raise
    except DsgridError as error:
        return _wrong(job, error.problems, class_name(error), notes)
    return Validation(valid=True, job=job, problems=[], remarks=remarks, notes=notes)


def _wrong(job: str | None, problems: tuple[Problem, ...], error: str, notes: list[str]) -> Validation:
    wrong = [ProblemItem(**items(each)) for each in problems]
    return Validation(valid=False, error=error, job=job, problems=wrong, remarks=[], notes=notes)


def _runner(job: str, document: dict[str, Any], here: Context) -> dict[str, Any]:
    """Return what would carry a query out; that there is nothing is no mistake of the query."""
    try:
        choice = choose(job, document.get("expected") or {}, AUTO, here.settings)
    except UsageError as error:
        return {"name": None, "why": str(error)}
    return {"name": choice.runner, "why": choice.why}


def _shown(here: Context, form: str, report: str, document: dict[str, Any], received: Received) -> Response:
    hidden = redaction(here.settings)
    if form == "text":
        return PlainTextResponse(f"{hidden.text(report)}\n")
    return JSONResponse(hidden.document({**document, "report": report, "notes": list(received.notes)}))
