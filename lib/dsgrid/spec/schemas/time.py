"""Time dimensions in specs."""

from __future__ import annotations

from typing import Final

from dsgrid.spec.patterns import COLUMN, DIMENSION_REFERENCE, MOMENT, NAME, STEP, ZONE
from dsgrid.spec.schemas.dimension import description
from dsgrid.spec.schemas.fragments import Schema, choice, exactly_one, table, text
from dsgrid.spec.schemas.words import INTERVALS, MEASUREMENTS

_KEYS: Final[dict[str, Schema]] = {
    "kind": choice(
        "Kind",
        "`datetime`: equally spaced slots on the axis of instants. Other kinds follow in later versions.",
        ("datetime",),
        examples=["datetime"],
    ),
    "description": description("time dimension", "Eastern Standard Time all year"),
    "start": text(
        "Start",
        "The label of the first slot: a wall-clock time in `zone`, in quotes.",
        MOMENT,
        examples=["2018-01-01 00:00"],
    ),
    "end": text(
        "End",
        "The label of the last slot (not the end of its interval): a wall-clock time in `zone`, in quotes.",
        MOMENT,
        examples=["2018-12-31 23:00"],
    ),
    "step": text(
        "Step",
        "The length of a slot: a number and `s`, `min`, `h` or `d`. Slots are counted in elapsed time, so a year of "
        "hours has 8760 of them in any zone.",
        STEP,
        examples=["1h", "15min", "1d"],
    ),
    "zone": text(
        "Time zone",
        "The zone of `start` and `end` and of calendar words such as `daily`: a fixed offset (`-05:00`), or an IANA "
        "name (`America/New_York`) whose clocks change in spring and autumn.",
        ZONE,
        examples=["-05:00", "America/New_York"],
    ),
    "interval": choice("Interval", "What a label says about its slot.", INTERVALS, examples=["period_beginning"]),
    "measurement": choice("Measurement", "What a value says about its slot.", MEASUREMENTS, examples=["total"]),
}
_REQUIRED: Final = ("start", "end", "step", "zone", "interval", "measurement")


def time_alone() -> Schema:
    """Return the table of a time dimension that belongs to no project and no dataset."""
    return table("Time dimension", "Equally spaced slots on the axis of instants.", _KEYS, ("kind", *_REQUIRED))


def time_table(owner: str, *, files: bool) -> Schema:
    """Return the `[time]` table of a project or, with what its files look like, of a dataset."""
    named = {
        "name": text(
            "Name",
            "The name of the time dimension, which is the name of its column in results."
            if not files
            else "The name of the time dimension.",
            NAME,
            examples=["time_est"],
        )
    }
    keys = {"kind": _KEYS["kind"], **named, **_KEYS}
    companions = [*(("name",) if not files else ()), *_REQUIRED]
    keys["use"] = text(
        "Registered time dimension",
        "A time dimension that the registry holds already, by its name or its id, instead of `kind` and the other keys. "
        "`@1` or `@1.2.0` fixes the version; without it the newest one is taken.",
        DIMENSION_REFERENCE,
        examples=["census_2020/time_est@1"],
    )
    alone = {key: ["kind"] for key in ("name", *_REQUIRED, "description")}
    rules = {"dependencies": {"kind": companions, **alone}, **exactly_one("kind", "use")}
    if not files:
        return table("Time", f"The time dimension of the {owner}, which has exactly one.", keys, **rules)
    keys["column"] = text(
        "Column", "The name of the column of labels in the data.", COLUMN, default="timestamp", examples=["time"]
    )
    keys["labels"] = choice(
        "Labels",
        "How the files write a label. Left out, the column's type says it: timestamps with a zone are instants.",
        {"instants": "instants, such as timestamps in UTC", "wall_clock": "what a clock in `zone` shows"},
        examples=["wall_clock"],
    )
    return table(
        "Time",
        f"The time dimension of the {owner}, which has exactly one, and its column in the files.",
        keys,
        **rules,
    )
