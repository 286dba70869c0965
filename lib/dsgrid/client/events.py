"""Server-sent events, and what they say of a job's progress."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dsgrid.operations.progress import BEGUN, INFO, Event
from dsgrid.operations.run_log import EVENTS

_KINDS: Final = {name: kind for kind, name in EVENTS.items()}
_LONGEST: Final = 1 << 20


@dataclass(frozen=True)
class Sent:
    """One event of a stream.

    Parameters
    ----------
    id
        Where a stream goes on that was cut, as ``Last-Event-ID``.
    """

    event: str
    data: str
    id: str = ""

    def document(self) -> Mapping[str, Any]:
        """Return its data; what is no JSON object is an empty one."""
        try:
            found = json.loads(self.data)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def read_events(lines: Iterable[str]) -> Iterator[Sent]:
    """Yield the events of a stream's lines; comments, which only keep the connection, are left out."""
    event, last, size = "", "", 0
    data: list[str] = []
    for line in lines:
        line = line.rstrip("\r\n")
        if not line:
            if data:
                yield Sent(event or "message", "\n".join(data), last)
            event, data, size = "", [], 0
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        size += len(line)
        if not name or size > _LONGEST:
            continue
        if name == "event":
            event = value
        elif name == "data":
            data.append(value)
        elif name == "id" and "\0" not in value:
            last = value


def progress_of(document: Mapping[str, Any]) -> Event | None:
    """Return what a line of a run's log says as an event of progress; None where it says nothing of it."""
    kind = _KINDS.get(str(document.get("event", "")))
    text = document.get("stage", document.get("message"))
    if kind is None or not isinstance(text, str):
        return None
    detail = document.get("detail") or ()
    return Event(
        kind,
        text,
        seconds=_number(document.get("seconds")),
        rows=_whole(document.get("rows")),
        bytes=_whole(document.get("bytes")),
        detail=tuple(str(each) for each in detail) if isinstance(detail, list) else (),
        level=str(document.get("level", INFO)),
        # The log tells every end, those included that operations leave to be guessed.
        lasts=kind == BEGUN,
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _whole(value: Any) -> int | None:
    found = _number(value)
    return None if found is None else int(found)
