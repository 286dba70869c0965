"""What browsers ask of callbacks, looked at before one is called: what no page of the viewer sends is refused.

Whoever has a session may send anything; without this, what is no question at all would look like a defect of the
viewer. What pages keep in the browser is not known here: who sends nonsense for that is told of a defect, in a line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import flask
from dash import Dash
from flask import Flask, Response, request

PATH: Final = "/_dash-update-component"
_WILD: Final = (["MATCH"], ["ALL"], ["ALLSMALLER"])
_MANY: Final = (["ALL"], ["ALLSMALLER"])
_TEXT: Final = (str, type(None))
_COUNT: Final = (int, float, type(None))
_DETAILS: Final = (dict, type(None))
# What browsers have at these; what others hold is for pages to say.
_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "pathname": _TEXT,
    "search": _TEXT,
    "hash": _TEXT,
    "href": _TEXT,
    "n_clicks": _COUNT,
    "n_submit": _COUNT,
    "n_blur": _COUNT,
    "n_intervals": _COUNT,
    "modified_timestamp": _COUNT,
    "getRowsRequest": _DETAILS,
    "clickData": _DETAILS,
    "tapNodeData": _DETAILS,
    "value": (str, int, float, list, type(None)),
}
_Definition = Sequence[Mapping[str, Any]]


def install(flask_app: Flask, app: Dash) -> None:
    """Refuse what no page sends, with 400; after those guards that ask who sends it."""

    @flask_app.before_request
    def look() -> Response | None:
        if request.path != PATH or request.method != "POST":
            return None
        asked = asked_now()
        known = app.callback_map.get(asked.get("output")) if asked is not None and _is_name(asked) else None
        if asked is None or known is None or not is_sound(asked, known["inputs"], known["state"]):
            return flask.make_response(
                "no page of the viewer asks this\n", 400, {"Content-Type": "text/plain; charset=utf-8"}
            )
        return None


def asked_now() -> dict[str, Any] | None:
    """Return what the present request asks of a callback; None for what is none."""
    try:
        found = request.get_json(silent=True)
        if b"\\ud" in request.get_data().lower():
            # Half of a character can be written in JSON, and nowhere else.
            json.dumps(found, ensure_ascii=False).encode()
    except (RecursionError, UnicodeError):
        return None
    return found if isinstance(found, dict) else None


def is_sound(asked: Mapping[str, Any], inputs: _Definition, state: _Definition) -> bool:
    """Say whether a question has the form of a callback's.

    Parameters
    ----------
    inputs, state
        As the callback is defined.
    """
    changed = asked.get("changedPropIds", [])
    return (
        _are_values(asked.get("inputs", []), inputs)
        and _are_values(asked.get("state", []), state)
        and isinstance(changed, list)
        and all(isinstance(each, str) for each in changed)
        and _are_outputs(asked.get("outputs"), str(asked["output"]))
    )


def _is_name(asked: Mapping[str, Any]) -> bool:
    return isinstance(asked.get("output"), str)


def _are_values(given: Any, defined: _Definition) -> bool:
    if not isinstance(given, list) or len(given) != len(defined):
        return False
    return all(_fits(each, one) for each, one in zip(given, defined, strict=True))


def _fits(given: Any, defined: Mapping[str, Any]) -> bool:
    pattern = _id_of(defined["id"])
    if isinstance(pattern, dict) and any(value in _MANY for value in pattern.values()):
        return isinstance(given, list) and all(_is_one(each, pattern, defined["property"]) for each in given)
    return _is_one(given, pattern, defined["property"])


def _is_one(given: Any, pattern: Any, name: str) -> bool:
    if not isinstance(given, dict) or given.get("property") != name:
        return False
    kinds = _KINDS.get(name)
    if kinds is not None and not isinstance(given.get("value"), kinds):
        return False
    found = given.get("id")
    if not isinstance(pattern, dict):
        return bool(found == pattern)
    if not isinstance(found, dict) or found.keys() != pattern.keys():
        return False
    return all(
        isinstance(found[key], str | int | float) if value in _WILD else found[key] == value
        for key, value in pattern.items()
    )


def _are_outputs(given: Any, name: str) -> bool:
    if not name.startswith(".."):
        return _is_output(given)
    return isinstance(given, list) and len(given) == len(name.split("...")) and all(map(_is_output, given))


def _is_output(given: Any) -> bool:
    if isinstance(given, list):
        return all(isinstance(each, dict) and _is_output(each) for each in given)
    return (
        isinstance(given, dict) and isinstance(given.get("id"), str | dict) and isinstance(given.get("property"), str)
    )


def _id_of(text: Any) -> Any:
    return json.loads(text) if isinstance(text, str) and text.startswith("{") else text
