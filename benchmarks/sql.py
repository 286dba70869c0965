"""The questions in SQL, as an expert would write each of them by hand.

Wide columns are added up before anything is grouped, a lookup is joined once, and what multiplies rows is joined to
what is summed already. ``{county_loads_facts}`` and the like are lists of files, ``{folder}`` has the CSV
tables.
"""

from __future__ import annotations

from benchmarks.queries import FILTERED_END_USE, FILTERED_STATE
from benchmarks.records import END_USES, INDUSTRIAL, MODEL_YEARS


def _added(*columns: str) -> str:
    return " + ".join(columns)


_OF_FUEL = {
    fuel: _added(*(own for own, _, of in END_USES if of == fuel)) for fuel in dict.fromkeys(of for _, _, of in END_USES)
}
_ALL = _added(*(own for own, _, _ in END_USES))
_BY_END_USE = ", ".join(
    f"sum(({_added(*(own for own, of, _ in END_USES if of == base))}) * l.scaling_factor) / 1000 AS {base}"
    for base in dict.fromkeys(base for _, base, _ in END_USES)
)
_FILTERED = _added(*(own for own, base, _ in END_USES if base == FILTERED_END_USE))
_STATE = "substr(l.geography, 1, 2) AS state"
_FROM = "FROM read_parquet({county_loads_facts}) f JOIN read_parquet({county_loads_lookup}) l USING (id)"
_HOUR = "f.timestamp - INTERVAL 1 HOUR AS hourly"


def _by_fuel(*keys: str, names: str) -> str:
    sums = ", ".join(f"sum(({added}) * l.scaling_factor) / 1000 AS {fuel}" for fuel, added in _OF_FUEL.items())
    parts = " UNION ALL ".join(
        f"SELECT state, '{fuel}' AS fuel, {names}, {fuel} AS value FROM summed" for fuel in _OF_FUEL
    )
    return f"WITH summed AS (SELECT {_STATE}, {', '.join(keys)}, {sums} {_FROM} GROUP BY ALL) {parts} ORDER BY ALL"


SQL = {
    "hourly_by_state_fuel": _by_fuel(_HOUR, names="hourly"),
    "annual_by_state_fuel": _by_fuel("2018 AS annual", names="annual"),
    "peak_hour_by_county": f"""
        WITH hours AS (
            SELECT l.geography AS county, f.timestamp, sum(({_ALL}) * l.scaling_factor) / 1000 AS value
            {_FROM} GROUP BY ALL)
        SELECT county, max(value) AS value FROM hours GROUP BY ALL ORDER BY ALL""",
    "filtered_state_end_use": f"""
        SELECT l.geography AS county, {_HOUR}, sum(({_FILTERED}) * l.scaling_factor) / 1000 AS value
        {_FROM} WHERE substr(l.geography, 1, 2) = '{FILTERED_STATE}' GROUP BY ALL ORDER BY ALL""",
    "projection_by_state_year": f"""
        WITH summed AS (SELECT {_STATE}, {_BY_END_USE} {_FROM} GROUP BY ALL),
        base AS (UNPIVOT summed ON COLUMNS(* EXCLUDE state) INTO NAME metric VALUE value),
        regions AS (SELECT DISTINCT "from" AS region, substr("to", 1, 2) AS state
            FROM read_csv('{{folder}}/region_to_county.csv', all_varchar = true))
        SELECT state, g.model_year, sum(b.value * (1 + g.value) ** (g.model_year::INT - {MODEL_YEARS[0]})) AS value
        FROM base b JOIN regions USING (state)
        JOIN read_parquet({{growth_facts}}) g ON g.geography = region AND g.metric = b.metric
        GROUP BY ALL ORDER BY ALL""",
    "representative_week_annual": """
        WITH zones AS (SELECT DISTINCT state, time_zone FROM read_csv('{folder}/counties.csv', all_varchar = true)),
        hours AS (SELECT unnest(generate_series(TIMESTAMPTZ '2018-01-01 05:00:00+00',
            TIMESTAMPTZ '2019-01-01 04:00:00+00', INTERVAL 1 HOUR)) AS instant),
        shown AS (SELECT time_zone, instant AT TIME ZONE time_zone AS clock
            FROM hours CROSS JOIN (SELECT DISTINCT time_zone FROM zones)),
        times AS (SELECT time_zone, month(clock) AS month, isodow(clock) - 1 AS day_of_week, hour(clock) AS hour,
            count(*) AS times FROM shown GROUP BY ALL),
        summed AS (SELECT substr(l.geography, 1, 2) AS state, month, day_of_week, hour, sum(value) AS value
            FROM read_parquet({typical_weeks_facts}) f JOIN read_parquet({typical_weeks_lookup}) l USING (id)
            GROUP BY ALL)
        SELECT state, 2018 AS annual, sum(value * times) AS value
        FROM summed JOIN zones USING (state) JOIN times USING (time_zone, month, day_of_week, hour)
        GROUP BY ALL ORDER BY ALL""",
    "state_to_county_hourly": f"""
        SELECT c."to" AS county, f.timestamp AS hourly, sum(({_added(*INDUSTRIAL)}) * c.fraction) AS value
        FROM read_parquet({{state_loads_facts}}) f
        JOIN read_csv('{{folder}}/state_to_county.csv', types = {{{{'from': 'VARCHAR', 'to': 'VARCHAR'}}}}) c
            ON f.geography = c."from"
        GROUP BY ALL ORDER BY ALL""",
}
