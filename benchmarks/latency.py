"""How long small queries take over HTTP: python -m benchmarks.latency [--registry FOLDER] [--runs 20] [SPEC...].

A server with one warm engine is asked, and answers at the end (`Prefer: wait`, no cache). In turns with it the same
query is answered in this process, by an engine that has started already. Printed are medians and highest values in
milliseconds: of the request, of the job in it, and of the same query without a server.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from dsgrid.api.runners.worker import warm_up
from dsgrid.api.state.database import open_state
from dsgrid.api.state.tokens import Tokens
from dsgrid.operations.query import query
from dsgrid.operations.task import How

ROOT = Path(__file__).parents[1]
DEMO = ("annual_by_state", "eastern_homes_by_hour", "electricity_by_end_use", "growth_by_state", "hourly_by_state")


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask a server and this process in turns, and say what it took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("specs", nargs="*", type=Path, metavar="SPEC", help="queries; by default those of the demo")
    parser.add_argument("--registry", type=Path, default=ROOT / "build/demo/registry", help="by default the demo's")
    parser.add_argument("--runs", type=int, default=20, help="of each query")
    chosen = parser.parse_args(arguments)
    specs = chosen.specs or [ROOT / f"specs/demo/{name}.toml" for name in DEMO]
    folder = Path(tempfile.mkdtemp(prefix="dsgrid-latency-"))
    os.environ |= {"DSGRID_STATE": str(folder / "own"), "DSGRID_CACHE": "off"}
    try:
        warm_up()
        with served(folder, chosen.registry.absolute()) as client:
            print(f"{'':<28}{'request':>15}{'job':>15}{'no server':>15}   ms, median (highest) of {chosen.runs}")
            for spec in specs:
                measure(client, spec, chosen.registry.absolute(), folder, chosen.runs)
    finally:
        shutil.rmtree(folder)
    return 0


def measure(client: httpx.Client, spec: Path, registry: Path, folder: Path, runs: int) -> None:
    """Ask one query in turns, and print what it took; the first two times do not count."""
    text = spec.read_text("utf-8")
    here = folder / "here" / spec.name
    here.parent.mkdir(exist_ok=True)
    # Elsewhere, so that its results go there.
    here.write_text("\n".join(line for line in text.split("\n") if not line.startswith("path = ")), "utf-8")
    times: dict[str, list[float]] = {"request": [], "job": [], "no server": []}
    for number in range(runs + 2):
        began = time.perf_counter()
        answer = client.post("/v1/queries?cache=false&runner=warm", content=text)
        took = time.perf_counter() - began
        answer.raise_for_status()
        job = answer.json()
        assert job["state"] == "succeeded", job
        began = time.perf_counter()
        query(here, registry=registry, how=How(cache=False))
        alone = time.perf_counter() - began
        if number >= 2:
            times["request"].append(took)
            times["job"].append(float(job["outcome"]["seconds"]))
            times["no server"].append(alone)
    shown = (f"{statistics.median(each) * 1e3:>8.0f} ({max(each) * 1e3:.0f})".rjust(15) for each in times.values())
    print(f"{spec.stem:<28}{''.join(shown)}", flush=True)


@contextmanager
def served(folder: Path, registry: Path) -> Iterator[httpx.Client]:
    """Give a client of a server that has just started."""
    state, file = folder / "state", folder / "server.toml"
    made = open_state(state)
    _, token = Tokens(made).make("bench", "analyst", expires_at=None, by="benchmark")
    made.close()
    file.write_text(f'registry = "{registry}"\nstate = "{state}"\n[listen]\nport = 0\n', "utf-8")
    command = [sys.executable, "-m", "dsgrid", "serve", "--config", str(file)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DSGRID_")}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
    try:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/toml", "Prefer": "wait=60"}
        with httpx.Client(base_url=_address(state, process), headers=headers, timeout=90, trust_env=False) as client:
            yield client
    finally:
        process.terminate()
        process.wait(30)


def _address(state: Path, process: subprocess.Popen[bytes]) -> str:
    while process.poll() is None:
        try:
            told = json.loads((state / "server.json").read_text("utf-8"))
        except (OSError, ValueError):
            told = {}
        if told.get("pid") == process.pid:
            return str(told["url"])
        time.sleep(0.05)
    raise SystemExit(f"the server ended: see {state.parent / 'server.log'}")


if __name__ == "__main__":
    sys.exit(main())
