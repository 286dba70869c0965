"""The questions of the field, in three languages: a spec, the columns of a step-wise plan, and SQL."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """One query.

    Parameters
    ----------
    by
        The names in the spec.
    columns
        The same as columns of a step-wise plan: keys of `MAPPED`.
    """

    name: str
    by: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def spec(self) -> str:
        """The query's spec."""
        by = ", ".join(f'"{name}"' for name in self.by)
        return (
            f'spec_version = 1\njob = "query"\nregistry = "registry"\nname = "{self.name}"\nproject = "bench"\n'
            f'datasets = ["bench_loads"]\n\n[[step]]\nfunction = "sum"\nby = [{by}]\n\n[result]\npath = "results"\n'
            'format = "parquet"\nunit = "MWh"\n'
        )


QUESTIONS = (
    Question("hourly_by_state_and_fuel", ("state", "fuel", "hourly"), ("state", "fuel", "hour")),
    Question("annual_by_state", ("state", "annual"), ("state", "year")),
    # What the peak of each county is taken from; `max` follows when steps can be chained.
    Question("hourly_by_county", ("county", "hourly"), ("county", "hour")),
)

# Hand-written as an expert would for one question at a time: wide columns are added before anything is grouped, and
# the lookup is joined once. `{facts}` is a list of files, `{lookup}` a file, `{folder}` that of the CSV tables.
SQL = {
    "hourly_by_state_and_fuel": """
        WITH summed AS (
            SELECT substr(l.geography, 1, 2) AS state, f.timestamp - INTERVAL 1 HOUR AS hour,
                sum((electricity_cooling + electricity_heating + electricity_fans + electricity_pumps
                     + electricity_lights + electricity_equipment) * l.scaling_factor) / 1000 AS electricity,
                sum((gas_heating + gas_water) * l.scaling_factor) / 1000 AS natural_gas
            FROM read_parquet({facts}) f JOIN read_parquet('{lookup}') l USING (id) GROUP BY ALL)
        SELECT state, 'electricity' AS fuel, hour, electricity AS value FROM summed
        UNION ALL SELECT state, 'natural_gas', hour, natural_gas FROM summed
        ORDER BY ALL""",
    "annual_by_state": """
        SELECT substr(l.geography, 1, 2) AS state, 2018 AS year,
            sum((electricity_cooling + electricity_heating + electricity_fans + electricity_pumps + electricity_lights
                 + electricity_equipment + gas_heating + gas_water) * l.scaling_factor) / 1000 AS value
        FROM read_parquet({facts}) f JOIN read_parquet('{lookup}') l USING (id) GROUP BY ALL ORDER BY ALL""",
    "hourly_by_county": """
        SELECT l.geography AS county, f.timestamp - INTERVAL 1 HOUR AS hour,
            sum((electricity_cooling + electricity_heating + electricity_fans + electricity_pumps + electricity_lights
                 + electricity_equipment + gas_heating + gas_water) * l.scaling_factor) / 1000 AS value
        FROM read_parquet({facts}) f JOIN read_parquet('{lookup}') l USING (id) GROUP BY ALL ORDER BY ALL""",
}
