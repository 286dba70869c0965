"""What a job has done so far: its stages, and what it said of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

RUNNING: Final = "running"
DONE: Final = "done"
FAILED: Final = "failed"
_ENDS: Final = {"stage_done": DONE, "stage_failed": FAILED}


@dataclass(frozen=True)
class Stage:
    """A part of a job's work.

    Parameters
    ----------
    began
        When, as the server tells it; empty where nobody said.
    seconds, rows, bytes
        What it took and made, once it has ended and where that is known.
    detail
        Lines that say more.
    """

    name: str
    state: str = RUNNING
    began: str = ""
    seconds: float | None = None
    rows: int | None = None
    bytes: int | None = None
    detail: tuple[str, ...] = ()


def stages_of(events: Iterable[Mapping[str, Any]]) -> tuple[Stage, ...]:
    """Return the stages that events tell of, in the order in which they began.

    Parameters
    ----------
    events
        As ``GET /v1/jobs/ID/events?stream=false`` tells them: `event` and `data` of each.
    """
    found: list[Stage] = []
    for each in events:
        data = each.get("data") or {}
        name = data.get("stage")
        if each.get("event") != "stage" or not isinstance(name, str):
            continue
        detail = tuple(str(line) for line in data.get("detail") or ())
        end = _ENDS.get(str(data.get("event")))
        if end is None:
            found.append(Stage(name, began=str(data.get("time") or ""), detail=detail))
            continue
        # The same name may come again: its newest beginning ends.
        place = next((place for place in reversed(range(len(found))) if found[place].name == name), None)
        if place is None or found[place].state != RUNNING:
            found.append(Stage(name))
            place = len(found) - 1
        found[place] = replace(
            found[place],
            state=end,
            seconds=data.get("seconds"),
            rows=data.get("rows"),
            bytes=data.get("bytes"),
            detail=found[place].detail or detail,
        )
    return tuple(found)


def warnings_of(events: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return what events warn of, each once."""
    said: dict[str, None] = {}
    for each in events:
        data = each.get("data") or {}
        text = data.get("message")
        if each.get("event") == "message" and str(data.get("level")).lower() in ("warning", "error") and text:
            said[str(text)] = None
    return tuple(said)


def expected_seconds(job: Mapping[str, Any], events: Iterable[Mapping[str, Any]] = ()) -> float | None:
    """Return how long a job was expected to take; None where nobody knows."""
    told = [each["data"].get("seconds") for each in events if each.get("event") == "estimate" and each.get("data")]
    told += [each.get("seconds") for each in (job.get("expected") or {}).get("time") or ()]
    return next((float(each) for each in told if isinstance(each, int | float) and each > 0), None)
