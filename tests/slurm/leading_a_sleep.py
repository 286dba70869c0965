"""A job of dsgrid's form that only sleeps: its account, its log, its end in order on INT. Standard library only."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

RUN = Path(sys.argv[1]) / f"dsgrid-{os.environ['SLURM_JOB_ID']}"
SECONDS, CODE = float(sys.argv[2]), int(sys.argv[3])
ACCOUNT = {"kind": "cluster", "nodes": [os.environ["SLURMD_NODENAME"]], "state": "running"}


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def write(**values: object) -> None:
    ACCOUNT.update(values)
    part = RUN / ".job.json"
    part.write_text(json.dumps(ACCOUNT))
    part.replace(RUN / "job.json")


def end(code: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    time.sleep(0.5)  # the teardown
    losses = [{"node": "node2", "what": "a worker was killed", "count": 2}] if code == 0 else []
    write(state="ended", ended=now(), exit_code=code, losses=losses, result="/results/a" if code == 0 else None)
    print(f"ended with {code}", flush=True)
    if code == 130:
        subprocess.run(["scancel", os.environ["SLURM_JOB_ID"]], check=True)
        time.sleep(10)
    sys.exit(code)


(RUN / "log").mkdir(parents=True)
(RUN / "log/master.log").write_text("the Master\n")
signal.signal(signal.SIGINT, lambda *_: end(130))
write(began=now())
print("began", flush=True)
stop = time.monotonic() + SECONDS
while time.monotonic() < stop:
    time.sleep(0.2)
    print("tick", flush=True)
end(CODE)
