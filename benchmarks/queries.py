"""The questions of the field that are measured; the spec of each stands in ``specs/``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SPECS = Path(__file__).parent / "specs"
FILTERED_STATE = "01"
FILTERED_END_USE = "lighting"


@dataclass(frozen=True)
class Query:
    """One question.

    Parameters
    ----------
    keys
        The columns of its result besides the values; together they tell its rows apart.
    about
        What is asked, in a few words.
    datasets
        What is read for it.
    """

    name: str
    keys: tuple[str, ...]
    about: str
    datasets: tuple[str, ...] = ("county_loads",)

    @property
    def spec(self) -> Path:
        """The spec that asks it."""
        return SPECS / f"{self.name}.toml"


QUERIES = (
    Query("hourly_by_state_fuel", ("state", "fuel", "hourly"), "hourly loads by state and fuel"),
    Query("annual_by_state_fuel", ("state", "fuel", "annual"), "annual loads by state and fuel"),
    Query("peak_hour_by_county", ("county",), "the largest hourly load of each county"),
    Query("filtered_state_end_use", ("county", "hourly"), "hourly loads of one end use in the counties of one state"),
    Query(
        "projection_by_state_year",
        ("state", "model_year"),
        "loads by state and model year as they grow to 2050",
        ("county_loads", "growth"),
    ),
    Query(
        "representative_week_annual",
        ("state", "annual"),
        "annual loads by state, of typical weeks",
        ("typical_weeks",),
    ),
    Query(
        "state_to_county_hourly",
        ("county", "hourly"),
        "hourly loads of states, shared out to their counties",
        ("state_loads",),
    ),
)


def query_of(name: str) -> Query:
    """Return the question of a name."""
    return next(query for query in QUERIES if query.name == name)
