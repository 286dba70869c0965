"""Bring a dataset's rows to the project's slots: place by place, with the weights that a naive reference gives."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dsgrid.dimensions.dimension import Dimension
from dsgrid.registry.model import Project
from dsgrid.time.dimension import GEOGRAPHY, PROJECT_GEOGRAPHY, NoTime, is_local, zone_of
from dsgrid.time.labels import slot_keys
from dsgrid.time.places import Place
from reference.stored import Stored
from reference.times import weights

YEARS = ("weather_year", "model_year")


def with_slots(rows: pd.DataFrame, stored: Stored, project: Project) -> pd.DataFrame:
    """Return rows with ``slot`` (a number of the project's) instead of ``label``, times their weights.

    What a row's geography and years are mapped to decides how its time is: a column for each of these targets is kept,
    so that the mappings of records, which come after this, can be held to them.
    """
    rows = _targets(rows, stored)
    if isinstance(stored.dataset.time, NoTime) or rows.empty:
        return rows.assign(slot=0).drop(columns="label")
    parts = [part for _, part in rows.groupby(["geography", "@geography", *(f"@{year}" for year in YEARS), *YEARS])]
    return pd.concat([_mapped(part, stored, project) for part in parts], ignore_index=True)


def _targets(rows: pd.DataFrame, stored: Stored) -> pd.DataFrame:
    """Add the base records that geographies and years reach: a row for each of them."""
    for type_ in ("geography", *YEARS):
        mapping = stored.submission.mappings[type_].mapping
        pairs = (
            [(id_, id_) for id_ in stored.dataset.dimensions[type_].records.ids]
            if mapping is None
            else [(one.from_id, one.to_id) for one in mapping.associations if one.to_id is not None]
        )
        table = pd.DataFrame(pairs, columns=[type_, f"@{type_}"]).astype(object)
        rows = rows.merge(table, on=type_, how="inner")
    return rows


def _mapped(part: pd.DataFrame, stored: Stored, project: Project) -> pd.DataFrame:
    own, target = stored.dataset.time, project.time
    place = _place(part.iloc[0].to_dict(), stored, project)
    keys = slot_keys(own, [place.zone])
    entries = weights(own, target, stored.submission.time, place)
    table = pd.DataFrame(
        [(int(keys[source]), slot, weight) for (source, slot), weight in entries.items()],
        columns=["label", "slot", "weight"],
    ).astype({"label": "int64", "slot": "int64", "weight": float})
    rows = part.merge(table, on="label", how="inner")
    if own.measurement in ("min", "max"):
        keys_ = [name for name in rows.columns if name not in ("label", "value", "size", "weight")]
        rows = rows.groupby(keys_, as_index=False)["value"].agg(own.measurement)
        return rows.assign(size=rows["value"].abs())
    rows = rows.assign(value=rows["value"] * rows["weight"], size=rows["size"] * rows["weight"].abs())
    return rows.drop(columns=["label", "weight"])


def _place(row: Mapping[str, str], stored: Stored, project: Project) -> Place:
    own, target = stored.dataset.time, project.time
    base = next(one for one in project.base if one.name == stored.submission.mappings["geography"].base)
    base_zone = _zone(base, row["@geography"])
    zones = {GEOGRAPHY: _zone(stored.dataset.dimensions["geography"], row["geography"]), PROJECT_GEOGRAPHY: base_zone}
    return Place(
        zone=zones[zone_of(own)] if is_local(own) else "",
        target_zone=base_zone if is_local(target) else "",
        own=frozenset({row[own.year_of]}) if own.year_of else frozenset(),
        record=row[f"@{target.year_of}"] if target.year_of else "",
    )


def _zone(dimension: Dimension, id_: str) -> str:
    return str(dimension.records.by_id[id_].get("time_zone") or "")
