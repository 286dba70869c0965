"""What happens on the page: changes of the form and of the text, the plan, the run, the recent jobs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from dash import ALL, ClientsideFunction, Dash, Input, Output, dcc, html, no_update
from dash import State as Kept

from dsgrid.errors import DsgridError, ServerError
from dsgrid.viewer.asking import path_of
from dsgrid.viewer.pages.builder.changes import changed
from dsgrid.viewer.pages.builder.plan import at_fields, plan, problems
from dsgrid.viewer.pages.builder.showing import formed, hints_of, may_ask, names_of
from dsgrid.viewer.pages.builder.state import State, fresh, read, restored, state_of, stored
from dsgrid.viewer.parts.job_follower import follower
from dsgrid.viewer.parts.job_state import has_ended, state_tag, title_of
from dsgrid.viewer.parts.numbers import moment
from dsgrid.viewer.parts.states import empty, failed, guarded
from dsgrid.viewer.problems import told
from dsgrid.viewer.visit import Visit, here

_RECENT: Final = 6
_SEEK: Final = ".seek"
# Fields of text that nothing else in the form depends on: it stays as it is while one types.
_QUIET: Final = (
    "name",
    "at",
    "first",
    "second",
    "unit",
    "zone",
    "points",
    "tolerance_percent",
    "base_year",
    "percentiles",
)


def register(app: Dash) -> None:
    """Add the page's callbacks."""

    @app.callback(
        Output("build-state", "data"),
        Output("build-form", "children"),
        Output("build-text", "value"),
        Input("build-said", "data"),
        Kept("build-state", "data"),
        prevent_initial_call=True,
    )
    def change(said: Mapping[str, Any] | None, held: Mapping[str, Any]) -> tuple[Any, Any, Any]:
        if not said:
            return no_update, no_update, no_update
        try:
            now = after(here(), restored(held), said)
            shown = no_update if _is_quiet(said) else formed(here().ask, now)
        except DsgridError as error:
            told(error)
            if isinstance(error, ServerError):
                # The browser keeps what nobody could hear, and tells it again with the next change.
                return no_update, no_update, no_update
            # Heard, though nothing came of it: the form shows what it showed before.
            return {**held, "n": said.get("n", 0)}, no_update, no_update
        # The text that somebody writes stays as it is, unless the form has changed it since.
        text = no_update if "text" in said and now.text == said["text"] else now.text
        return {**stored(now), "n": said.get("n", 0)}, shown, text

    app.clientside_callback(
        ClientsideFunction("dsgrid_build", "arrived"), Output("build-done", "data"), Input("build-state", "data")
    )
    app.clientside_callback(
        ClientsideFunction("dsgrid_build", "told"),
        Output("build-done", "modified_timestamp"),
        Input("build-problems", "data"),
    )

    @app.callback(
        Output("build-plan", "children"),
        Output("build-problems", "data"),
        Input("build-asked", "data"),
        prevent_initial_call=True,
    )
    def explain(asked: Mapping[str, Any] | None) -> tuple[Any, Any]:
        return planned(here(), restored((asked or {}).get("state")))

    @app.callback(
        Output("build-progress", "children"),
        Output("build-job", "data"),
        Input("build-go", "data"),
        Kept("build-text", "value"),
        Kept("build-job", "data"),
        running=[(Output("build-run", "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def run(wanted: Any, text: str | None, known: Mapping[str, Any] | None) -> tuple[Any, Any]:
        if not wanted:
            return no_update, no_update
        return ran(here(), text or "", known or {})

    @app.callback(
        Output("build-recent", "children"), Input("build-job", "data"), Input({"type": "job-ended", "job": ALL}, "data")
    )
    @guarded
    def recent(_job: Any, _ended: Any) -> Any:
        return recent_jobs(here())


def _is_quiet(said: Mapping[str, Any]) -> bool:
    changes = said.get("changes", ())
    return not {"text", "state"} & said.keys() and all(
        "set" in each and str(each.get("at", "")).rpartition(".")[2] in _QUIET for each in changes
    )


def after(visit: Visit, before: State, said: Mapping[str, Any]) -> State:
    """Return what becomes of a state by what the browser says."""
    # What the browser has kept comes first, then what was written, then what the form changes of it.
    if "state" in said:
        before = restored(said["state"])
    if "text" in said:
        before = read(str(said["text"]))
    state = before
    typed = dict(before.typed)
    changes = [each for each in said.get("changes", ()) if isinstance(each, dict)]
    if any(each.get("do") == "fresh" for each in changes):
        return fresh(before.draft.project, before.draft.dataset, before.draft.job)
    others = []
    for each in changes:
        place = str(each.get("at", ""))
        if place.endswith(_SEEK):
            typed[place.removesuffix(_SEEK)] = str(each.get("set", ""))
        else:
            others.append(each)
            if "do" in each:
                typed = {}  # items have other numbers now
    if others and not before.problem:
        catalog = names_of(visit.ask, before.draft, hints_of(visit.ask, before.draft))
        draft = changed(before.draft, others, catalog)
        if draft != before.draft:
            state = state_of(draft)
    return replace(state, typed=typed)


def planned(visit: Visit, state: State) -> tuple[Any, list[dict[str, str]]]:
    """Return the plan of a state, or what is wrong with it; and the problems with their places in the form."""
    if not may_ask(visit):
        return html.P("What this reads and makes is told to who may run it.", className="hint"), []
    if not state.problem and not state.draft.is_askable:
        return html.P(_missing(state), className="hint"), []
    try:
        return plan(visit.ask.post("/explain", state.text)), []
    except DsgridError as error:
        found = _found(error)
        if not found:
            return failed(error, visit), []
        return problems(found), at_fields(found, state.draft, is_written=state.is_written)


def _found(error: DsgridError) -> list[dict[str, str]]:
    """Return what is wrong with places in a spec; nothing for what is wrong elsewhere."""
    found = [{"message": each.message, "key": each.key, "where": each.where} for each in error.problems]
    return found if any(each["key"] or each["where"] for each in found) else []


def _missing(state: State) -> str:
    draft = state.draft
    if draft.job != "query_dataset" and not draft.project:
        wanted = "Choose a project"
    elif draft.job != "query" and not draft.dataset:
        wanted = "Choose a dataset"
    elif not draft.name:
        wanted = "Give it a name"
    else:
        wanted = "Choose at least one source"
    return f"{wanted}; the plan follows."


def ran(visit: Visit, text: str, known: Mapping[str, Any]) -> tuple[Any, Any]:
    """Hand a spec in, once however often one clicks; and return how its job stands."""
    nonce = int(known.get("nonce") or 0)
    digest = hashlib.sha256(text.encode()).hexdigest()[:24]
    try:
        if known.get("id") and known.get("digest") == digest:
            job = visit.ask.get(path_of("jobs", str(known["id"])))
            if has_ended(job):
                nonce += 1
        key = f"viewer-{known.get('page', '')}-{nonce}-{digest}"
        job = visit.ask.post("/queries", text, headers={"Idempotency-Key": key})
    except DsgridError as error:
        if found := _found(error):
            told = html.P("Not handed in, as the spec is not right yet.", className="problem", role="alert")
            return html.Div([told, problems(found)]), no_update
        return failed(error, visit), no_update
    return follower(visit, job), {**known, "id": job["id"], "digest": digest, "nonce": nonce}


def recent_jobs(visit: Visit) -> Any:
    """Return the newest jobs of who looks."""
    if not may_ask(visit):
        return empty("Jobs are of who may run them.")
    rows = visit.ask.get("/jobs", limit=_RECENT)["items"]
    if not rows:
        return empty("No job yet.")
    return html.Ul(
        [
            html.Li(
                [
                    dcc.Link(title_of(job), href=visit.href("job", job["id"])),
                    state_tag(job),
                    html.Span(moment(job["created_at"]), className="hint"),
                    dcc.Link("result", href=visit.href("results", job["id"]))
                    if "result" in (job.get("links") or {})
                    else None,
                    dcc.Link("this spec", href=visit.href("build", job=job["id"])),
                ]
            )
            for job in rows
        ],
        className="recent",
    )


__all__ = ["after", "planned", "ran", "recent_jobs", "register"]
