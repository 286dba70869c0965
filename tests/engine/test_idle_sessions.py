"""An embedded engine that was left alone goes on where it was, whatever the time: notebooks wait over lunch."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ASKED = """
import os, time
from dsgrid.engine import session
engine = session()
spark = engine.spark
print(spark.range(3).count())
time.sleep(4)
print(spark.range(5).count(), os.environ["SAIL_SPARK__SESSION_TIMEOUT_SECS"])
"""
KEY = "SAIL_SPARK__SESSION_TIMEOUT_SECS"


def asked(**environment: str) -> subprocess.CompletedProcess[str]:
    others = {name: value for name, value in os.environ.items() if name != KEY}
    command = [sys.executable, "-c", ASKED]
    return subprocess.run(command, env=others | environment, capture_output=True, text=True, check=False, timeout=120)


def test_a_session_that_was_idle_answers_again() -> None:
    done = asked()
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[:2] == ["3", "5"]
    assert int(done.stdout.split()[2]) > 30 * 86_400


@pytest.mark.slow
def test_without_a_long_time_the_engine_forgets_an_idle_session() -> None:
    """The name of the setting is right: with a second, the session is gone."""
    done = asked(**{KEY: "1"})
    assert done.returncode != 0
    assert "session" in done.stderr
