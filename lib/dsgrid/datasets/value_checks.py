"""The checks of its values that a dataset declares, made on what is stored.

Most of them follow from the statistics of each combination of records (`dsgrid.datasets.associations`), which are on
the driver already. Only those that compare values slot by slot (`share_sums_to`, `monotone`) ask the engine once more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from dsgrid.datasets.facts import quoted
from dsgrid.datasets.long_facts import Facts, long_facts
from dsgrid.datasets.offenders import LIMIT, counted, show
from dsgrid.datasets.own_checks import ValueCheck
from dsgrid.dimensions.types import RECORD_TYPES, TIME
from dsgrid.errors import Problem

if TYPE_CHECKING:
    import pandas as pd

Table = dict[str, Any]
# Relative to the size of what is summed.
TOLERANCE: Final = 1e-6
_FEW = 3
# A column that no record and no dimension is called like.
_ORDER: Final = "#order"
# More combinations than this are not counted where they have no values.
_LISTED: Final = 1_000_000


@dataclass(frozen=True)
class Values:
    """What checks look at.

    Parameters
    ----------
    associations
        The statistics of each combination that has data.
    absent
        Combinations whose values are NULL in the files: some of the types as columns.
    facts
        The stored facts, for checks that compare slots.
    ids
        The record ids of each type.
    """

    associations: pd.DataFrame
    absent: Sequence[pd.DataFrame]
    facts: Facts
    ids: Mapping[str, Sequence[str]]

    def chosen(self, check: ValueCheck) -> pd.DataFrame:
        """Return the combinations that a check is about."""
        return _only(self.associations, check)


# Making them ----------------------------------------------------------------------------------------------------------


def broken_checks(checks: Sequence[ValueCheck], values: Values) -> list[Problem]:
    """Return a problem for each check that does not hold."""
    return [problem for check in checks if (problem := KINDS[check.kind](check, values)) is not None]


def _range(check: ValueCheck, values: Values) -> Problem | None:
    rows, low, high = values.chosen(check), check.says.get("min"), check.says.get("max")
    none = rows["min"] != rows["min"]
    sides = [
        (rows["min"] < low if low is not None else none, "min", f"below {low:g}, down to" if low is not None else ""),
        (rows["max"] > high if high is not None else none, "max", f"above {high:g}, up to" if high is not None else ""),
    ]
    wrong = rows[sides[0][0] | sides[1][0]]
    if wrong.empty:
        return None
    texts = [
        f"values of {_of(rows[broken], rows)} are {words} {rows.loc[broken, side].agg(side):g}"
        for broken, side, words in sides
        if broken.any()
    ]
    return check.problem("; ".join(texts), wrong[[*_telling(rows), "min", "max"]])


def _not_null(check: ValueCheck, values: Values) -> Problem | None:
    import pandas as pd

    found = [_only(table, check) for table in values.absent]
    wrong = pd.concat([table for table in found if len(table)] or [pd.DataFrame()], ignore_index=True)
    if wrong.empty:
        return None
    return check.problem(f"the values of {counted(len(wrong), 'combination')} are NULL", wrong)


def _sum(check: ValueCheck, values: Values) -> Problem | None:
    rows, by, wanted = values.chosen(check), list(check.says.get("by", ())), float(check.says["equals"])
    sums = rows.groupby(by, sort=True)[["sum", "abs_sum"]].sum().reset_index() if by else _total(rows)
    room = check.says.get("tolerance", TOLERANCE) * sums["abs_sum"].clip(lower=abs(wanted))
    wrong = sums[(sums["sum"] - wanted).abs() > room][[*by, "sum"]]
    if wrong.empty:
        return None
    first = f" of {_named(wrong.iloc[0], by)}" if by else ""
    several = f" ({len(wrong):,} of {len(sums):,} differ)" if by else ""
    message = f"values{first} add up to {wrong['sum'].iloc[0]:.10g}, not to {wanted:.10g}{several}"
    return check.problem(message, wrong)


def _row_count(check: ValueCheck, values: Values) -> Problem | None:
    rows, by = values.chosen(check), list(check.says.get("by", ()))
    counts = _counts(check, values, rows, by) if by else _total(rows)[["rows"]]
    low, high = (check.says.get("equals", check.says.get(name)) for name in ("min", "max"))
    below = counts["rows"] < low if low is not None else counts["rows"] < 0
    above = counts["rows"] > high if high is not None else counts["rows"] < 0
    wrong = counts[below | above]
    if wrong.empty:
        return None
    first = f"{_named(wrong.iloc[0], by)}: " if by else ""
    expected = (
        f"{low:,}"
        if low == high
        else " and ".join(
            [*([f"at least {low:,}"] if low is not None else []), *([f"at most {high:,}"] if high is not None else [])]
        )
    )
    return check.problem(f"{first}there are {wrong['rows'].iloc[0]:,} values, expected {expected}", wrong)


def _counts(check: ValueCheck, values: Values, rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return how many values each combination of records has, those without any among them."""
    import pandas as pd

    counts = rows.groupby(by, sort=True)["rows"].sum()
    ids = [check.only.get(type_, values.ids[type_]) for type_ in by]
    if math.prod(map(len, ids)) <= _LISTED:
        every = pd.MultiIndex.from_product(ids, names=by) if len(by) > 1 else pd.Index(ids[0], name=by[0])
        counts = counts.reindex(every.sort_values(), fill_value=0)
    return counts.reset_index()


def _unique(check: ValueCheck, values: Values) -> Problem | None:
    rows, by, of = values.chosen(check), list(check.says["by"]), check.says["of"]
    pairs = rows[[*by, of]].drop_duplicates()
    wrong = pairs[pairs.duplicated(by, keep=False)].sort_values([*by, of], ignore_index=True)
    if wrong.empty:
        return None
    first = wrong.iloc[0]
    mine = wrong[(wrong[by] == first[by]).all(axis=1)][of].tolist()
    more = f" and {len(mine) - _FEW} more" if len(mine) > _FEW else ""
    return check.problem(f"{_named(first, by)} has several of {of}: {', '.join(mine[:_FEW])}{more}", wrong)


def _share_sums_to(check: ValueCheck, values: Values) -> Problem | None:
    from pyspark.sql import functions as F

    over, wanted = check.says["over"], float(check.says.get("equals", 1))
    facts = long_facts(values.facts, check.only)
    others = [name for name in facts.columns if name not in (*over, "value")]
    sums = facts.groupBy(*others).agg(F.sum("value").alias("sum"))
    wrong = sums.where(F.abs(F.col("sum") - F.lit(wanted)) > F.lit(check.says.get("tolerance", TOLERANCE)))
    return _found(check, wrong, others, values, lambda row: f"shares add up to {row['sum']:.10g}, not to {wanted:.10g}")


def _monotone(check: ValueCheck, values: Values) -> Problem | None:
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    facts = long_facts(values.facts, check.only)
    time = [name for name in facts.columns if name not in (*RECORD_TYPES, "value")]
    order = time if check.says["along"] == TIME else [check.says["along"]]
    others = [name for name in facts.columns if name not in (*order, "value")]
    steps = order
    if check.says["along"] != TIME:
        # In the order of the records, which need not be that of texts.
        facts, steps = _numbered(facts, values, order[0]), [_ORDER]
    before = F.lag("value").over(Window.partitionBy(*others).orderBy(*(quoted(name) for name in steps))).alias("before")
    falls = check.says.get("direction", "increasing") == "decreasing"
    step = F.col("value") > F.col("before") if falls else F.col("value") < F.col("before")
    wrong = facts.select(*others, *order, before, "value").where(step)
    verb = "grow" if falls else "fall"
    return _found(
        check, wrong, [*others, *order], values, lambda row: f"values {verb} from {row['before']:g} to {row['value']:g}"
    )


def _numbered(facts: Any, values: Values, type_: str) -> Any:
    """Return facts with the position of their record of a type."""
    import pyarrow as pa
    from pyspark.sql import functions as F

    ids = list(values.ids[type_])
    small = values.facts.session.createDataFrame(pa.table({type_: ids, _ORDER: list(range(len(ids)))}))
    return facts.join(F.broadcast(small), type_, "inner")


KINDS: Final[Mapping[str, Callable[[ValueCheck, Values], Problem | None]]] = {
    "range": _range,
    "not_null": _not_null,
    "sum": _sum,
    "share_sums_to": _share_sums_to,
    "monotone": _monotone,
    "row_count": _row_count,
    "unique": _unique,
}


# How many rows of facts that break a check are brought to the driver.
KEPT: Final = 100_000


def _found(
    check: ValueCheck, wrong: Any, keys: Sequence[str], values: Values, says: Callable[[Any], str]
) -> Problem | None:
    """Return the problem of rows that the engine found; the first of them by their keys."""
    from pyspark.sql import functions as F

    number = int(wrong.agg(F.count(F.lit(1)).alias("rows")).toArrow()["rows"][0].as_py())
    if not number:
        return None
    rows = _in_zone(wrong.orderBy(*keys).limit(KEPT).toArrow().to_pandas(), values.facts.zone)
    # What tells combinations apart in the data, not only in the rows that are wrong.
    data = values.chosen(check)
    telling = [name for name in keys if name not in RECORD_TYPES or data[name].nunique() > 1]
    first = rows.iloc[0]
    more = f" ({number:,} times)" if number > 1 else ""
    message = f"{says(first)}{more}, first at {_named(first, telling)}"
    table = rows[[*telling, *(name for name in rows if name not in keys)]]
    detail = show(table.head(LIMIT).to_dict("records"), number)
    if number > KEPT:
        detail += f"\n  (of {number:,} rows the first {KEPT:,} are kept for files)"
    return Problem(f"{check.kind}: {message}", check.where, check.key, detail, table)


def _in_zone(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return rows whose instants are told in the zone of the data."""
    from dsgrid.time.zones import zone

    if not name:
        return rows
    instants = [column for column in rows if getattr(rows[column].dtype, "tz", None) is not None]
    return rows.assign(**{column: rows[column].dt.tz_convert(zone(name)) for column in instants})


def _only(table: pd.DataFrame, check: ValueCheck) -> pd.DataFrame:
    for type_, ids in check.only.items():
        if type_ in table:
            table = table[table[type_].isin(ids)]
    return table


def _total(rows: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({name: [rows[name].sum()] for name in ("rows", "sum", "abs_sum")})


def _telling(rows: pd.DataFrame) -> list[str]:
    return [type_ for type_ in RECORD_TYPES if rows[type_].nunique() > 1] or list(RECORD_TYPES[:1])


def _of(wrong: pd.DataFrame, rows: pd.DataFrame) -> str:
    first = _named(wrong.iloc[0], _telling(rows))
    return first if len(wrong) == 1 else f"{len(wrong):,} of {counted(len(rows), 'combination')}, the first {first},"


def _named(row: Any, columns: Sequence[str]) -> str:
    return ", ".join(_text(row[name]) for name in columns)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}{f' {value.tzname()}' if value.tzinfo else ''}"
    return str(value)
