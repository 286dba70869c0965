"""A warm engine: ``python -m dsgrid.api.runners.worker`` starts one, and carries out attempts that stdin names.

Each line of stdin is a folder, as a JSON text. A line of stdout, a JSON object, says that the engine is ready, and when
an attempt is over. It ends with its stdin, after the attempt that runs; the next server finds how that ended.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any, Final, TextIO

from dsgrid.api.runners.attempt import STOPPED, carry_out
from dsgrid.api.runners.surroundings import yield_to_others
from dsgrid.operations.ending import REFUSED, TERMINATED

READY: Final = "ready"
DONE: Final = "done"
# What a first query would wait for.
_MODULES: Final = (
    *("dsgrid.operations.job", "dsgrid.operations.query", "dsgrid.operations.explain", "dsgrid.operations.parts"),
    *("dsgrid.operations.expectation", "dsgrid.operations.query_manifest", "dsgrid.operations.reusing"),
    *("dsgrid.query.execution", "dsgrid.query.output", "dsgrid.query.planner", "dsgrid.query.jobs"),
    *("dsgrid.query.cache.tables", "dsgrid.query.persisting", "dsgrid.query.handoff.run", "pandas", "pyarrow.parquet"),
)


def main() -> int:
    """Serve until stdin ends, or a signal does; return the exit code."""
    signal.signal(signal.SIGTERM, _end)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    # Only answers go there; what is printed between two attempts is for whoever runs the server.
    os.dup2(2, 1)
    yield_to_others(0)
    warm_up()
    return serve(sys.stdin, answers)


def serve(lines: TextIO, answers: TextIO) -> int:
    """Carry out the attempts that are told, one after the other, until there are no more; return the exit code.

    Parameters
    ----------
    lines
        Each a folder.
    answers
        Where it is told that one is over.
    """
    _say(answers, **{READY: True, "memory": _memory()})
    while line := lines.readline():
        folder = Path(json.loads(line))
        told: dict[str, Any] = {DONE: str(folder)}
        try:
            outcome = carry_out(folder)
        except OSError as error:  # the outcome cannot be written, so it is told
            outcome = None
            told |= {"code": REFUSED, "reason": f"the disk of the server takes nothing: {error.strerror}"}
        _say(answers, **told, memory=_memory())
        if outcome is not None and outcome.code in STOPPED:
            # The engine may still be at it.
            return TERMINATED
        signal.signal(signal.SIGTERM, _end)
    return 0


def warm_up() -> None:
    """Start the engine that this process keeps, and have it do what the first query would wait for."""
    from importlib import import_module

    import pyarrow as pa

    from dsgrid.engine import kept_session

    for name in _MODULES:
        import_module(name)
    engine = kept_session()
    engine.activate()
    from pyspark.sql import functions as f

    rows = engine.spark.createDataFrame(pa.table({"code": [0, 1, 1], "value": [1.0, 2.0, 3.0]}))
    rows.groupBy("code").agg(f.sum("value").alias("value")).toArrow()
    # What is there now stays: a collection need not look at it again.
    gc.collect()
    gc.freeze()


def _say(answers: TextIO, **told: Any) -> None:
    # Nobody may listen any more; the folder of the attempt says the same.
    with contextlib.suppress(OSError, ValueError):
        answers.write(f"{json.dumps(told)}\n")
        answers.flush()


def _memory() -> int:
    """Return the bytes that this process holds."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _end(_number: int, _frame: FrameType | None) -> None:
    # Nothing runs; and there is an engine, whose threads would keep an orderly end waiting.
    os._exit(TERMINATED)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
