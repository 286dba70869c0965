"""Small datasets of every kind of time: what their files say, and what has to be stored of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pandas as pd
from tests.small_dataset import IDS, Small, spanning

from dsgrid.time.dimension import (
    WEEKDAYS,
    AnnualTime,
    Calendar,
    DatetimeTime,
    IndexTime,
    NoTime,
    RepresentativeTime,
    Span,
    TimeDimension,
)

Labels = pd.DataFrame | Mapping[str, pd.DataFrame]
INSTANT, READING = "timestamp[us, tz=UTC]", "timestamp[us]"
LOS_ANGELES, DENVER, BROOKLYN = IDS["geography"]
# Denver's clock is that of Arizona here, which has no summer time; the last one is half an hour off.
ZONES = {LOS_ANGELES: "America/Los_Angeles", DENVER: "America/Phoenix", BROOKLYN: "Asia/Kolkata"}


@dataclass(frozen=True)
class Timed:
    """A dataset of some kind of time.

    Parameters
    ----------
    files
        The columns of time in the files: a row for each label, of all geographies or of each.
    stored
        The same rows as they have to be stored, with the stored columns.
    types
        The types of these columns in the stored Parquet files.
    """

    time: TimeDimension
    files: Labels
    stored: Labels
    types: dict[str, str]
    zones: Mapping[str, str] = field(default_factory=dict)

    def small(self, layout: str = "one stacked") -> Small:
        """Return the dataset in a layout."""
        return replace(Small.of(layout, self.time, self.files), zones=self.zones)


def utc(*labels: str) -> pd.Series:
    """Return instants, given in UTC where they have no offset."""
    return pd.Series(pd.to_datetime(list(labels), utc=True).astype("datetime64[us, UTC]"))


def clock(*labels: str) -> pd.Series:
    """Return readings of a clock."""
    return pd.Series(pd.DatetimeIndex(labels).astype("datetime64[us]"))


def hours(start: str, count: int, step: str = "1h") -> list[str]:
    """Return readings, one after the other."""
    return [str(label) for label in pd.date_range(start, periods=count, freq=step)]


def _instants(time: DatetimeTime, files: pd.DataFrame, stored: list[str]) -> Timed:
    return Timed(time, files, pd.DataFrame({"timestamp": utc(*stored)}), {"timestamp": INSTANT})


def _columns(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, name) for name in names)


# Datetimes in one zone ----------------------------------------------------------------------------------------------

# Clocks in Chicago show 01:00 twice on 4 November 2012, and leave 02:00 out on 11 March.
AUTUMN = spanning("2012-11-03 23:00", "2012-11-04 03:00", zone="America/Chicago")
SPRING = spanning("2012-03-10 23:00", "2012-03-11 04:00", zone="America/Chicago")
_SHOWN = clock(*hours("2012-11-03 23:00", 3), "2012-11-04 01:00", *hours("2012-11-04 02:00", 2))
_FOLDS = [0, 0, 0, 1, 0, 0]
_OFFSETS = ["-05:00", "-05:00", "-05:00", "-06:00", "-06:00", "-06:00"]
_AUTUMN = hours("2012-11-04 04:00", 6)


def _in_one_zone() -> dict[str, Timed]:
    wall = replace(AUTUMN, labels="wall_clock")
    spring = clock(*hours("2012-03-10 23:00", 3), *hours("2012-03-11 03:00", 2))
    summer = spanning("2012-07-01 00:00", "2012-07-01 02:00", zone="America/Chicago", clock="standard")
    daily = replace(
        spanning("2012-03-10 00:00", "2012-03-12 00:00", zone="America/Chicago", labels="wall_clock"),
        step=timedelta(days=1),
    )
    short = replace(spanning("2012-07-01 00:00", "2012-07-01 00:25"), step=timedelta(minutes=5))
    years = replace(
        spanning("2007-12-31 22:00", "2007-12-31 23:00", zone="UTC"),
        ranges=tuple(
            Span(datetime.fromisoformat(start), datetime.fromisoformat(end))
            for start, end in (("2007-12-31 22:00", "2007-12-31 23:00"), ("2012-01-01 00:00", "2012-01-01 01:00"))
        ),
    )
    no_leap_day = replace(spanning("2012-02-28 22:00", "2012-03-01 01:00", zone="UTC"), leap_days=False)
    without = [*hours("2012-02-28 22:00", 2), *hours("2012-03-01 00:00", 2)]
    several = [*hours("2007-12-31 22:00", 2), *hours("2012-01-01 00:00", 2)]
    return {
        "instants": _instants(AUTUMN, pd.DataFrame({"timestamp": utc(*_AUTUMN)}), _AUTUMN),
        "naive UTC": _instants(
            replace(AUTUMN, labels="instants"), pd.DataFrame({"timestamp": clock(*_AUTUMN)}), _AUTUMN
        ),
        "a clock in spring": _instants(
            replace(SPRING, labels="wall_clock"),
            pd.DataFrame({"timestamp": spring}),
            hours("2012-03-11 05:00", 5),
        ),
        "a clock with folds": _instants(
            replace(wall, columns=(("label", "timestamp"), ("fold", "again"))),
            pd.DataFrame({"timestamp": _SHOWN, "again": _FOLDS}),
            _AUTUMN,
        ),
        "a clock with offsets": _instants(
            replace(AUTUMN, columns=(("label", "when"), ("offset", "offset"))),
            pd.DataFrame({"when": _SHOWN, "offset": _OFFSETS}),
            _AUTUMN,
        ),
        "standard time": _instants(
            replace(summer, labels="wall_clock"),
            pd.DataFrame({"timestamp": clock(*hours("2012-07-01 00:00", 3))}),
            hours("2012-07-01 06:00", 3),
        ),
        "days of a clock that changes": _instants(
            daily,
            pd.DataFrame({"timestamp": clock("2012-03-10", "2012-03-11", "2012-03-12")}),
            ["2012-03-10 06:00", "2012-03-11 06:00", "2012-03-12 05:00"],
        ),
        "five minutes": _instants(
            short,
            pd.DataFrame({"timestamp": utc(*hours("2012-07-01 05:00", 6, "5min"))}),
            hours("2012-07-01 05:00", 6, "5min"),
        ),
        "ranges": _instants(years, pd.DataFrame({"timestamp": utc(*several)}), several),
        "no leap day": _instants(no_leap_day, pd.DataFrame({"timestamp": utc(*without)}), without),
    }


# Datetimes in parts --------------------------------------------------------------------------------------------------


def _in_parts() -> dict[str, Timed]:
    of_hours = _columns("year", "month", "day", "hour")
    ending = spanning(
        "2012-12-31 22:00", "2013-01-01 01:00", interval="period_ending", columns=(("hour", "h"), *of_hours[:3])
    )
    quarters = replace(
        spanning("2012-07-01 00:00", "2012-07-01 00:45", zone="Asia/Kolkata", columns=(*of_hours, ("minute", "m"))),
        step=timedelta(minutes=15),
    )
    days = replace(spanning("2012-02-28 00:00", "2012-03-01 00:00", columns=of_hours[:3]), step=timedelta(days=1))
    autumn = pd.DataFrame(
        {"year": 2012, "month": 11, "day": [3, 4, 4, 4, 4, 4], "hour": [23, 0, 1, 1, 2, 3], "fold": _FOLDS}
    )
    return {
        "parts to hour 24": _instants(
            ending,
            pd.DataFrame(
                {
                    "year": [2012, 2012, 2012, 2013],
                    "month": [12, 12, 12, 1],
                    "day": [31, 31, 31, 1],
                    "h": [22, 23, 24, 1],
                }
            ),
            hours("2013-01-01 03:00", 4),
        ),
        "parts with minutes": _instants(
            quarters,
            pd.DataFrame({"year": 2012, "month": 7, "day": 1, "hour": 0, "m": [0, 15, 30, 45]}),
            hours("2012-06-30 18:30", 4, "15min"),
        ),
        "parts of days": _instants(
            days,
            pd.DataFrame({"year": 2012, "month": [2, 2, 3], "day": [28, 29, 1]}),
            hours("2012-02-28 05:00", 3, "1d"),
        ),
        "parts with folds": _instants(replace(AUTUMN, columns=(*of_hours, ("fold", "fold"))), autumn, _AUTUMN),
        "parts with offsets": _instants(
            replace(AUTUMN, columns=(*of_hours, ("offset", "ahead"))),
            autumn.drop(columns="fold").assign(ahead=_OFFSETS),
            _AUTUMN,
        ),
    }


# Datetimes on the clock of each geography -----------------------------------------------------------------------------


def _local() -> dict[str, Timed]:
    changing = spanning("2012-11-03 23:00", "2012-11-04 03:00", zone="geography", labels="wall_clock")
    by_fold = replace(changing, columns=_columns("label", "fold"))
    twice = pd.DataFrame({"label": _SHOWN, "fold": _FOLDS})
    once = pd.DataFrame({"label": clock(*hours("2012-11-03 23:00", 5)), "fold": 0})
    files = {LOS_ANGELES: twice, DENVER: once, BROOKLYN: once}
    stored = {id_: labels.rename(columns={"label": "timestamp"}) for id_, labels in files.items()}
    types = {"timestamp": READING, "fold": "int32"}
    parts = {
        id_: pd.DataFrame(
            {"year": 2012, "month": 11, "day": shown.dt.day, "hour": shown.dt.hour, "fold": labels["fold"]}
        )
        for id_, labels in files.items()
        for shown in [labels["label"]]
    }
    summer = spanning("2012-03-11 01:00", "2012-03-11 04:00", zone="geography", clock="standard")
    readings = pd.DataFrame({"timestamp": clock(*hours("2012-03-11 01:00", 4))})
    plain = {"timestamp": READING}
    of_project = replace(summer, zone="project_geography", clock="profile")
    in_parts = replace(summer, clock="profile", columns=_columns("year", "month", "day", "hour"))
    morning = pd.DataFrame({"year": 2012, "month": 3, "day": 11, "hour": [1, 2, 3, 4]})
    return {
        "local clocks": Timed(by_fold, files, stored, types, ZONES),
        "local clocks in parts": Timed(
            replace(by_fold, columns=_columns("year", "month", "day", "hour", "fold")), parts, stored, types, ZONES
        ),
        "local clocks without folds": Timed(
            replace(changing, ranges=SPRING.ranges),
            {
                LOS_ANGELES: pd.DataFrame(
                    {"timestamp": clock(*hours("2012-03-10 23:00", 3), *hours("2012-03-11 03:00", 2))}
                ),
                DENVER: pd.DataFrame({"timestamp": clock(*hours("2012-03-10 23:00", 6))}),
                BROOKLYN: pd.DataFrame({"timestamp": clock(*hours("2012-03-10 23:00", 6))}),
            },
            {
                LOS_ANGELES: pd.DataFrame(
                    {"timestamp": clock(*hours("2012-03-10 23:00", 3), *hours("2012-03-11 03:00", 2)), "fold": 0}
                ),
                DENVER: pd.DataFrame({"timestamp": clock(*hours("2012-03-10 23:00", 6)), "fold": 0}),
                BROOKLYN: pd.DataFrame({"timestamp": clock(*hours("2012-03-10 23:00", 6)), "fold": 0}),
            },
            types,
            ZONES,
        ),
        "local standard time": Timed(summer, readings, readings, plain, ZONES),
        "local profile": Timed(replace(summer, clock="profile"), readings, readings, plain, ZONES),
        "local profile in parts": Timed(in_parts, morning, readings, plain, ZONES),
        "profile of the project": Timed(of_project, readings, readings, plain),
        "profile in one zone": Timed(replace(of_project, zone="America/Denver"), readings, readings, plain),
    }


# Others --------------------------------------------------------------------------------------------------------------


def typical(
    by: tuple[str, ...], step: str = "1h", calendar: Calendar | None = None, **columns: str
) -> RepresentativeTime:
    """Return a dimension of typical periods."""
    return RepresentativeTime(
        "typical",
        by,
        pd.Timedelta(step).to_pytimedelta(),
        "project_geography",
        "period_beginning",
        "total",
        columns=tuple((part, columns.get(part, part)) for part in by),
        calendar=calendar or Calendar(),
    )


def cells(**parts: Any) -> pd.DataFrame:
    """Return every combination of the values of some parts."""
    return pd.DataFrame(product(*parts.values()), columns=list(parts))


def _typical() -> dict[str, Timed]:
    months, days, of_day = range(1, 13), range(7), range(24)
    numbers = {"month": "int32", "day_of_week": "int32", "hour": "int32"}
    weeks = cells(month=months, day_of_week=days, hour=of_day)
    by_type = cells(month=months, day_type=["weekday", "weekend"], hour=of_day)
    flagged = by_type.assign(is_weekday=by_type["day_type"] == "weekday").drop(columns="day_type")
    own = Calendar(
        seasons=(("wet", (12, 1, 2, 3, 4, 5)), ("dry", (6, 7, 8, 9, 10, 11))),
        day_types=(("working", (0, 1, 2, 3, 4, 5)), ("sunday", (6,)), ("holiday", ())),
    )
    by_season = cells(season=["wet", "dry"], day_type=["working", "sunday", "holiday"])
    by_day = cells(day_of_week=days, hour=of_day)
    return {
        "a week per month": Timed(typical(("month", "day_of_week", "hour")), weeks, weeks, numbers),
        "a weekday and a weekend day": Timed(
            typical(("month", "day_type", "hour"), day_type="is_weekday"),
            flagged,
            by_type,
            {"month": "int32", "day_type": "string", "hour": "int32"},
        ),
        "seasons and day types": Timed(
            typical(("season", "day_type"), "1d", own),
            by_season.assign(season=by_season["season"].str.upper()),
            by_season,
            {"season": "string", "day_type": "string"},
        ),
        "names of days": Timed(
            typical(("day_of_week", "hour"), day_of_week="dow"),
            by_day.assign(dow=[WEEKDAYS[day][: 3 + 9 * (day % 2)].title() for day in by_day["day_of_week"]]).drop(
                columns="day_of_week"
            ),
            by_day,
            {"day_of_week": "int32", "hour": "int32"},
        ),
    }


def _others() -> dict[str, Timed]:
    years = AnnualTime("years", (2018, 2020, 2030), "total", columns=(("year", "yr"),))
    start = datetime.fromisoformat("2012-01-01 00:00")
    index = IndexTime("index", start, 1, 4, timedelta(hours=1), "UTC", "period_beginning", "total")
    return {
        "annual": Timed(
            years,
            pd.DataFrame({"yr": [2018, 2020, 2030]}),
            pd.DataFrame({"year": [2018, 2020, 2030]}),
            {"year": "int32"},
        ),
        "index": Timed(
            index,
            pd.DataFrame({"time_index": [1, 2, 3, 4]}),
            pd.DataFrame({"time_index": [1, 2, 3, 4]}),
            {"time_index": "int64"},
        ),
        "annual of model years": Timed(
            AnnualTime("years", (2018,), "total", year_of="model_year"),
            pd.DataFrame({"year": [2018]}),
            pd.DataFrame(index=[0]),
            {},
        ),
        "annual of model years without a column": Timed(
            AnnualTime("years", (2018,), "total", year_of="model_year"),
            pd.DataFrame(index=[0]),
            pd.DataFrame(index=[0]),
            {},
        ),
        "none": Timed(NoTime("none"), pd.DataFrame(index=[0]), pd.DataFrame(index=[0]), {}),
    }


def timed_datasets() -> dict[str, Timed]:
    """Return a dataset of every kind, and of every form of it that files may have."""
    return _in_one_zone() | _in_parts() | _local() | _typical() | _others()
