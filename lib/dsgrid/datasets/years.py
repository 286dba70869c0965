"""Annual data whose years are those of records: a column of years has to say the same as the records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dsgrid.datasets.offenders import LIMIT, counted, show
from dsgrid.dimensions.dimension import Dimension
from dsgrid.errors import DataError, Problem
from dsgrid.storage.location import engine_paths
from dsgrid.time.dimension import AnnualTime, TimeDimension

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import SparkSession

    from dsgrid.datasets.columns import Columns
    from dsgrid.datasets.ingest import Source
    from dsgrid.datasets.lookup import Lookup


def refuse_other_years(
    session: SparkSession,
    source: Source,
    columns: Columns,
    time: TimeDimension,
    lookup: Lookup | None,
    dimensions: Mapping[str, Dimension],
) -> None:
    """Refuse rows whose year is not that of their model year (or weather year).

    Raises
    ------
    DataError
        With the rows that disagree.
    """
    if not isinstance(time, AnnualTime) or not time.year_of or "year" not in columns.facts.times:
        return
    import pandas as pd
    from pyspark.sql import functions as F

    from dsgrid.datasets.facts import quoted, schema

    type_, table = time.year_of, columns.facts
    raw = session.read.schema(schema(source.types)).parquet(*engine_paths(session, source.files))
    column = table.dimensions.get(type_) or (table.id if lookup is not None else None)
    names = {"year": table.times["year"], **({"of": column} if column else {})}
    # Distinct pairs are few: a year per record, or per id.
    texts = (F.col(quoted(name)).cast("string").alias(alias) for alias, name in names.items())
    found = raw.select(*texts).distinct().toArrow().to_pandas().sort_values(list(names), ignore_index=True)
    if type_ in table.dimensions:
        pass
    elif lookup is not None and type_ in lookup.table.column_names:
        found = found.merge(_records(lookup, type_), on="of", how="inner").assign(of=lambda rows: rows["record"])
    else:
        # The only record, or those of a pivoted type, to which each row belongs.
        records = pd.DataFrame({"of": list(dimensions[type_].records.ids)})
        found = found[["year"]].drop_duplicates().merge(records, how="cross")
    wrong = found[found["year"] != found["of"]]
    if len(wrong):
        rows = [{names["year"]: row.year, type_: row.of} for row in wrong.head(LIMIT).itertuples()]
        first = " and ".join(f"{name} {_shown(value)}" for name, value in rows[0].items())
        message = f'"{names["year"]}" and the {type_} disagree in {counted(len(wrong), "combination")}: {first}'
        raise DataError(Problem(message, source.name, detail=show(rows, len(wrong))))


def _shown(value: str | None) -> str:
    return "NULL" if value is None else value


def _records(lookup: Lookup, type_: str) -> pd.DataFrame:
    """Return ids as the files have them (``of``), with their records of a type (``record``)."""
    table = lookup.table.to_pandas()[["id", type_]].rename(columns={type_: "record"})
    if lookup.codes is None:
        return table.assign(of=table["id"].astype(str))
    codes = lookup.codes.to_pandas()
    return table.merge(codes, left_on="id", right_on="code").rename(columns={"text": "of"})
