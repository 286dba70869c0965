"""Send a large result from a server in every form: python -m benchmarks.streaming [--gigabytes 2] [--layouts one].

Each form is downloaded as a whole from a server that was just started. Printed are the rows and bytes that came, the
seconds, and the server's memory (resident, without files that are mapped) before and at its highest.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dsgrid.api.job import NewJob, Outcome
from dsgrid.api.jobs.queue import JobStore
from dsgrid.api.limits import Limits
from dsgrid.api.state.database import open_state
from dsgrid.api.state.tokens import Tokens
from dsgrid.operations.create_registry import create_registry
from dsgrid.registry.publish import data_file, write_manifest

LAYOUTS = ("one", "several")
FORMS = ("files", "table.parquet", "table.arrow", "table.csv", "table.json?limit=10000", "last rows")
# Of a row: a value has eight bytes that nothing makes smaller.
VALUES = 6
FILES = 8
PIECE = 1 << 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Make results, send them, and say what it took."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.streaming", description=(__doc__ or "").partition(":")[0]
    )
    parser.add_argument("--gigabytes", type=float, default=2.0, help="how large the table is on disk")
    parser.add_argument(
        "--layouts", nargs="+", choices=LAYOUTS, default=LAYOUTS, help="one file of one row group, or several"
    )
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=FORMS, help="what is downloaded")
    parser.add_argument("--folder", type=Path, help="where to keep the results; by default they are removed")
    chosen = parser.parse_args(arguments)
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="dsgrid-streaming-"))
    highest = 0.0
    try:
        for layout in chosen.layouts:
            served = Served(folder / layout, layout, int(chosen.gigabytes * 1e9))
            print(f"{layout}: {served.rows:,} rows, {served.bytes / 1e6:,.0f} MB")
            for form in chosen.forms:
                highest = max(highest, served.sent(form))
    finally:
        if chosen.folder is None:
            shutil.rmtree(folder)
    print(f"highest memory of the server: {highest:,.0f} MB")
    return 0


class Served:
    """A state folder of a server with one job that has a large result.

    Parameters
    ----------
    layout
        ``one`` file of a single row group, or ``several`` files.
    """

    def __init__(self, folder: Path, layout: str, size: int) -> None:
        self.folder = folder
        self._state = folder / "state"
        if not (folder / "registry").exists():
            create_registry({"registry": str(folder / "registry")})
        state = open_state(self._state)
        with_job = folder / "job.json"
        if not with_job.exists():
            store = JobStore(state, Limits())
            store.add(NewJob("bench", "analyst", "query", "bench", "{}", "application/json", "embedded"))
            job = store.claim("embedded", 1)
            assert job is not None
            run = state.jobs_folder / job.id / str(job.attempt) / "results/bench/run"
            run.mkdir(parents=True)
            write_result(run, layout, size)
            store.finish(job.id, job.attempt, Outcome("succeeded", result="results/bench/run"))
            with_job.write_text(json.dumps({"id": job.id, "run": str(run)}), "utf-8")
        told = json.loads(with_job.read_text("utf-8"))
        self._job = told["id"]
        manifest = json.loads((Path(told["run"]) / "manifest.json").read_text("utf-8"))
        self.rows = int(manifest["rows"])
        self.bytes = sum(int(one["bytes"]) for one in manifest["files"])
        self.paths = [str(one["path"]) for one in manifest["files"]]
        _, self._token = Tokens(state).make("bench", "analyst", expires_at=None, by="benchmark")
        state.close()

    def sent(self, form: str) -> float:
        """Download a form, print what it took, and return the highest memory of the server in MB."""
        with self._server() as (client, pid), Memory(pid) as memory:
            before = memory.now()
            began = time.monotonic()
            if form == "files":
                got = sum(self._downloaded(client, f"files/{path}") for path in self.paths)
            elif form == "last rows":
                got = self._last_rows(client)
            else:
                got = self._downloaded(client, form)
            seconds = time.monotonic() - began
        print(
            f"  {form:<24} {got / 1e6:>8,.1f} MB {seconds:>7.1f} s   memory {before:,.0f} -> {memory.highest:,.0f} MB",
            flush=True,
        )
        return memory.highest

    def _downloaded(self, client: httpx.Client, name: str) -> int:
        while True:
            with client.stream("GET", f"/v1/jobs/{self._job}/result/{name}") as answer:
                if answer.status_code == 503:
                    time.sleep(float(answer.headers["retry-after"]))
                    continue
                answer.raise_for_status()
                return sum(map(len, answer.iter_raw()))

    def _last_rows(self, client: httpx.Client) -> int:
        """Ask for pages by a test that only the last rows pass; all of a column is read for them."""
        address: str | None = f"/v1/jobs/{self._job}/result/table.json?columns=county&where=row%3E={self.rows - 10}"
        got = 0
        while address is not None:
            answer = client.get(address)
            answer.raise_for_status()
            got += len(answer.content)
            address = answer.json()["next"]
        return got

    @contextmanager
    def _server(self) -> Iterator[tuple[httpx.Client, int]]:
        file = self.folder / "server.toml"
        file.write_text(
            f'registry = "{self.folder / "registry"}"\nstate = "{self._state}"\n[listen]\nport = 0\n', "utf-8"
        )
        command = [sys.executable, "-m", "dsgrid", "serve", "--config", str(file)]
        with (self.folder / "server.log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        try:
            url = _address(self._state, process)
            headers = {"Authorization": f"Bearer {self._token}"}
            with httpx.Client(base_url=url, headers=headers, timeout=120, trust_env=False) as client:
                yield client, process.pid
        finally:
            process.terminate()
            process.wait(30)


class Memory:
    """The resident memory of a process in MB, looked at all the time."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self.highest = 0.0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def now(self) -> float:
        """Return what it is."""
        told = dict(line.split(":", 1) for line in self._status.read_text("ascii", "replace").splitlines())
        return float(told["VmRSS"].split()[0]) / 1e3

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(0.02):
            self.highest = max(self.highest, self.now())


def write_result(run: Path, layout: str, size: int) -> None:
    """Write a result of about so many bytes, as a query would."""
    rows = size // (8 * VALUES)
    numbers = np.random.default_rng(1)
    names = [f"end_use_{number}" for number in range(VALUES)]
    columns = [
        {"name": "county", "type": "geography", "holds": "string"},
        {"name": "row", "type": "time", "holds": "int64"},
        {"name": "hourly", "type": "time", "holds": "timestamp", "time_zone": "UTC"},
        *({"name": name, "type": "value", "holds": "float64", "unit": "MWh"} for name in names),
    ]
    counties = np.array([f"{number:05d}" for number in range(3_108)])

    def piece(first: int, count: int) -> pa.Table:
        at = np.arange(first, first + count)
        hours = pa.array(at % 8_760 * 3_600_000_000 + 1_514_764_800_000_000).cast(pa.timestamp("us", "UTC"))
        values = [pa.array(numbers.random(count) * 1_000) for _ in names]
        county = pa.array(counties[at // 8_760 % len(counties)])
        return pa.table([county, pa.array(at), hours, *values], ["county", "row", "hourly", *names])

    parts = [("table.parquet", 0, rows)]
    if layout == "several":
        each = -(-rows // FILES)
        (run / "table.parquet").mkdir()
        parts = [(f"table.parquet/part-{n}.parquet", n * each, min(each, rows - n * each)) for n in range(FILES)]
    for name, first, count in parts:
        if layout == "one":
            whole = pa.concat_tables(piece(first + at, min(PIECE, count - at)) for at in range(0, count, PIECE))
            pq.write_table(whole, run / name, compression="zstd", row_group_size=count, use_dictionary=["county"])
            continue
        with pq.ParquetWriter(run / name, piece(0, 1).schema, compression="zstd", use_dictionary=["county"]) as writer:
            for at in range(0, count, PIECE):
                writer.write_table(piece(first + at, min(PIECE, count - at)))
    files = [data_file(run, name, "table", count) for name, _, count in parts]
    told = {
        "query": "bench",
        "table": "table.parquet",
        "rows": rows,
        "project": None,
        "datasets": [],
        "columns": columns,
        "sums": [],
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    write_manifest(run, files, told)


def _address(state: Path, process: subprocess.Popen[bytes]) -> str:
    for _ in range(1_500):
        try:
            told = json.loads((state / "server.json").read_text("utf-8"))
        except (OSError, ValueError):
            told = {}
        if told.get("pid") == process.pid:
            return str(told["url"])
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise SystemExit(f"the server has not begun: see {os.fspath(state.parent / 'server.log')}")


if __name__ == "__main__":
    sys.exit(main())
