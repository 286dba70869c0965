"""What users do to jobs: cancel, try again, remove. Each asks first; the question is made by the browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dash import ALL, MATCH, ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update, set_props

from dsgrid.client.transport import IDEMPOTENCY
from dsgrid.viewer.asking import path_of
from dsgrid.viewer.parts.job_state import has_ended, is_ending, title_of
from dsgrid.viewer.visit import here

CANCEL: Final = "cancel"
RETRY: Final = "retry"
REMOVE: Final = "remove"
_WORDS: Final = {CANCEL: "Cancel", RETRY: "Try again", REMOVE: "Remove"}


def possible(job: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what may be done to a job now."""
    if not has_ended(job):
        return () if is_ending(job) else (CANCEL,)
    return (RETRY, REMOVE) if "retry" in (job.get("links") or {}) else (REMOVE,)


def actions(
    job: Mapping[str, Any], at: str, *, only: tuple[str, ...] = (CANCEL, RETRY, REMOVE), removed_to: str = ""
) -> Any:
    """Return the buttons for what may be done to a job.

    Parameters
    ----------
    at
        Where on the page: a job may have buttons in several places.
    only
        Which of them at most.
    removed_to
        The address to go to when it was removed; without one the page hears of it by ``job-acted``.
    """
    id_, name = str(job["id"]), title_of(job)
    found = [act for act in possible(job) if act in only]
    buttons = [
        html.Button(
            _WORDS[act],
            id={"type": "job-act", "job": id_, "at": at, "act": act},
            type="button",
            className="button",
            **{"aria-label": f"{_WORDS[act]}: {name}"},
        )
        for act in found
    ]
    about = {"name": name, "to": removed_to}
    return html.Span(
        [
            *buttons,
            dcc.Store(id={"type": "job-about", "job": id_, "at": at}, data=about),
            dcc.Store(id={"type": "job-wish", "job": id_, "at": at}),
            dcc.Store(id={"type": "job-acted", "job": id_, "at": at}),
        ],
        className="job-actions",
    )


def register(app: Dash) -> None:
    """Add what happens behind the buttons, on whatever page they are."""
    app.clientside_callback(
        ClientsideFunction("dsgrid_jobs", "ask"),
        Output({"type": "job-wish", "job": MATCH, "at": MATCH}, "data"),
        Input({"type": "job-act", "job": MATCH, "at": MATCH, "act": ALL}, "n_clicks"),
        State({"type": "job-about", "job": MATCH, "at": MATCH}, "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output({"type": "job-acted", "job": MATCH, "at": MATCH}, "data"),
        Input({"type": "job-wish", "job": MATCH, "at": MATCH}, "data"),
        State({"type": "job-about", "job": MATCH, "at": MATCH}, "data"),
        State({"type": "job-about", "job": MATCH, "at": MATCH}, "id"),
        prevent_initial_call=True,
    )
    def act(wish: Mapping[str, str] | None, about: Mapping[str, str], id_: Mapping[str, str]) -> Any:
        if not wish:
            return no_update
        visit = here()
        done, job = wish["act"], id_["job"]
        if done == REMOVE:
            visit.ask.delete(path_of("jobs", job))
            if about.get("to"):
                set_props("address", {"href": about["to"]})
        elif done == RETRY:
            # Who clicks twice wants it once.
            made = visit.ask.post(path_of("jobs", job, RETRY), headers={IDEMPOTENCY: wish["key"]})
            set_props("address", {"href": visit.href("job", made["id"])})
        elif done == CANCEL:
            visit.ask.post(path_of("jobs", job, CANCEL))
        return dict(wish)
