"""Mistakes in time: labels that are not those of the spec, years, zones, hours that a clock shows twice."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
from tests.mistakes.mistake import (
    ALL,
    ONE,
    Change,
    added,
    all_facts,
    both,
    clocks,
    column,
    edited,
    everywhere,
    homes,
    offices,
    people,
    put,
    without,
)


def _shifted(hours: int) -> Change:
    def change(found: pa.Table) -> pa.Table:
        place = found.schema.get_field_index("timestamp")
        labels = [label + timedelta(hours=hours) for label in found["timestamp"].to_pylist()]
        return found.set_column(place, "timestamp", pa.array(labels, pa.timestamp("us", "UTC")))

    return all_facts(change)


# Without the project, which has its say on time, too.
ALONE = both(
    put("homes.toml", 'job = "register_and_submit_dataset"', 'job = "register_dataset"'),
    put(
        "homes.toml",
        '[submission]\nproject = "two_counties"\n\n[submission.mapping.scenario]\nkind = "duplication"\n'
        'records = "homes_scenarios.csv"\n',
        "",
    ),
)


def _end_of_february(text: bytes) -> bytes:
    """Two days for each day, the second of which is only there in leap years."""
    header, *rows = text.splitlines(True)
    days = [[row.replace(b"2018-07-10", day) for row in rows] for day in (b"2016-02-28", b"2016-02-29")]
    return b"".join([header, *days[0], *days[1]])


IN_TIME = (
    homes(
        "an hour that is not there",
        without("homes.csv", 5),
        f"{ONE}1 hour missing from 2018-07-10 03:00 -07:00",
    ),
    homes(
        "an hour twice",
        added("homes.csv", "08031,lighting,2018-07-10 23:00:00,23.5\n"),
        "homes.csv: 1 of 4 time arrays does not have exactly the slots of 2018-07-10 00:00 to 2018-07-10 "
        "23:00 -07:00 (period_beginning, 24 steps of 1h); 08031, lighting: 1 hour repeated from "
        "2018-07-10 23:00 -07:00",
    ),
    homes(
        "an hour of another day",
        put("homes.csv", "06037,heating,2018-07-10 03:00:00", "06037,heating,2018-07-11 03:00:00"),
        f"{ONE}1 hour missing from 2018-07-10 03:00 -07:00; 1 hour too many from 2018-07-11 03:00 -07:00",
    ),
    homes(
        "an hour under the label of the next",
        put("homes.csv", "06037,heating,2018-07-10 03:00:00", "06037,heating,2018-07-10 04:00:00"),
        f"{ONE}1 hour missing from 2018-07-10 03:00 -07:00; 1 hour repeated from 2018-07-10 04:00 -07:00",
    ),
    homes(
        "labels of another year",
        everywhere("homes.csv", "2018-07", "2019-07"),
        f"{ALL}its labels seem shifted by +365 days against their declaration: they go from 2019-07-10 "
        "00:00 -07:00 to 2019-07-10 23:00 -07:00",
    ),
    homes(
        "labels between two hours",
        everywhere("homes.csv", ":00:00,", ":30:00,"),
        f"{ALL}its labels seem shifted by +30min against their declaration: they go from 2018-07-10 "
        "00:30 -07:00 to 2018-07-10 23:30 -07:00",
    ),
    homes(
        "one label between two hours",
        put("homes.csv", "06037,heating,2018-07-10 03:00:00", "06037,heating,2018-07-10 03:30:00"),
        f"{ONE}1 hour missing from 2018-07-10 03:00 -07:00; 1 hour too many from 2018-07-10 03:30 -07:00",
    ),
    homes(
        "ends of hours that are said to be beginnings",
        edited("homes.csv", lambda text: text.replace(b"2018-07-10 00:00", b"2018-07-11 00:00")),
        f"{ALL}its labels seem shifted by +1 hour against their declaration: they go from 2018-07-10 "
        '01:00 -07:00 to 2018-07-11 00:00 -07:00, as if of interval = "period_ending"',
    ),
    homes(
        "a day longer than the data",
        both(ALONE, put("homes.toml", "2018-07-10 23:00", "2018-07-11 23:00")),
        "homes.csv: 4 of 4 time arrays do not have exactly the slots of 2018-07-10 00:00 to 2018-07-11 "
        "23:00 -07:00 (period_beginning, 48 steps of 1h); 06037, heating: 24 hours missing from "
        "2018-07-11 00:00 -07:00",
    ),
    homes(
        "a day shorter than the data",
        both(ALONE, put("homes.toml", "2018-07-10 23:00", "2018-07-10 22:00")),
        "homes.csv: 4 of 4 time arrays do not have exactly the slots of 2018-07-10 00:00 to 2018-07-10 "
        "22:00 -07:00 (period_beginning, 23 steps of 1h); 06037, heating: 1 hour too many from "
        "2018-07-10 23:00 -07:00",
    ),
    homes(
        "steps of half an hour",
        both(ALONE, put("homes.toml", 'step = "1h"', 'step = "30min"')),
        "homes.csv: 4 of 4 time arrays do not have exactly the slots of 2018-07-10 00:00 to 2018-07-10 "
        "23:00 -07:00 (period_beginning, 47 steps of 30min); 06037, heating: its labels are 1 hour "
        "apart, not 30min",
    ),
    homes(
        "steps of two hours",
        both(
            put("homes.toml", 'step = "1h"', 'step = "2h"'), put("homes.toml", "2018-07-10 23:00", "2018-07-10 22:00")
        ),
        "homes.csv: 4 of 4 time arrays do not have exactly the slots of 2018-07-10 00:00 to 2018-07-10 "
        "22:00 -07:00 (period_beginning, 12 steps of 2h); 06037, heating: its labels are 1 hour apart, "
        "not 2 hours",
        "homes.toml:48:1: time: the dataset's step is 2h, the project's 1h; resample = true splits "
        "totals by the time that they share",
    ),
    homes(
        "a label that is none",
        put("homes.csv", "06037,heating,2018-07-10 03:00:00", "06037,heating,2018-07-10 25:00:00"),
        'homes.csv:5: column "timestamp": "2018-07-10 25:00:00" is not a timestamp such as 2012-07-01 00:00',
    ),
    homes(
        "labels of another form",
        edited("homes.csv", lambda text: text.replace(b"2018-07-10 ", b"07/10/2018 ")),
        'homes.csv:2: column "timestamp": "07/10/2018 00:00:00" is not a timestamp such as 2012-07-01 00:00',
    ),
    homes(
        "a label that is blank",
        put("homes.csv", "06037,heating,2018-07-10 03:00:00", "06037,heating,"),
        f"{ONE}1 hour missing from 2018-07-10 03:00 -07:00; 1 row without a label (NULL)",
    ),
    homes(
        "labels with an offset among others without",
        put("homes.csv", "06037,heating,2018-07-10 03:00:00", "06037,heating,2018-07-10 03:00:00-07:00"),
        'homes.csv:5: column "timestamp": "2018-07-10 03:00:00-07:00" is not a timestamp without an '
        "offset, as the first one is",
    ),
    homes(
        "labels without an offset that nothing explains",
        put("homes.toml", 'labels = "wall_clock"\n', ""),
        'homes.toml:48:1: time: "timestamp" of homes.csv has no offset; write labels = "wall_clock" '
        '(clock times in -07:00) or labels = "instants" (UTC)',
    ),
    homes(
        "labels with another offset than the zone",
        put("homes.toml", 'labels = "wall_clock"', 'labels = "instants"'),
        f'{ALL}its labels seem to be clock times of -07:00 that are read as UTC; write labels = "wall_clock"',
    ),
    homes(
        "another interval than the project's labels",
        put("homes.toml", '"period_beginning"', '"period_ending"'),
        "homes.toml:48:1: time: the dataset begins 1 step of 1h earlier than the project: dataset "
        "2018-07-10 00:00 to 2018-07-10 23:00 -07:00 (period_ending, 24 steps of 1h), project 2018-07-10 "
        "00:00 to 2018-07-10 23:00 -07:00 (period_beginning, 24 steps of 1h); wrap_time = true would "
        "move 1 of its 24 slots to the other end",
    ),
    homes(
        "readings at instants that are said to have a beginning",
        put("homes.toml", '"total"', '"measured"'),
        'homes.toml:56:15: time.measurement: what is measured at instants has interval = "instantaneous" '
        'and measurement = "measured"; "period_beginning" and "measured" do not go together',
    ),
    homes(
        "a zone two hours from the project's",
        put("homes.toml", '"-07:00"', '"-05:00"'),
        "homes.toml:48:1: time: the dataset begins 2 steps of 1h earlier than the project: dataset "
        "2018-07-10 00:00 to 2018-07-10 23:00 -05:00 (period_beginning, 24 steps of 1h), project "
        "2018-07-10 00:00 to 2018-07-10 23:00 -07:00 (period_beginning, 24 steps of 1h); wrap_time = "
        "true would move 2 of its 24 slots to the other end",
    ),
    homes(
        "a day that is not the project's",
        both(everywhere("homes.csv", "2018-07-10", "2018-07-11"), everywhere("homes.toml", "2018-07-10", "2018-07-11")),
        "homes.toml:48:1: time: the dataset's time does not overlap the project's: dataset 2018-07-11 "
        "00:00 to 2018-07-11 23:00 -07:00 (period_beginning, 24 steps of 1h), project 2018-07-10 00:00 "
        "to 2018-07-10 23:00 -07:00 (period_beginning, 24 steps of 1h); data of another year are brought "
        'to it by align = "same_date" or align = "same_weekday"',
    ),
    homes(
        "29 February of a year without one",
        put("homes.toml", "2018-07-10 23:00", "2018-02-29 23:00"),
        'homes.toml:51:7: time.end: "2018-02-29 23:00" is no time: day is out of range for month',
    ),
    homes(
        "29 February in data that are said to have none",
        both(
            ALONE,
            edited("homes.csv", _end_of_february),
            put("homes.toml", "2018-07-10 23", "2016-02-29 23"),
            put("homes.toml", "2018-07-10 00", "2016-02-28 00"),
            everywhere("homes.toml", '"2018"', '"2016"'),
            put("homes.toml", 'step = "1h"', 'step = "1h"\nleap_days = false'),
        ),
        "homes.csv: 4 of 4 time arrays do not have exactly the slots of 2016-02-28 00:00 to 2016-02-29 "
        "23:00 -07:00 (period_beginning, 24 steps of 1h); 06037, heating: it has slots on 29 February; "
        "leap_days = true says so",
    ),
    offices(
        "labels in local time that are said to be UTC",
        _shifted(-7),
        "offices: 3 of 3 time arrays do not have exactly the slots of 2018-07-10 00:00 to 2018-07-10 "
        "23:00 -07:00 (period_beginning, 24 steps of 1h); id 1, west, small: its labels seem to be clock "
        'times of -07:00 that are read as UTC; write them without an offset, and labels = "wall_clock"',
    ),
    offices(
        "labels an hour late",
        _shifted(1),
        "offices: 3 of 3 time arrays do not have exactly the slots of 2018-07-10 00:00 to 2018-07-10 "
        "23:00 -07:00 (period_beginning, 24 steps of 1h); id 1, west, small: its labels seem shifted by "
        "+1 hour against their declaration: they go from 2018-07-10 01:00 -07:00 to 2018-07-11 00:00 "
        '-07:00, as if of interval = "period_ending"',
    ),
    offices(
        "labels that are texts without an offset",
        both(
            *(
                column(f"offices/part-{n}.parquet", "timestamp", lambda found: [str(label)[:19] for label in found])
                for n in (0, 1)
            )
        ),
        'offices.toml:48:1: time: "timestamp" of offices has no offset; write labels = "wall_clock" '
        '(clock times in -07:00) or labels = "instants" (UTC)',
    ),
    offices(
        "labels that are numbers",
        both(
            *(column(f"offices/part-{n}.parquet", "timestamp", lambda found: list(range(len(found)))) for n in (0, 1))
        ),
        'offices/part-0.parquet: column "timestamp" holds int64, expected timestamps',
    ),
    people(
        "a year that is not there",
        without("people.csv", 5),
        "people.csv: 1 combination is missing: geography=08031 & model_year=2019",
    ),
    people(
        "a year that the dataset has not",
        added("people.csv", "08031,2020,734000\n"),
        'people.csv:6: column "model_year": there is no record of model_year "2020"; there are: "2018", "2019"',
    ),
    people(
        "years that are no records",
        put("people.toml", ', { id = "2019", name = "2019" }', ""),
        'people.toml:42:1: time: the years of the time dimension name "2019", which is none of the model years',
    ),
    people(
        "years that are not declared",
        put("people.toml", 'end = "2019"', 'end = "2018"'),
        'people.toml:42:1: time: of the model years, "2019" is not in the years of the time dimension',
    ),
    people(
        "a date for a year",
        put("people.csv", "08031,2019,", "08031,2019-01-01,"),
        'people.csv:5: column "model_year": there is no record of model_year "2019-01-01"; there are: "2018", "2019"',
    ),
    people(
        "a measurement that years have not",
        put("people.toml", '"mean"', '"measured"'),
        "people.toml:48:15: time.measurement: a year is no instant, so that nothing can be measured at it",
    ),
    clocks(
        "an hour that the clock shows twice, without a fold",
        both(
            put("clocks.toml", ', fold = "fold"', ""),
            put("clocks.toml", '"clocks.csv"', '"clocks.csv"\nignore = ["fold"]'),
        ),
        "clocks.csv: 2 of 2 time arrays do not have exactly the slots of 2018-11-04 00:00 to 2018-11-04 "
        "23:00 in the zone of each geography (period_beginning, 24 steps of 1h); 06037: 1 hour missing "
        "from 2018-11-04 01:00 (fold 1); 1 hour repeated from 2018-11-04 01:00; where clocks show an "
        'hour twice, a column says which is meant: columns = { fold = "..." }',
    ),
    clocks(
        "an hour that the clock shows twice, once",
        without("clocks.csv", 4),
        "clocks.csv: 1 of 2 time arrays does not have exactly the slots of 2018-11-04 00:00 to "
        "2018-11-04 23:00 in the zone of each geography (period_beginning, 24 steps of 1h); 06037: 1 "
        "hour missing from 2018-11-04 01:00 (fold 1)",
    ),
    clocks(
        "a fold at another hour",
        put("clocks.csv", "06037,2018-11-04 05:00:00,0", "06037,2018-11-04 05:00:00,1"),
        "clocks.csv: 1 of 2 time arrays does not have exactly the slots of 2018-11-04 00:00 to "
        "2018-11-04 23:00 in the zone of each geography (period_beginning, 24 steps of 1h); 06037: 1 "
        "hour missing from 2018-11-04 05:00; 1 hour too many from 2018-11-04 05:00 (fold 1)",
    ),
    clocks(
        "an hour that the clock leaves out",
        both(
            without("clocks.csv", 4, 29),
            everywhere("clocks.csv", "2018-11-04", "2018-03-11"),
            everywhere("clocks.toml", "2018-11-04", "2018-03-11"),
        ),
        "clocks.csv: 2 of 2 time arrays do not have exactly the slots of 2018-03-11 00:00 to 2018-03-11 "
        "23:00 in the zone of each geography (period_beginning, 24 steps of 1h); 06037: 1 hour too many "
        "from 2018-03-11 02:00, which America/Los_Angeles never shows",
    ),
    clocks(
        "no clock where zones have summer time",
        put("clocks.toml", 'clock = "prevailing"\n', ""),
        "clocks.toml:47:8: time.zone: `clock` says what labels in the zone of each geography are read "
        'off: "prevailing", "standard", "profile"',
    ),
    clocks(
        "a clock that there is not",
        put("clocks.toml", '"prevailing"', '"daylight"'),
        'clocks.toml:48:9: time.clock: found "daylight", expected one of "prevailing", "standard", "profile"',
    ),
    clocks(
        "standard time that is said to be the clock's",
        put("clocks.toml", '"prevailing"', '"standard"'),
        'clocks.toml:42:1: time: a standard clock shows nothing twice, so that "fold" says nothing; leave it out',
    ),
)
