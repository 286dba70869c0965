"""The controls of the form. What they change is told by assets/builder.js, under the place that stands at each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dash import dcc, html


@dataclass(frozen=True)
class Option:
    """One of the values that a control offers.

    Parameters
    ----------
    note
        What is said beside it, such as how many records there are.
    title
        What is said when one points at it.
    """

    value: str | int | float | bool
    text: str = ""
    note: str = ""
    title: str = ""
    is_off: bool = False

    @property
    def label(self) -> str:
        """What is read."""
        return self.text or str(self.value)


def select(
    at: str,
    label: str,
    options: Iterable[Option],
    value: str,
    *,
    groups: Mapping[str, Sequence[Option]] | None = None,
    help: str = "",
    notes: str | None = None,
) -> Any:
    """Return a choice of one. A value that is not offered stands there as it is."""
    grouped = groups or {}
    single = list(options)
    if value not in {each.value for each in (*single, *(one for group in grouped.values() for one in group))}:
        single.insert(0, Option(value, f"{value} (unknown)" if value else "–"))
    control = html.Select(
        [
            *(_option(each, value) for each in single),
            *(html.Optgroup([_option(each, value) for each in group], label=name) for name, group in grouped.items()),
        ],
        **{"data-at": at, "data-value": value},
    )
    return _field(at, html.Label([_label(label), control]), help, notes)


def text(
    at: str,
    label: str,
    value: Any,
    *,
    help: str = "",
    placeholder: str = "",
    is_number: bool = False,
    suggested: Sequence[str] = (),
    notes: str | None = None,
    is_wide: bool = False,
) -> Any:
    """Return a field for a text or a number; `suggested` is offered while one types."""
    list_id = f"build-list-{at}" if suggested else ""
    # The field itself is put there by builder.js, and stays while the form is drawn anew around it.
    slot = html.Span(
        className="slot",
        **{
            "data-value": "" if value is None else str(value),
            "data-placeholder": placeholder,
            "data-mode": "decimal" if is_number else "text",
            "data-list": list_id,
        },
    )
    offered = html.Datalist([html.Option(value=each) for each in suggested], id=list_id) if list_id else None
    return _field(at, html.Label([_label(label), slot, offered], **{"data-at": at}), help, notes, is_wide=is_wide)


def chips(
    at: str,
    label: str,
    options: Iterable[Option],
    chosen: Sequence[Any],
    *,
    help: str = "",
    notes: str | None = None,
    is_single: bool = False,
    is_labelled: bool = True,
    is_ordered: bool = False,
) -> Any:
    """Return a choice of several, or of one or none, all of which are in sight.

    Parameters
    ----------
    is_ordered
        Whether it matters which was chosen first: the chosen ones come first then, in their order, with numbers.
    """
    offered = list(options)
    known = {each.value for each in offered}
    offered += [Option(each, title="This name is not known here") for each in chosen if each not in known]
    if is_ordered:
        place = {each: number for number, each in enumerate(chosen, 1)}
        offered.sort(key=lambda each: place.get(each.value, len(place) + 1))
        offered = [
            replace(each, text=f"{place[each.value]}. {each.label}") if each.value in place else each
            for each in offered
        ]
    buttons = html.Div([_chip(at, each, each.value in chosen, is_single) for each in offered], className="chips")
    head = html.Div([_label(label), help_of(help, label)], className="choice-head") if is_labelled else None
    group = html.Div([head, buttons], role="group", className="choice", **{"aria-label": label})
    return _field(at, group, "", notes, is_wide=True)


def flag(at: str, label: str, is_on: bool, *, help: str = "", is_negated: bool = False) -> Any:
    """Return something that is so or not; negated, what it says is that its place is not so."""
    chip = _chip(at, Option(is_on if is_negated else not is_on, label), is_on, True)
    return _field(at, html.Div(chip, className="chips flag", **{"aria-label": label}, role="group"), help, None)


def act(do: str, at: str, shown: str, label: str = "", *, is_off: bool = False, css: str = "button") -> Any:
    """Return a button that adds, moves or removes."""
    named = {"aria-label": label} if label else {}
    return html.Button(
        shown, type="button", className=css, disabled=is_off, title=label, **{"data-do": do, "data-at": at, **named}
    )


def moves(at: str, index: int, of: int, what: str) -> Any:
    """Return the buttons that move or remove an item of a list."""
    place = f"{at}[{index}]"
    return html.Div(
        [
            act("up", place, "↑", f"Move {what} up", is_off=index == 0, css="button small") if of > 1 else None,
            act("down", place, "↓", f"Move {what} down", is_off=index == of - 1, css="button small")
            if of > 1
            else None,
            act("remove", place, "×", f"Remove {what}", css="button small"),
        ],
        className="moves",
    )


def help_of(words: str, about: str) -> Any:
    """Return what a schema says of a key, behind a question mark; nothing for nothing."""
    if not words:
        return None
    return html.Details(
        [
            html.Summary("?", title=f"About: {about}", **{"aria-label": f"About: {about}"}),
            html.Div(dcc.Markdown(words, dangerously_allow_html=False), className="told"),
        ],
        className="help",
    )


def note(at: str) -> Any:
    """Return where problems of a place are told."""
    return html.P(className="problem note", **{"data-note": at})


def _field(at: str, control: Any, help: str, notes: str | None, *, is_wide: bool = False) -> Any:
    return html.Div(
        # Without a place of its own what is wrong is told beside all that belongs to it.
        [control, help_of(help, _words(control)), note(at if notes is None else notes)],
        className="field wide" if is_wide else "field",
    )


def _words(control: Any) -> str:
    found = getattr(control, "aria-label", None)
    if found:
        return str(found)
    first = control.children[0] if isinstance(control.children, list) else control.children
    while not isinstance(first, str) and first is not None:
        first = first.children[0] if isinstance(first.children, list) else first.children
    return str(first or "")


def _label(label: str) -> Any:
    return html.Span(label, className="label")


def _option(each: Option, value: str) -> Any:
    shown = f"{each.label} · {each.note}" if each.note else each.label
    return html.Option(shown, value=each.value, selected=each.value == value, disabled=each.is_off)


def _chip(at: str, each: Option, is_on: bool, is_single: bool) -> Any:
    return html.Button(
        [each.label, html.Span(each.note, className="aside") if each.note else None],
        type="button",
        className="chip",
        title=each.title,
        disabled=each.is_off and not is_on,
        **{
            "aria-pressed": "true" if is_on else "false",
            "data-at": at,
            "data-value": json.dumps(each.value),
            **({"data-single": "yes"} if is_single else {}),
        },
    )
