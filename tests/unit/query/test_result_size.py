"""How large a query is before it runs: what is read is what is wanted, and rows and bytes follow the form."""

from __future__ import annotations

import pytest
from explaining import GROWING, grown_project, growth, of_one_year, plans_of
from reference.example import dataset, pivoted, project

from dsgrid.query.size import result_bytes, rows_written, work
from dsgrid.query.stage_rows import stage_rows

HOURLY = '[[step]]\nby = ["county", "end_use", "time_mst"]\n'


def test_all_facts_are_read_where_all_are_wanted() -> None:
    plans = plans_of(HOURLY)
    found = work(plans)
    scan = stage_rows(plans.first)[0]
    assert (found.rows_read, found.values_read, found.bytes_read) == (scan["rows"], scan["rows"], scan["bytes"])
    assert (found.rows, found.exact) == (plans.first.rows, plans.first.exact)


def test_facts_of_records_that_are_filtered_out_are_not_counted() -> None:
    of = project()
    counties = next(one for one in of.base if one.name == "county").records.ids
    one = f'[[where]]\ndimension = "county"\nequals = "{counties[0]}"\n'
    whole, part = work(plans_of(HOURLY)), work(plans_of(one + HOURLY))
    assert part.rows_read == pytest.approx(whole.rows_read / len(counties), abs=1)
    assert part.values_read == part.rows_read


def test_every_value_of_a_pivoted_row_is_counted() -> None:
    plans = plans_of(HOURLY, pivoted(dataset(project())))
    (source,) = plans.first.sources
    found = work(plans)
    assert source.value_columns > 1
    assert found.values_read == found.rows_read * source.value_columns


def test_a_pivoted_result_has_fewer_rows_and_as_many_values() -> None:
    stacked, wide = plans_of(HOURLY).first, plans_of(HOURLY + '[result]\npivot = "metric"\n').first
    columns = len(wide.shown.axis("metric").keys)
    assert columns > 1
    assert rows_written(wide) * columns == pytest.approx(rows_written(stacked), abs=columns)


def test_growth_is_no_reading() -> None:
    of = grown_project()
    by_year = HOURLY.replace('"time_mst"', '"time_mst", "model_year"')
    grown = work(plans_of(by_year, of_one_year(dataset(of)), growth(of), of=of, head=GROWING))
    plain = work(plans_of(by_year, of_one_year(dataset(of)), of=of))
    assert (grown.rows_read, grown.bytes_read) == (plain.rows_read, plain.bytes_read)
    assert grown.rows == 2 * plain.rows


def test_what_results_share_is_read_once_and_every_result_is_written() -> None:
    more = '[results.by_county]\nformat = "csv"\n[[results.by_county.step]]\nby = ["county", "end_use"]\n'
    single, several = plans_of(HOURLY), plans_of(HOURLY + more)
    one, all_ = work(single), work(several)
    assert all_.rows == one.rows + several.others[0].rows
    assert all_.bytes == one.bytes + result_bytes(several.others[0])
    assert all_.rows_read == one.rows_read * (1 if several.shared is not None else 2)


def test_a_report_reads_and_is_no_table() -> None:
    more = '[[report]]\nkind = "peak_load"\nby = ["county", "end_use"]\n'
    table, both = work(plans_of(HOURLY)), work(plans_of(more + HOURLY))
    alone = work(plans_of(more + "[result]\ntable = false\n"))
    assert (both.rows, both.bytes, both.reports) == (table.rows, table.bytes, 1)
    assert (alone.rows, alone.bytes, alone.reports) == (0, 0, 1)
    assert alone.values_read == table.values_read


def test_text_takes_more_than_parquet_and_longer_names_more_than_ids() -> None:
    def size(form: str) -> int:
        return result_bytes(plans_of(f"{HOURLY}[result]\n{form}\n").first)

    csv, named = size('format = "csv"'), size('format = "csv"\nnames = true')
    assert csv > result_bytes(plans_of(HOURLY).first) - 5_000  # what a small file has besides rows
    assert named >= csv
    assert size('format = "csv"\nzone = "America/Denver"') > csv


@pytest.mark.parametrize("format_", ["parquet", "arrow", "csv"])
def test_more_rows_take_more(format_: str) -> None:
    form = f'[result]\nformat = "{format_}"\n'
    sums = plans_of('[[step]]\nby = ["county", "end_use"]\n' + form).first
    assert result_bytes(plans_of(HOURLY + form).first) > result_bytes(sums) > 0
