"""What the values of a key are taken for, so that those of two tables can be equal: ``2018`` as text and as number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import numpy as np

from dsgrid.query.comparison.side import DATE, NUMBERS, TIMESTAMP, WALL, Key
from dsgrid.time.zones import EPOCH, to_instants

# Forms: the values are then str, int or float, ISO dates, and microseconds since 1970 of UTC or of a clock.
WORDS, COUNTS, DAYS, INSTANTS, READINGS = "words", "counts", "days", "instants", "readings"
_FORMS: Final = {TIMESTAMP: INSTANTS, WALL: READINGS, DATE: DAYS}
_MICROSECOND: Final = timedelta(microseconds=1)
_EPOCH: Final = EPOCH.replace(tzinfo=UTC)

Canonical = str | int | float | bool | None


class FormError(ValueError):
    """A value is not what the other table has in this column."""


def form_of(key: Key) -> str:
    """Return the form that the values of a key have by themselves."""
    return _FORMS.get(key.holds, COUNTS if key.holds in NUMBERS else WORDS)


def common_form(first: str, second: str) -> str | None:
    """Return the form in which values of two forms can be compared; None where there is none.

    Texts may be any of the others, written down. Readings become instants where their zone is known.

    Examples
    --------
    >>> common_form("words", "counts"), common_form("words", "instants"), common_form("readings", "instants")
    ('words', 'instants', 'instants')
    """
    forms = {first, second}
    if len(forms) == 1:
        return first
    if forms == {WORDS, COUNTS}:
        return WORDS
    if WORDS in forms:
        return next(iter(forms - {WORDS}))
    return INSTANTS if forms == {INSTANTS, READINGS} else None


def taker(form: str, zone: str | None) -> Callable[[Any], Canonical]:
    """Return what brings a value to a form.

    Timestamps come as integers already, which stay what they are.

    Parameters
    ----------
    zone
        The zone of readings that are to be instants.
    """
    takers: dict[str, Callable[[Any], Canonical]] = {
        WORDS: _word,
        COUNTS: _count,
        DAYS: _day,
        INSTANTS: lambda value: value if isinstance(value, int) else _instant(str(value), zone),
        READINGS: lambda value: value if isinstance(value, int) else _reading(str(value)),
    }
    return takers[form]


def _word(value: Any) -> Canonical:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _count(value: Any) -> Canonical:
    if isinstance(value, str):
        try:
            value = float(value) if not value.lstrip("+-").isdigit() else int(value)
        except ValueError:
            raise FormError("is no number") from None
    if not isinstance(value, int):
        value = float(value)
    whole = isinstance(value, float) and value.is_integer()
    found: Canonical = int(value) if whole else value
    return found


def _day(value: Any) -> Canonical:
    if isinstance(value, date):
        return value.isoformat()
    moment = _parsed(str(value))
    if (moment.hour, moment.minute, moment.second) != (0, 0, 0):
        raise FormError("is no day")
    return moment.date().isoformat()


def _instant(text: str, zone: str | None) -> int:
    moment = _parsed(text)
    if moment.tzinfo is not None:
        return (moment - _EPOCH) // _MICROSECOND
    if zone is None:
        raise FormError("is a reading of a clock whose zone is not known, while the other table has instants")
    return int(to_instants(zone, np.array([(moment - EPOCH) // _MICROSECOND], np.int64))[0])


def _reading(text: str) -> int:
    moment = _parsed(text)
    if moment.tzinfo is not None:
        raise FormError("is an instant, while the other table has readings of a clock without a zone")
    return (moment - EPOCH) // _MICROSECOND


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        raise FormError("is no time such as 2018-07-01 07:00:00") from None


def ahead_of_utc(text: str) -> int:
    """Return the microseconds that ``-06:00`` means.

    Examples
    --------
    >>> ahead_of_utc("-06:30")
    -23400000000
    """
    try:
        hours, minutes = text[1:].split(":")
        size = timedelta(hours=int(hours), minutes=int(minutes)) // _MICROSECOND
    except ValueError:
        raise FormError("is no offset from UTC such as -06:00") from None
    return -size if text.startswith("-") else size


def told(value: Canonical, form: str) -> str | int | float | None:
    """Return a value of a form as messages and documents show it.

    Examples
    --------
    >>> told(1530428400000000, "instants")
    '2018-07-01 07:00:00Z'
    """
    if value is None or form in (WORDS, COUNTS, DAYS):
        return value
    moment = EPOCH + timedelta(microseconds=int(value))
    text = str(moment) if moment.microsecond else f"{moment:%Y-%m-%d %H:%M:%S}"
    return f"{text}Z" if form == INSTANTS else text
