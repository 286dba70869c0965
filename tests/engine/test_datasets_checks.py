"""What registration refuses in the facts: the first line says it, the rows are shown, nothing is left behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from tests.engines import few_on_spark
from tests.small_dataset import KEYS, Small, long_facts

from dsgrid.datasets import read
from dsgrid.errors import DataError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = few_on_spark(4)

LAYOUTS = ("one stacked", "one pivoted", "two stacked", "two pivoted")
every_layout = pytest.mark.parametrize("layout", LAYOUTS)


def refusal(session: SparkSession, small: Small, folder: Path) -> str:
    """Return the message of the error that a dataset gives; nothing is left behind."""
    with pytest.raises(DataError) as caught:
        small.prepare(session, folder)
    assert not (folder / "stored").exists()
    assert not list(folder.glob(".*"))
    return str(caught.value)


@every_layout
def test_a_gap_names_the_array_and_the_label(session: SparkSession, tmp_path: Path, layout: str) -> None:
    message = refusal(session, Small.of(layout).spoil(lambda facts: facts.drop(index=3)), tmp_path)
    first = message.splitlines()[0]
    id_ = "id 7, " if "two" in layout else ""
    metric = ", cooling" if "stacked" in layout else ""
    arrays = 12 if "stacked" in layout else 6
    assert f"load_data.parquet: 1 of {arrays} time arrays does not have exactly the slots of 2012-07-01 00:00" in first
    assert first.endswith(f"; {id_}06037, office{metric}: 1 hour missing from 2012-07-01 03:00 -05:00")
    assert "rows" in message.splitlines()[1]


@every_layout
def test_a_surplus_label_is_named(session: SparkSession, tmp_path: Path, layout: str) -> None:
    def later(facts: pd.DataFrame) -> pd.DataFrame:
        extra = facts.head(1).assign(timestamp=pd.Timestamp("2012-07-05", tz="UTC"))
        return pd.concat([facts, extra], ignore_index=True).astype({"timestamp": facts["timestamp"].dtype})

    message = refusal(session, Small.of(layout).spoil(later), tmp_path)
    assert message.splitlines()[0].endswith(": 1 hour too many from 2012-07-04 19:00 -05:00")


@every_layout
def test_a_row_that_occurs_twice_is_named(session: SparkSession, tmp_path: Path, layout: str) -> None:
    small = Small.of(layout).spoil(lambda facts: pd.concat([facts, facts.head(1)]))
    first = refusal(session, small, tmp_path).splitlines()[0]
    assert first.endswith(": 1 hour repeated from 2012-07-01 00:00 -05:00")


@every_layout
def test_a_duplicate_does_not_make_up_for_a_gap(session: SparkSession, tmp_path: Path, layout: str) -> None:
    def moved(facts: pd.DataFrame) -> pd.DataFrame:
        keys = [name for name in ("id", *KEYS, "metric", "timestamp") if name in facts]
        order = facts.sort_values(keys, ignore_index=True)
        # {0, 4, 5} and {1, 2, 6}: equal counts, sums and sums of squares.
        order.loc[[0, 4, 5], "timestamp"] = order.loc[[1, 2, 6], "timestamp"].tolist()
        return order

    first = refusal(session, Small.of(layout).spoil(moved), tmp_path).splitlines()[0]
    assert ": 1 hour missing from 2012-07-01 00:00 -05:00, 2 hours missing from 2012-07-01 04:00 -05:00; " in first
    assert "; 2 hours repeated from 2012-07-01 01:00 -05:00, 1 hour repeated from 2012-07-01 06:00 -05:00" in first


@every_layout
def test_a_missing_combination_is_named(session: SparkSession, tmp_path: Path, layout: str) -> None:
    small = Small.of(layout)
    if small.lookup is not None:
        gone = small.lookup.iloc[[1]]
        small.lookup = small.lookup.drop(index=1)
        small = small.spoil(lambda facts: facts[facts["id"] != gone["id"].iloc[0]])
    else:
        small = small.spoil(lambda facts: facts[(facts["geography"] != "06037") | (facts["subsector"] != "retail")])
    first = refusal(session, small, tmp_path).splitlines()[0]
    assert "2 combinations are missing" in first
    assert "06037" in first
    assert "retail" in first


def test_a_record_that_never_occurs_is_named(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of().spoil(lambda facts: facts[facts["geography"] != "08031"])
    assert "4 combinations are missing: geography=08031" in refusal(session, small, tmp_path)


def test_county_ids_that_lost_their_zeros_are_recognised(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of().spoil(lambda facts: facts.assign(geography=facts["geography"].str.lstrip("0")))
    message = refusal(session, small, tmp_path)
    assert 'lost their leading zeros, such as "6037" for "06037"' in message.splitlines()[0]
    assert "missing" not in message  # one cause, one complaint


def test_an_unknown_id_names_the_closest_one(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of().spoil(lambda facts: facts.replace({"subsector": {"retail": "retial"}}))
    assert (
        'no record of subsector "retial"; did you mean "retail"?' in refusal(session, small, tmp_path).splitlines()[0]
    )


def test_an_id_is_not_allowed_to_be_absent(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of()
    small.facts.loc[[4, 5], "geography"] = None
    message = 'load_data.parquet (row 5): column "geography": 2 rows without an id (NULL)'
    assert message in refusal(session, small, tmp_path)


@pytest.mark.parametrize("layout", ["two stacked", "two pivoted"])
def test_facts_and_lookup_have_the_same_ids(session: SparkSession, tmp_path: Path, layout: str) -> None:
    small = Small.of(layout)
    assert small.lookup is not None
    small.lookup.loc[0, "id"] = 99
    message = refusal(session, small, tmp_path)
    assert "lookup.parquet: 1 id that" in message
    assert "lacks: 99" in message
    assert "lacks: 7" in message


def test_text_ids_that_the_lookup_lacks_are_named(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of("two stacked")
    assert small.lookup is not None
    small.lookup["id"] = "a" + small.lookup["id"].astype(str)
    small.facts["id"] = "b" + small.facts["id"].astype(str)
    assert '"b11"' in refusal(session, small, tmp_path).splitlines()[0]


def test_ids_are_text_in_both_tables_or_in_none(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of("two stacked").spoil(lambda facts: facts.assign(id=facts["id"].astype(str)))
    assert "ids are text here and integers in" in refusal(session, small, tmp_path).splitlines()[0]


def test_two_ids_must_not_share_a_combination(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of("two stacked")
    assert small.lookup is not None
    small.lookup.loc[1, KEYS] = small.lookup.loc[0, KEYS].tolist()
    assert "several time arrays for 2 combinations of records" in refusal(session, small, tmp_path)


# NULL and declared gaps ----------------------------------------------------------------------------------------------


@every_layout
def test_values_that_are_null_throughout_an_array_declare_it_missing(
    session: SparkSession, tmp_path: Path, layout: str
) -> None:
    small = Small.of(layout)
    value = "fans" if small.data else "value"
    key = "id" if "id" in small.facts else "geography"
    chosen = small.facts[key] == small.facts[key].iloc[0]
    if "metric" in small.facts:
        chosen &= small.facts["metric"] == "fans"
    small.facts.loc[chosen, value] = None
    prepared = small.prepare(session, tmp_path)
    gone = int(chosen.sum()) // 24
    assert prepared.summary["combinations"] == 12 - gone
    assert prepared.layout.null_cells == (prepared.layout.pivot is not None)
    (declared,) = read.missing(tmp_path, small.dataset(prepared))
    assert len(declared) == gone
    assert set(declared["metric"]) == {"fans"}
    assert set(declared.columns) == {*KEYS, "metric"}


@pytest.mark.parametrize("layout", ["two stacked", "two pivoted"])
def test_an_id_whose_values_are_all_null_is_declared_missing(
    session: SparkSession, tmp_path: Path, layout: str
) -> None:
    small = Small.of(layout)
    values = ["cooling", "fans"] if small.data else ["value"]
    small.facts.loc[small.facts["id"] == 7, values] = None
    prepared = small.prepare(session, tmp_path)
    assert prepared.summary["combinations"] == 10
    assert prepared.summary["rows"] == len(small.facts) - int((small.facts["id"] == 7).sum())


@every_layout
def test_a_null_inside_an_array_is_refused(session: SparkSession, tmp_path: Path, layout: str) -> None:
    small = Small.of(layout)
    small.facts.loc[3, "fans" if small.data else "value"] = None
    first = refusal(session, small, tmp_path).splitlines()[0]
    assert "NULL" in first


def test_a_lookup_row_without_an_id_declares_its_combination_missing(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of("two stacked")
    assert small.lookup is not None
    small = small.spoil(lambda facts: facts[facts["id"] != 7])
    small.lookup = small.lookup.astype({"id": "Int32"})  # type: ignore[union-attr]
    small.lookup.loc[0, "id"] = pd.NA
    prepared = small.prepare(session, tmp_path)
    (declared,) = read.missing(tmp_path, small.dataset(prepared))
    assert declared.to_dict("records") == [{"geography": "06037", "subsector": "office"}]


def test_a_table_of_missing_combinations_excuses_what_matches_it(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of().spoil(lambda facts: facts[(facts["geography"] != "06037") | (facts["metric"] != "fans")])
    (tmp_path / "missing").mkdir()
    (tmp_path / "missing/geography__metric.csv").write_text("geography,metric\n06037,fans\n")
    small.data["missing"] = ["missing"]
    assert small.prepare(session, tmp_path).summary["combinations"] == 10


def test_data_for_a_combination_that_is_declared_missing_are_refused(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of()
    (tmp_path / "gaps.csv").write_text("geography,metric\n06037,fans\n")
    small.data["missing"] = ["gaps.csv"]
    message = refusal(session, small, tmp_path)
    assert "2 combinations with data declared missing by" in message.splitlines()[0]
    assert "gaps.csv" in message.splitlines()[0]
    assert "office" in message


def test_tables_of_expected_combinations_restrict_the_product(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of().spoil(lambda facts: facts[(facts["metric"] == "fans") == (facts["subsector"] == "office")])
    (tmp_path / "expected.csv").write_text("metric,subsector\nfans,office\ncooling,retail\n")
    small.data["expected"] = ["expected.csv"]
    prepared = small.prepare(session, tmp_path)
    assert prepared.summary["combinations"] == 6
    (table,) = read.expected(tmp_path, small.dataset(prepared))
    assert len(table) == 2


def test_data_beyond_the_expected_combinations_are_refused(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of()
    (tmp_path / "expected.csv").write_text("metric,subsector\nfans,office\ncooling,retail\n")
    small.data["expected"] = ["expected.csv"]
    assert "6 combinations with data match no row of" in refusal(session, small, tmp_path).splitlines()[0]


def test_all_problems_are_reported_at_once(session: SparkSession, tmp_path: Path) -> None:
    small = Small.of().spoil(
        lambda facts: facts.drop(index=3).query("geography != '08031' or metric != 'fans' or subsector != 'office'")
    )
    message = refusal(session, small, tmp_path)
    assert "1 hour missing from 2012-07-01 03:00 -05:00" in message
    assert "1 combination is missing" in message


def test_values_are_summed_exactly_as_they_are(session: SparkSession, tmp_path: Path) -> None:
    summary = Small.of("one pivoted").prepare(session, tmp_path).summary
    assert summary["abs_sum"] == pytest.approx(long_facts()["value"].sum(), rel=1e-12)
    assert summary["values"] == len(long_facts())
    assert np.isfinite(summary["abs_sum"])
