"""What the queries have to give, calculated with pandas from the data files and the original repository."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

COMSTOCK: Final = "comstock_conus_2022_reference"
RESSTOCK: Final = "resstock_conus_2022_reference"
TEMPO: Final = "tempo_conus_2022"
COMMERCIAL_GROWTH: Final = "aeo2021_reference_commercial_energy_use_growth_factors"
_GROWTH_FOLDER: Final = "modeled/aeo2021_reference/commercial/End_Use_Growth_Factors"
_SCENARIOS: Final = ("efs_high_ldv", "ldv_sales_evs_2035", "reference")
_KWH_PER_GWH: Final = 1e6
_ZONES: Final = {
    "EasternPrevailing": "America/New_York",
    "CentralPrevailing": "America/Chicago",
    "MountainPrevailing": "America/Denver",
    "USArizona": "America/Phoenix",
    "PacificPrevailing": "America/Los_Angeles",
}


@dataclass(frozen=True)
class ByHand:
    """The numbers of one set of data.

    Parameters
    ----------
    repository
        The original configuration.
    data
        The folder with the data files, a folder for each dataset.
    """

    repository: Path
    data: Path

    def annual_by_state(self) -> pd.DataFrame:
        """Return the GWh of electricity by state, sector, scenario and model year of all three datasets."""
        parts = [
            self._of_all_scenarios(self._profiles(COMSTOCK)[self._electric("comstock")], COMSTOCK, "comstock", "com"),
            self._of_all_scenarios(self._profiles(RESSTOCK)[self._electric("resstock")], RESSTOCK, "resstock", "res"),
            self._vehicles(),
        ]
        return pd.concat(parts, ignore_index=True)

    def hourly_by_state(self) -> pd.DataFrame:
        """Return the MWh of commercial electricity by state and the beginning of the hour."""
        stored = pq.read_table(self.data / COMSTOCK / "load_data.parquet").to_pandas()
        use = stored[self._electric("comstock")].astype("float64").sum(axis="columns") / 1000
        hours = use.groupby([stored["id"], stored["timestamp"]]).sum().unstack("timestamp")
        weights = self._placed(COMSTOCK, "comstock").pivot_table("factor", "state", "id", "sum", fill_value=0.0)
        table = weights @ hours.loc[weights.columns]
        # An hour is called by its end; the first one ends where the year of the project begins.
        begin = table.columns - pd.Timedelta(hours=1)
        first = pd.Timestamp("2012-01-01 00:00-05:00")
        table.columns = begin.where(begin >= first, begin + pd.Timedelta(hours=8784)).rename("time_est")
        return table.stack().rename("value").reset_index()

    def projected_by_state(self) -> pd.DataFrame:
        """Return the GWh of commercial electricity by state and model year, grown from 2018 on."""
        rates = self._rates()
        placed = self._placed(COMSTOCK, "comstock").merge(
            self._table("../dimension_mappings/base_to_supplemental/lookup_county_to_censusdivision").rename(
                columns={"from_id": "county", "to_id": "division"}
            ),
            on="county",
        )
        sums = self._profiles(COMSTOCK)[self._electric("comstock")] / _KWH_PER_GWH
        use = placed.merge(sums.rename_axis(columns="metric").stack().rename("value").reset_index(), on="id")
        use["value"] *= use["factor"]
        use = use.groupby(["state", "division", "subsector", "metric"], as_index=False)["value"].sum()
        use = use.merge(rates, on=["division", "subsector", "metric"], validate="many_to_one")
        parts = [
            use.assign(model_year=str(year), value=use["value"] * (1 + use["rate"]) ** (year - 2018))
            for year in range(2010, 2051)
        ]
        return pd.concat(parts).groupby(["state", "model_year"], as_index=False)["value"].sum()

    def _of_all_scenarios(self, use: pd.DataFrame, dataset: str, folder: str, sector: str) -> pd.DataFrame:
        by_id = use.sum(axis="columns") / _KWH_PER_GWH
        placed = self._placed(dataset, folder)
        placed["value"] = placed["id"].map(by_id) * placed["factor"]
        by_state = placed.groupby("state", as_index=False)["value"].sum()
        by_state = by_state.assign(sector=sector, model_year="2018")
        return pd.concat([by_state.assign(scenario=scenario) for scenario in _SCENARIOS])

    def _vehicles(self) -> pd.DataFrame:
        stored = pq.read_table(self.data / TEMPO / "load_data.parquet").to_pandas()
        stored["use"] = (stored["L1andL2"].astype("float64") + stored["DCFC"]) / _KWH_PER_GWH
        placed = self._placed(TEMPO, "tempo")
        placed["zone"] = placed["county"].map(self._counties["time_zone"])
        parts = []
        for zone, here in placed.groupby("zone"):
            mine = stored[stored["id"].isin(here["id"])].merge(_hours_of_2012(_ZONES[str(zone)]), "left")
            mine["use"] *= mine["times"].fillna(0)
            parts.append(here.assign(use=here["id"].map(mine.groupby("id")["use"].sum())))
        years = self._table("modeled/tempo/dimension_mappings/model_year_to_model_year")
        table = pd.concat(parts).merge(years, left_on="model_year", right_on="from_id").drop(columns="model_year")
        table["value"] = table["use"] * table["from_fraction"].astype("float64")
        table = table.rename(columns={"to_id": "model_year"}).assign(sector="trans")
        keys = ["state", "sector", "scenario", "model_year"]
        return table.groupby(keys, as_index=False)["value"].sum()

    def _rates(self) -> pd.DataFrame:
        wide = pd.read_csv(self.repository / "datasets" / _GROWTH_FOLDER / "data/load_data.csv")
        rates = wide.melt(["geography", "subsector"], var_name="metric", value_name="rate")
        mappings = f"{_GROWTH_FOLDER}/dimension_mappings"
        for type_, file in (
            ("subsector", "lookup_comstock_to_aeo2021_com_bldg_types"),
            ("metric", "lookup_comstock_to_aeo2021_com_enduses"),
        ):
            rates = rates.merge(self._table(f"{mappings}/{file}"), left_on=type_, right_on="from_id")
            rates["rate"] *= rates["from_fraction"].astype("float64")
            rates = rates.drop(columns=[type_, "from_id", "from_fraction"]).rename(columns={"to_id": type_})
        rates = rates.rename(columns={"geography": "division"})
        return rates.groupby(["division", "subsector", "metric"], as_index=False)["rate"].sum()

    def _placed(self, dataset: str, folder: str) -> pd.DataFrame:
        """Return the rows of a lookup that have data, with the county and state that they belong to."""
        lookup = pq.read_table(self.data / dataset / "load_data_lookup.parquet").to_pandas().dropna(subset=["id"])
        lookup["factor"] = lookup.get("scaling_factor", 1.0)
        lookup["id"] = lookup["id"].astype("int64")
        counties = self._table(f"modeled/{folder}/dimension_mappings/county_to_county")
        placed = lookup.merge(counties, left_on="geography", right_on="from_id").rename(columns={"to_id": "county"})
        return placed.assign(state=placed["county"].map(self._counties["state"]))

    def _profiles(self, dataset: str) -> pd.DataFrame:
        """Return the sums of all slots, by id and end use; row group by row group, as the file may be large."""
        file = pq.ParquetFile(self.data / dataset / "load_data.parquet")
        parts = []
        for number in range(file.num_row_groups):
            table = file.read_row_group(number).to_pandas().drop(columns="timestamp")
            parts.append(table.astype(dict.fromkeys(table.columns.drop("id"), "float64")).groupby("id").sum())
        return pd.concat(parts).groupby(level=0).sum()

    def _electric(self, folder: str) -> list[str]:
        """Return the dataset's end uses that become electricity in the project."""
        fuels = self._table("../dimensions/subset/end_uses_by_fuel_type").set_index("id")["electricity_end_uses"]
        electric = set(fuels.index[fuels == "x"])
        if folder == "comstock":
            ids = pd.read_csv(self.repository / "datasets/modeled/comstock/dimensions/conus_2022-comstock_end_uses.csv")
            return [id_ for id_ in ids["id"] if id_ in electric]
        ends = self._table(f"modeled/{folder}/dimension_mappings/metric_to_metric")
        return list(ends.loc[ends["to_id"].isin(electric), "from_id"])

    @cached_property
    def _counties(self) -> pd.DataFrame:
        return self._table("../dimensions/counties").set_index("id")

    def _table(self, name: str) -> pd.DataFrame:
        table = pd.read_csv(self.repository / "datasets" / f"{name}.csv", dtype=str, keep_default_na=False)
        return table[table["to_id"] != ""] if "to_id" in table else table


def _hours_of_2012(zone: str) -> pd.DataFrame:
    """Return how often the clock of a zone shows each month, day of the week and hour at the end of an hour of 2012."""
    ends = pd.date_range("2012-01-01 01:00", periods=8784, freq="h", tz="-05:00").tz_convert(zone)
    parts = {"month": ends.month, "day_of_week": ends.dayofweek, "hour": ends.hour}
    labels = pd.DataFrame({name: np.asarray(part, dtype="int8") for name, part in parts.items()})
    return labels.groupby(list(parts)).size().rename("times").reset_index()
