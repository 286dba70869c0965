"""DuckDB reads results over HTTP: with a token, and only the bytes that a question needs."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import duckdb_extension_httpfs
import pytest
from tests.api.server import Server
from tests.api.test_results_over_http import address, large, put
from tests.unit.api.made_results import hourly_table, write_result


@pytest.fixture
def duck(small_server: Server) -> duckdb.DuckDBPyConnection:
    """A DuckDB that has a token of the server, and asks nobody else for anything."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": False})
    (extension,) = Path(duckdb_extension_httpfs.__file__).parent.glob("extensions/*/httpfs.duckdb_extension")
    connection.load_extension(str(extension))
    token = small_server.token("analyst", "anna")
    headers = f"MAP {{'Authorization': 'Bearer {token}'}}"
    connection.execute(f"CREATE SECRET server (TYPE http, SCOPE '{small_server.url}', EXTRA_HTTP_HEADERS {headers})")
    return connection


def received(connection: duckdb.DuckDBPyConnection, question: str) -> int:
    """Return how many bytes came for a question."""
    told = connection.execute(f"EXPLAIN ANALYZE {question}").fetchall()[0][1]
    found = re.search(r"in: ([\d.]+) (bytes|KiB|MiB|GiB)", told)
    assert found is not None, told
    return int(float(found[1]) * 1024 ** ("bytes", "KiB", "MiB", "GiB").index(found[2]))


def test_a_result_is_read_where_it_is(small_server: Server, duck: duckdb.DuckDBPyConnection) -> None:
    table = hourly_table(50)
    one, _ = put(small_server, lambda run: write_result(run, [table]))
    several, _ = put(small_server, lambda run: write_result(run, [table.slice(0, 20), table.slice(20)]))
    as_csv, _ = put(small_server, lambda run: write_result(run, [table], "csv"))
    for job in (one, several, as_csv):
        where = f"{small_server.url}{address(job, '/table.parquet')}"
        assert duck.execute(f"SELECT * FROM read_parquet('{where}')").to_arrow_table().cast(table.schema).equals(table)
    where = f"{small_server.url}{address(one, '/table.csv')}"
    found = duck.execute(f"SELECT count(*), sum(value) FROM read_csv('{where}')").fetchone()
    assert found == (50, sum(number + 0.25 for number in range(50)))


@pytest.mark.parametrize("files", [1, 3])
def test_only_the_columns_of_a_question_come(small_server: Server, duck: duckdb.DuckDBPyConnection, files: int) -> None:
    job, _ = put(small_server, lambda run: large(run, 300_000, files))
    size = 4 * 8 * 300_000
    where = f"{small_server.url}{address(job, '/table.parquet')}"
    assert duck.execute(f"SELECT count(*), count(v1) FROM '{where}'").fetchone() == (300_000, 300_000)
    assert received(duck, f"SELECT sum(v1) FROM '{where}'") < 0.4 * size
    assert received(duck, f"SELECT sum(v0 + v1 + v2 + v3) FROM '{where}'") > 0.9 * size


def test_without_a_token_nothing_is_read(small_server: Server, duck: duckdb.DuckDBPyConnection) -> None:
    job, _ = put(small_server, lambda run: write_result(run, [hourly_table(5)]))
    duck.execute("DROP SECRET server")
    with pytest.raises(duckdb.HTTPException):
        duck.execute(f"SELECT * FROM '{small_server.url}{address(job, '/table.parquet')}'")
