"""What the page holds between two looks: the draft, the text, what is typed to find records."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dsgrid.viewer.pages.builder.changes import suggested_name
from dsgrid.viewer.specs.draft import JOBS, Draft, Step
from dsgrid.viewer.specs.reading import draft_of
from dsgrid.viewer.specs.writing import document_of, text_of


@dataclass(frozen=True)
class State:
    """What a page holds.

    Parameters
    ----------
    text
        The spec that is planned and runs.
    typed
        By place of a filter what is searched for.
    problem
        Why the form cannot show the text; empty where it can.
    """

    draft: Draft
    text: str
    typed: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    @property
    def is_written(self) -> bool:
        """Whether the text is what the form writes, without comments and order of a writer's own."""
        return not self.problem and self.text == text_of(self.draft)


def state_of(draft: Draft) -> State:
    """Return the state of a draft that the form has made."""
    return State(draft, text_of(draft))


def read(text: str) -> State:
    """Return the state of a text that somebody has written."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits
        return State(Draft(), text, problem=f"This is no TOML: {str(error) or 'too deep'}")
    job = document.get("job")
    if job is not None and job not in JOBS:
        return State(Draft(), text, problem=f"This is a spec of {job!r}; expected one of a query: {', '.join(JOBS)}")
    if place := _strange(document, ""):
        return State(
            Draft(), text, problem=f"{place} is a date or no finite number; expected text in quotes, or a number"
        )
    return State(draft_of(document), text)


def fresh(project: str = "", dataset: str = "", job: str = "") -> State:
    """Return the state of a page where nothing is asked yet."""
    draft = Draft(job=job or Draft.job, project=project, dataset=dataset, step=(Step(),))
    return state_of(replace(draft, name=suggested_name(draft)))


def stored(state: State) -> dict[str, Any]:
    """Return a state as the browser keeps it."""
    return {
        "document": document_of(state.draft, whole=True),
        "text": state.text,
        "typed": dict(state.typed),
        "problem": state.problem,
    }


def restored(data: Any) -> State:
    """Return a state that comes back from the browser; whatever it is, it is a state."""
    found = data if isinstance(data, dict) else {}
    document = found.get("document")
    draft = draft_of(document) if isinstance(document, dict) else Draft()
    typed = found.get("typed")
    state = State(draft, str(found.get("text") or ""), problem=str(found.get("problem") or ""))
    if isinstance(typed, dict):
        state = replace(state, typed={str(place): str(words)[:200] for place, words in typed.items()})
    return state


def _strange(value: Any, place: str) -> str:
    """Return the place of what no spec has and a form cannot keep; nothing where all is well."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        if found := _strange(child, f"{place}[{key}]" if isinstance(key, int) else f"{place}.{key}".removeprefix(".")):
            return found
    is_odd = not isinstance(value, dict | list | str | bool | int | float)
    return place if is_odd or (isinstance(value, float) and not math.isfinite(value)) else ""
