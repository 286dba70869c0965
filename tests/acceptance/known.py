"""Right answers where the existing system gives none, calculated with pandas from files that are right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd
    from tests.acceptance.peer import Peer

_DERIVED: Final = (
    "derive_comstock_conus_2022_projected",
    "derive_resstock_conus_2022_projected",
    "derive_tempo_conus_2022_mapped",
)
_MWH: Final = {"MWh": 1.0, "MBtu": 0.2930710701722222}


def by_place(peer: Peer, place: str) -> pd.DataFrame:
    """Sum the three derived datasets by place, fuel and hour, as their project's own tables say.

    The existing system answers no row: where columns are named by type, it loses supplemental dimensions.
    """
    import pandas as pd

    folder = peer.shared / "data/std/project"
    mapping = folder / f"dimension_mappings/base_to_supplemental/lookup_county_to_{place}.csv"
    places = pd.read_csv(mapping, dtype=str).set_index("from_id")["to_id"]
    fuels = pd.read_csv(folder / "dimensions/subset/end_uses_by_fuel_type.csv", dtype=str).set_index("id")
    units = pd.read_csv(folder / "dimensions/enduses.csv", dtype=str).set_index("id")["unit"]
    rows = pd.concat([peer.table(name) for name in _DERIVED], ignore_index=True)
    found = pd.DataFrame(
        {
            place: rows["geography"].map(places),
            "end_uses_by_fuel_type": rows["metric"].map(fuels.notna().idxmax(axis="columns")),
            **{key: rows[key] for key in ("scenario", "model_year", "sector", "weather_year", "timestamp")},
            "value": rows["value"] * rows["metric"].map(units.map(_MWH)),
        }
    )
    return found.groupby(list(found.columns[:-1]), as_index=False).sum()


def of_aeo(peer: Peer, folder: str) -> pd.DataFrame:
    """Put the columns of a file of the Annual Energy Outlook below each other; an empty cell is no value."""
    import pandas as pd

    table = pd.read_csv(peer.shared / f"data/efs/datasets/test_aeo_data/{folder}/load_data.csv")
    keys = [column for column in ("geography", "subsector", "time_year") if column in table]
    rows = table.melt(id_vars=keys, var_name="metric").dropna(subset="value")
    return rows.assign(sector="com", scenario="aeo_ref", weather_year="2013_2050", model_year="2013_2050")


# What to compare with, by the project and the name of the query.
ANSWERS: Final[Mapping[tuple[str, str], Callable[[Peer], pd.DataFrame]]] = {
    ("std", "by_state_types"): lambda peer: by_place(peer, "state"),
    ("std", "by_pca_types"): lambda peer: by_place(peer, "reeds_pca"),
    ("aeo", "Commercial_End_Uses"): lambda peer: of_aeo(peer, "Commercial_End_Uses"),
    ("aeo", "Commercial_End_Use_Growth_Factors"): lambda peer: of_aeo(peer, "Commercial_End_Use_Growth_Factors"),
}
