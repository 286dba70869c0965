"""Large tables without quotes are split line by line; the rows are those that a reader of CSV finds."""

from __future__ import annotations

import csv
import io

from hypothesis import example, given
from hypothesis import strategies as st
from tests.rounds import rounds

from dsgrid.dimensions.tables import _plain_rows

texts = st.text(st.sampled_from('ab,\n\r"; \t\x1c\u00a0\x00'), max_size=30)


@rounds(60)
@given(texts)
@example("from,to\na,b\nc,d\n")
@example("from,to\na,b\n,\n")
@example("id\na\n\nb")
@example("id,name\na\n")
@example("")
def test_a_plain_text_gives_the_rows_of_a_csv_reader_and_others_are_left_to_it(text: str) -> None:
    found = _plain_rows(text)
    if found is not None:
        rows = [tuple(map(str.strip, cells)) for cells in csv.reader(io.StringIO(text, newline=""), strict=True)]
        assert found == [row for row in rows if any(row)]
        assert len({len(row) for row in rows}) == 1


def test_a_table_of_ids_and_fractions_is_plain() -> None:
    assert _plain_rows("from,to,fraction\n06037,CA,0.5\n") == [("from", "to", "fraction"), ("06037", "CA", "0.5")]
