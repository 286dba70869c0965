"""What the tests share: the two engines, the real input beside the checkout, a temporary registry.

`session` is parametrised: a test that asks for it runs once on embedded Sail and once on classic Spark. pytest groups
the tests by engine, so there is one Sail server and one Spark session per test run. ``--engine sail`` runs one half.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tests.rounds  # noqa: F401  # how often properties are tried
from tests.engines import engine_of, mark_the_others_slow

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from dsgrid.engine import Engine

ROOT = Path(__file__).resolve().parents[1]

# A result that depends on the host's zone shall fail here: this one has summer time and is behind UTC. Tests that run
# others elsewhere say where.
os.environ["TZ"] = os.environ.get("DSGRID_TEST_TZ", "America/New_York")
time.tzset()

# Whoever runs the tests may have a registry of their own.
os.environ.pop("DSGRID_REGISTRY", None)
os.environ["XDG_CONFIG_HOME"] = str(ROOT / "build" / "no-configuration")

# Nor do runs of tests belong into their history: here nothing can be kept, and no estimate depends on past runs.
os.environ["DSGRID_STATE"] = os.devnull

# What is asked twice is computed twice, but in the tests of the cache.
os.environ["DSGRID_CACHE"] = "off"

# Processes that tests start do not use the client of an engine that runs here; see `dsgrid.engine`.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"

# What the tests start (jobs, Spark's Python workers) runs this checkout.
os.environ["PYTHONPATH"] = str(ROOT / "lib")

# Jobs in the background of a shell ignore SIGINT, and what they start does, too: Ctrl-C is tested all the same.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=("sail", "spark"), help="run the engine tests on one engine only")


@pytest.hookimpl(tryfirst=True)  # before pytest leaves out what is slow
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    mark_the_others_slow(items)
    wanted = config.getoption("--engine")
    if wanted is None:
        return
    others = [item for item in items if engine_of(item) not in (wanted, None)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


def pytest_collection_finish() -> None:
    """Look no more through what was imported and collected, which stays to the end: that took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def pytest_runtest_call(item: pytest.Item) -> None:
    """Give the turn back to the engine of this test: another test may have used `engines` in between."""
    engine = getattr(item, "funcargs", {}).get("engine")
    if engine is not None:
        engine.activate()


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """What a job that runs in this process sets for itself is not meant for the tests after it."""
    before = {name: value for name, value in os.environ.items() if name.startswith("DSGRID_")}
    yield
    for name in [name for name in os.environ if name.startswith("DSGRID_")]:
        del os.environ[name]
    os.environ.update(before)


class Engines:
    """The engines of this test run, each started when it is first asked for."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._running: dict[str, Engine] = {}

    def start(self, name: str) -> Engine:
        from dsgrid.engine import session

        if name not in self._running:
            if name == "spark":
                self._prepare_jvm()
            master = "local[2]" if name == "spark" else None
            self._running[name] = session(name, memory="2g", app_name="tests", in_process_master=master)
        self._running[name].activate()
        return self._running[name]

    def _prepare_jvm(self) -> None:
        # Read by PySpark when it starts its JVM. The flags halve the CPU of a start; jobs here are short.
        log4j = ROOT / "lib/dsgrid/assets/log4j2.properties"
        java = f"-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j2.configurationFile=file:{log4j}"
        conf = {"spark.sql.warehouse.dir": self._scratch, "spark.sql.shuffle.partitions": 4}
        options = " ".join(f"--conf {key}={value}" for key, value in conf.items())
        os.environ["PYSPARK_SUBMIT_ARGS"] = f"--driver-memory 2g --driver-java-options '{java}' {options} pyspark-shell"
        os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"

    def stop(self) -> None:
        for engine in self._running.values():
            engine.stop()


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    """Both engines, for the rare test that compares them itself: `engines.start("sail")`."""
    running = Engines(tmp_path_factory.mktemp("spark"))
    yield running
    running.stop()


@pytest.fixture(scope="session", params=["sail", "spark"])
def engine(request: pytest.FixtureRequest, engines: Engines) -> Engine:
    """The `Engine` of this half of the run."""
    return engines.start(request.param)


@pytest.fixture(scope="session")
def session(engine: Engine) -> SparkSession:
    """The session of `engine`, which most rooms take."""
    return engine.spark


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real input beside the checkout; tests of it are skipped where it is absent."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("the real input (../shared) is not here")
    return folder


@pytest.fixture
def registry_folder(tmp_path: Path) -> Path:
    """A place for a registry that does not exist yet."""
    return tmp_path / "registry"
