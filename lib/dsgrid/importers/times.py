"""Time dimensions of a configuration as the ``[time]`` table of a spec."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from dsgrid.errors import did_you_mean, listing
from dsgrid.importers.adjustments import LEAP_DAYS, Adjustments
from dsgrid.importers.dimensions import name_of
from dsgrid.importers.document import Entry
from dsgrid.importers.labels import column, column_of_reference, parts
from dsgrid.importers.references import Names, referenced_name
from dsgrid.importers.slots import form_of, meaning, measurement, moment, ranges_of, span, step_of, whole
from dsgrid.importers.translation import Remarks, without_empty
from dsgrid.importers.zones import meant
from dsgrid.time.dimension import GEOGRAPHY, PROJECT_GEOGRAPHY
from dsgrid.time.written import shown_step

_KNOWN: Final = (
    "class", "class_name", "type", "dimension_type", "module", "name", "description", "dimension_id", "version", "id",
    "time_type", "ranges", "frequency", "str_format", "timezone", "time_zone", "time_zone_format", "datetime_format",
    "measurement_type", "time_interval_type", "time_column", "column_format", "leap_day_adjustment",
    "localize_to_time_zone", "format", "include_leap_day", "ranges_timezone", "display_name", "dimension_query_name",
)  # fmt: skip
# The two forms of typical periods: what tells them apart, and columns with other names than ours.
_FORMATS: Final[dict[str, tuple[list[str], dict[str, str]]]] = {
    "one_week_per_month_by_hour": (["month", "day_of_week", "hour"], {}),
    "one_weekday_day_and_one_weekend_day_per_month_by_hour": (
        ["month", "day_type", "hour"],
        {"day_type": "is_weekday"},
    ),
}
_ZONE_FORMATS: Final = ("aligned_in_absolute_time", "aligned_in_clock_time")
# What dsgrid-toolkit names and does not do either, and what can be done here.
_INSTEAD: Final = {
    "datetime_external_tz": "; a time in the zone of each geography is datetime with aligned_in_clock_time, its zones "
    "the `time_zone` of the records",
    "local_as_strings": "; make timestamps without a zone of the texts, and say aligned_in_clock_time",
}
_OF_FILES: Final = ("column", "columns", "labels")
_YEAR: Final = timedelta(days=365)


@dataclass(frozen=True)
class Owner:
    """What a dataset says that matters to its time dimension.

    Parameters
    ----------
    text_columns
        The declared types of columns of a text file, where the file does not say how to read the labels itself.
    zones
        Where the zones of geographies come from: ``geography`` (the dataset's records) or ``project_geography``.
    model_years
        The ids of its model years; none where they are registered elsewhere.
    historical
        Its years are its model years, on every row.
    adjusted
        How its project adjusts it; None where no project is known.
    """

    text_columns: dict[str, str] | None = None
    zones: str = GEOGRAPHY
    model_years: frozenset[str] = frozenset()
    historical: bool = False
    adjusted: Adjustments | None = field(default_factory=Adjustments)


def time_table(entry: Entry, remarks: Remarks, owner: Owner | None = None) -> dict[str, Any]:
    """Return the ``[time]`` table of a spec.

    Parameters
    ----------
    entry
        A dimension of type time.
    owner
        The dataset that it belongs to; None for a project, which has no files.
    """
    remarks.unknown(entry, _KNOWN)
    _refuse(entry, remarks)
    kind = entry["time_type"].text_value
    tables = {
        "datetime": _datetime,
        "annual": _annual,
        "representative_period": _representative,
        "index": _index,
        "noop": _none,
    }
    if kind not in tables:
        hint = _INSTEAD.get(kind) or did_you_mean(kind, tables)
        remarks.unsupported(entry["time_type"], f'time of the type "{kind}"{hint}')
        return {}
    table = tables[kind](entry, _with_own_leap_day(owner or Owner(), entry, kind), remarks)
    if owner is None:
        table = {key: value for key, value in table.items() if key not in _OF_FILES}
    named = entry.get("name", "dimension_query_name") is not None
    return without_empty({"name": name_of(entry) if named else "", **table, "description": entry.text("description")})


def referenced_time(
    entry: Entry, names: Names | None, remarks: Remarks, text_columns: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return the ``[time]`` table for a time dimension that is registered already."""
    found = referenced_name(entry, names, remarks)
    return without_empty({"use": found, **column_of_reference(text_columns)}) if found else {}


def _datetime(entry: Entry, owner: Owner, remarks: Remarks) -> dict[str, Any]:
    given = ranges_of(entry)
    ranges = [span(one, entry, remarks) for one in given]
    _say_local_ranges(entry, remarks)
    zone_ = _zone(entry, owner, remarks)
    columns = parts(entry, zone_, remarks)
    length = step_of(given, entry, remarks)
    if columns and "hour" not in columns and length != timedelta(days=1):
        remarks.say("changed", entry["column_format"], 'without a column of hours, step = "1d"', "step")
        length = timedelta(days=1)
    return {
        "kind": "datetime",
        **(ranges[0] if len(ranges) == 1 else {"ranges": ranges}),
        "step": shown_step(length),
        "zone": zone_,
        "clock": "prevailing" if zone_ == GEOGRAPHY else "",
        "leap_days": False if _lacks_leap_day(entry, remarks) else None,
        **meaning(entry, remarks),
        **({"columns": columns} if columns else column(entry, owner.text_columns, zone_, remarks)),
    }


def _annual(entry: Entry, owner: Owner, remarks: Remarks) -> dict[str, Any]:
    ranges = ranges_of(entry)
    if len(ranges) > 1:
        remarks.unsupported(entry["ranges"], "annual time with several ranges")
    form = form_of(ranges[0], entry, "%Y")
    first, last = (moment(ranges[0][key], form).year for key in ("start", "end"))
    every = _every(ranges[0].get("frequency") or entry.get("frequency"))
    years = [str(year) for year in range(first, last + 1, every)]
    if not entry.flag("include_leap_day"):
        remarks.say(
            "changed", entry, "a total stays what it is in leap years, too: no day is added to it", "measurement"
        )
    return {
        "kind": "annual",
        **({"start": str(first), "end": str(last)} if every == 1 else {"years": years}),
        "measurement": measurement(entry, remarks),
        "year_of": _year_of(entry, frozenset(years), owner, remarks),
        "column": "time_year",
    }


def _every(frequency: Entry | None) -> int:
    if frequency is None:
        return 1
    if not isinstance(frequency.value, int) or isinstance(frequency.value, bool) or frequency.value < 1:
        raise frequency.error(f'"{frequency.value}" is no number of years')
    return frequency.value


def _year_of(entry: Entry, years: frozenset[str], owner: Owner, remarks: Remarks) -> str:
    """Return whose records the years are: dsgrid-toolkit writes them over the model years."""
    if owner.historical or years == owner.model_years:
        remarks.say("changed", entry, 'the years are those of the model years here: year_of = "model_year"', "year_of")
        return "model_year"
    others = "its model years are others" if owner.model_years else "its model years are not known here"
    message = f"the years are calendar years, as {others}; dsgrid-toolkit makes them model years"
    remarks.say("decide", entry, message, "start")
    return ""


def _representative(entry: Entry, owner: Owner, remarks: Remarks) -> dict[str, Any]:
    form = entry["format"]
    if form.text_value not in _FORMATS:
        raise form.error(f'there is no format of typical periods "{form.value}"; there are: {listing(list(_FORMATS))}')
    by, columns = _FORMATS[form.text_value]
    if entry.get("ranges") is None:
        remarks.say("defaulted", entry, "no range of months is given; all twelve", "by")
    elif [(one.text("start"), one.text("end")) for one in ranges_of(entry)] != [("1", "12")]:
        remarks.unsupported(entry["ranges"], "typical periods of some months only")
    return {
        "kind": "representative",
        "by": by,
        "step": "1h",
        "zone": owner.zones,
        **meaning(entry, remarks),
        "columns": columns,
    }


def _index(entry: Entry, owner: Owner, remarks: Remarks) -> dict[str, Any]:
    ranges = ranges_of(entry)
    if len(ranges) > 1:
        remarks.unsupported(entry["ranges"], "an index with several ranges")
    first, last = (whole(ranges[0][key]) for key in ("start", "end"))
    length = step_of(ranges, entry, remarks)
    adjusted = owner.adjusted
    if adjusted is None:
        message = 'numbers count elapsed time in each zone; where a project adjusts them for daylight saving: "profile"'
        remarks.say("decide", entry, message, "clock")
    leap_day = adjusted is not None and "leap_day" in adjusted.rules
    whole_years = not (last - first + 1) * length % _YEAR
    if leap_day and not whole_years:
        remarks.say(
            "decide", entry, "the project leaves a day of leap years out; are there numbers for it here?", "last"
        )
    return {
        "kind": "index",
        "start": span(ranges[0], entry, remarks, ("starting_timestamp",))["starting_timestamp"],
        "first": first or None,
        "last": last,
        "step": shown_step(length),
        "zone": owner.zones,
        "clock": "profile" if adjusted is not None and adjusted.of_clocks else "prevailing",
        "leap_days": False if leap_day and whole_years else None,
        **meaning(entry, remarks),
        "column": entry.text("time_column") if entry.text("time_column") not in ("", "time_index") else "",
    }


def _none(entry: Entry, owner: Owner, remarks: Remarks) -> dict[str, Any]:
    return {"kind": "none"}


def _refuse(entry: Entry, remarks: Remarks) -> None:
    if not entry.flag("localize_to_time_zone", default=True):
        hint = "; say the zone that they are read in, or that of each geography (aligned_in_clock_time)"
        remarks.unsupported(entry["localize_to_time_zone"], f"labels that are not localized to a zone{hint}")


def leap_day_of(entry: Entry) -> str:
    """Return the day of leap years that a time dimension leaves out itself, as it was once; nothing for none."""
    said = entry.text("leap_day_adjustment", default="none")
    if said in ("none", ""):
        return ""
    if said not in LEAP_DAYS:
        place = entry["leap_day_adjustment"]
        raise place.error(f'there is no adjustment "{said}"; there are: {listing(["none", *LEAP_DAYS])}')
    return said


def _with_own_leap_day(owner: Owner, entry: Entry, kind: str) -> Owner:
    rule = leap_day_of(entry)
    if not rule or kind != "index" or (owner.adjusted is not None and "leap_day" in owner.adjusted.rules):
        return owner
    rules = {} if owner.adjusted is None else owner.adjusted.rules
    return replace(owner, adjusted=Adjustments({**rules, "leap_day": rule}, entry["leap_day_adjustment"]))


def _lacks_leap_day(entry: Entry, remarks: Remarks) -> bool:
    """Return whether a datetime has no slots on 29 February; other days cannot be left out."""
    rule = leap_day_of(entry)
    if rule == "drop_feb29":
        message = "the data have no slots on 29 February, as older configurations say; is it so?"
        remarks.say("decide", entry["leap_day_adjustment"], message, "leap_days")
    elif rule:
        place = entry["leap_day_adjustment"]
        remarks.unsupported(place, f'the leap day adjustment "{rule}" of a datetime; write ranges without that day')
    return rule == "drop_feb29"


def _say_local_ranges(entry: Entry, remarks: Remarks) -> None:
    said = entry.get("ranges_timezone")
    if said is not None and said.text_value not in ("", "none"):
        message = (
            f'ranges in the zone "{said.text_value}": start and end are those of the time zone here; are they right?'
        )
        remarks.say("decide", said, message, "start")


def _zone(entry: Entry, owner: Owner, remarks: Remarks) -> str:
    layout = entry.get_object("time_zone_format", "datetime_format")
    if layout is not None:
        remarks.unknown(layout, ("format_type", "time_zone", "time_zones", "timezone"))
        form = layout["format_type"].text_value
        if form in ("aligned_in_clock_time", "local"):
            return _local(layout, owner, remarks)
        if form not in ("aligned_in_absolute_time", "aligned"):
            hint = _INSTEAD.get(form) or did_you_mean(form, _ZONE_FORMATS)
            remarks.unsupported(layout["format_type"], f'time zones of the format "{form}"{hint}')
            return ""
        named = layout.get("time_zone", "timezone")
    else:
        named = entry.get("timezone", "time_zone")
    if named is None:
        raise entry.error("no time zone is given")
    if named.text_value in ("LOCAL", "LocalTimeZone", "geography"):
        return _local(named, owner, remarks)
    return meant(named, remarks, "zone")


def _local(place: Entry, owner: Owner, remarks: Remarks) -> str:
    remarks.say(
        "changed", place, f'the zones are those of the records of geographies here: zone = "{GEOGRAPHY}"', "zone"
    )
    if owner.zones == PROJECT_GEOGRAPHY:
        message = "which labels a clock shows depends on its zone, so the dataset's own records need a time_zone"
        remarks.say("decide", place, message, "zone")
    return GEOGRAPHY
