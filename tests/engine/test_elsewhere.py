"""Data, input and results on S3 (a server on this machine), or on another filesystem."""

from __future__ import annotations

import gzip
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.demo_project import small_demo
from tests.desk import Desk
from tests.object_store import BUCKET, KEY, SECRET, ObjectStore, Proxy, environment, variables
from tests.orphans import orphans
from tests.small_dataset import Small, dimensions

from dsgrid.datasets import parquet, read
from dsgrid.datasets.register import prepare
from dsgrid.engine import Engine, engine_errors, session
from dsgrid.errors import DataError, DsgridError, EngineError, NotFoundError, RegistryError, StorageError
from dsgrid.operations.check_registry import check_registry
from dsgrid.operations.copy_registry import copy_registry
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.query import query
from dsgrid.operations.register_dataset import register_dataset
from dsgrid.operations.remove import remove
from dsgrid.operations.task import How
from dsgrid.query import output
from dsgrid.query.result import Result, open_result
from dsgrid.registry.dump import dump
from dsgrid.registry.publish import verify_manifest
from dsgrid.registry.registry import Registry
from dsgrid.storage.location import engine_path, location

if TYPE_CHECKING:
    from conftest import Engines

ROOT = Path(__file__).resolve().parents[2]
STEPS = ("register_commercial", "register_residential", "submit_commercial", "submit_residential")


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    server = ObjectStore()
    server.client().create_bucket(Bucket=BUCKET)
    yield server
    server.stop()


@pytest.fixture
def s3(store: ObjectStore) -> Iterator[ObjectStore]:
    """The server, where the environment says that it is."""
    with variables(**environment(store.url)):
        yield store


@pytest.fixture(scope="module")
def sail(store: ObjectStore) -> Iterator[Engine]:
    """An engine of its own: Sail keeps what the environment said of S3 when it was first asked."""
    with variables(**environment(store.url)), session("sail", memory="1g") as engine:
        yield engine


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    small_demo(folder, days=2, counties=2)
    return folder


@pytest.fixture
def desk(demo: Path, tmp_path: Path, sail: Engine) -> Desk:
    """A demo project without a registry."""
    return Desk(demo, sail).copy(tmp_path / "desk")


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """A place of this test's own."""
    return f"s3://{BUCKET}/{request.node.name.replace('[', '-').replace(']', '')}"


def put_data(desk: Desk, root: str) -> Desk:
    desk.replace("create_registry.toml", 'job = "create_registry"', f'job = "create_registry"\ndata_root = "{root}"')
    return desk


def put_input(desk: Desk, store: ObjectStore, prefix: str) -> None:
    key = prefix.partition(f"{BUCKET}/")[2]
    for file in desk.data.rglob("*"):
        if file.is_file():
            store.client().upload_file(str(file), BUCKET, f"{key}/{file.relative_to(desk.data)}")
    for name in ("register_commercial.toml", "register_residential.toml"):
        desk.replace(name, "../../build/demo/data", prefix)


def put_results(desk: Desk, place: str) -> None:
    desk.replace("hourly_by_state.toml", "../../build/demo/results", place)


def query_of(desk: Desk, registry: Path) -> pd.DataFrame:
    return query(desk.specs / "hourly_by_state.toml", registry=registry, engine=desk.engine).to_pandas()


def asked(desk: Desk) -> pd.DataFrame:
    desk.run("create_registry", "register_project", *STEPS)
    result: Result = desk.run("hourly_by_state")
    return result.to_pandas()


@pytest.fixture(scope="module")
def expected(demo: Path, tmp_path_factory: pytest.TempPathFactory, sail: Engine) -> pd.DataFrame:
    """The result where everything is in folders."""
    return asked(Desk(demo, sail).copy(tmp_path_factory.mktemp("expected") / "desk"))


def test_data_input_and_results_on_s3_give_the_same_numbers_and_store_no_credentials(
    s3: ObjectStore, desk: Desk, prefix: str, expected: pd.DataFrame
) -> None:
    put_data(desk, f"{prefix}/data root/")
    put_input(desk, s3, f"{prefix}/in put")
    put_results(desk, f"{prefix}/results")
    pd.testing.assert_frame_equal(asked(desk), expected)

    again = open_result(f"{prefix}/results/hourly_by_state")
    pd.testing.assert_frame_equal(again.to_pandas(), expected)
    assert again.head(3).num_rows == 3
    assert sorted(path.name for path in desk.registry.iterdir()) == ["registry.db"]
    with Registry.open(desk.registry) as opened:
        assert str(opened.data) == f"{prefix}/data root"
        assert orphans(opened) == ()
        for row in opened.datasets():
            assert verify_manifest(opened.data_folder(opened.dataset(row["id"]))) == ()
    written = [path.read_bytes() for path in desk.folder.rglob("*") if path.is_file()]
    written += [s3.read(key) for key in s3.objects()]
    assert not any(secret.encode() in data for data in written for secret in (KEY, SECRET))


def test_a_large_result_is_written_to_s3_by_the_engine(
    s3: ObjectStore, desk: Desk, prefix: str, expected: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "LARGEST_ARROW_RESULT", 0)
    put_results(desk, f"{prefix}/results")
    keys = ["state", "scenario", "hourly"]
    found = asked(desk).sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(found, expected.sort_values(keys, ignore_index=True))
    assert open_result(f"{prefix}/results/hourly_by_state").table.count() == len(expected)


def test_a_query_with_results_on_s3_goes_on_and_is_not_computed_twice(
    s3: ObjectStore, desk: Desk, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.run("create_registry", "register_project", *STEPS)
    put_results(desk, f"{prefix}/results")
    monkeypatch.setenv("DSGRID_CACHE", str(tmp_path / "cache"))
    said: list[str] = []

    def stop(message: str) -> None:
        if message.startswith("part 2"):
            raise KeyboardInterrupt

    def asked(progress: Callable[[str], None], **how: Any) -> Result:
        spec = desk.specs / "hourly_by_state.toml"
        return query(spec, engine=desk.engine, progress=progress, how=How(parts=2, **how))

    expected = asked(lambda _: None, cache=False).to_pandas()
    with pytest.raises(KeyboardInterrupt):
        asked(stop, cache=False)
    first = asked(said.append, cache=False)
    assert "going on: 1 of 2 parts were finished by an earlier run" in said
    pd.testing.assert_frame_equal(first.to_pandas(), expected)
    again = asked(said.append)
    assert again.reused
    assert again.folder == first.folder


@pytest.mark.parametrize("format_", ["csv", "json", "parquet"])
def test_other_layouts_are_staged_through_s3(
    s3: ObjectStore, sail: Engine, tmp_path: Path, prefix: str, format_: str
) -> None:
    small = Small.of("two pivoted")
    if format_ == "parquet":
        small = small.spoil(lambda facts: facts.assign(timestamp=facts["timestamp"].astype("datetime64[ns, UTC]")))
    root = _uploaded(s3, small, tmp_path, prefix, format_)
    place = location(f"{prefix}/stored/here")
    prepared = prepare(sail.spark, root, dimensions(), small.time, place)
    assert prepared.summary["values"] == 12 * 24
    stored = s3.objects(prefix.partition(f"{BUCKET}/")[2] + "/stored")
    assert len(stored) == len(prepared.files)  # what was staged is gone


def test_packed_files_and_names_of_folders_are_read_over_s3_too(
    s3: ObjectStore, sail: Engine, tmp_path: Path, prefix: str
) -> None:
    small = Small.of()
    key = prefix.partition(f"{BUCKET}/")[2]
    for geography, rows in small.facts.groupby("geography"):
        table = rows.drop(columns="geography").to_csv(index=False).encode()
        name = f"{key}/table/geography={geography}/part 0.csv.gz"
        s3.client().put_object(Bucket=BUCKET, Key=name, Body=gzip.compress(table))
    small.data["table"] = f"{prefix}/table"
    prepared = small.prepare(sail.spark, tmp_path)
    assert prepared.summary["rows"] == len(small.facts)
    found = read.associations(tmp_path, small.dataset(prepared))
    assert found["sum"].sum() == small.facts["value"].sum()
    assert sorted(set(found["geography"])) == sorted(set(small.facts["geography"]))


def test_nan_and_bad_ids_are_refused_over_s3_too(s3: ObjectStore, sail: Engine, tmp_path: Path, prefix: str) -> None:
    small = Small.of().spoil(lambda facts: facts.assign(value=facts["value"].mask(facts.index == 5, np.nan)))
    facts = pa.Table.from_pandas(small.facts, preserve_index=False)
    values = pa.array(small.facts["value"].to_numpy(), pa.float64())
    root = _uploaded(s3, small, tmp_path, prefix, "parquet")
    pq.write_table(facts.set_column(facts.schema.get_field_index("value"), "value", values), tmp_path / "nan.parquet")
    s3.client().upload_file(
        str(tmp_path / "nan.parquet"), BUCKET, f"{prefix.partition(f'{BUCKET}/')[2]}/load_data.parquet"
    )
    message = r"^s3://.*/load_data.parquet \(row \d+\): .*NaN or infinite values in 1 of 288 rows"
    with pytest.raises(DataError, match=message):
        prepare(sail.spark, root, dimensions(), small.time, location(f"{prefix}/stored"))
    assert s3.objects(prefix.partition(f"{BUCKET}/")[2] + "/stored") == []


def _uploaded(store: ObjectStore, small: Small, folder: Path, prefix: str, format_: str) -> Any:
    """Write a dataset's files to S3 and return its spec."""
    spec = small.write(folder, format_)
    key = prefix.partition(f"{BUCKET}/")[2]
    for name in ("table", "lookup"):
        if name in spec.value["data"]:
            file = spec.value["data"][name]
            store.client().upload_file(str(folder / file), BUCKET, f"{key}/{file}")
            spec.value["data"][name] = f"{prefix}/{file}"
    return spec


def test_a_footer_is_read_without_the_file(store: ObjectStore, tmp_path: Path) -> None:
    table = pa.table({"noise": np.random.default_rng(1).random(1_000_000), "small": np.zeros(1_000_000)})
    pq.write_table(table, tmp_path / "large.parquet")
    store.client().upload_file(str(tmp_path / "large.parquet"), BUCKET, "large.parquet")
    proxy = Proxy(store.port)
    with variables(**environment(proxy.url)):
        file = location(f"s3://{BUCKET}/large.parquet")
        assert parquet.schema(file).names == ["noise", "small"]
        assert parquet.rows(file) == 1_000_000
        assert sum(batch.num_rows for batch in parquet.batches(file, ["small"])) == 1_000_000
    proxy.close()
    assert proxy.received < (tmp_path / "large.parquet").stat().st_size / 5


# Copies --------------------------------------------------------------------------------------------------------------


def test_a_registry_is_copied_to_s3_and_back(
    s3: ObjectStore, desk: Desk, prefix: str, tmp_path: Path, expected: pd.DataFrame
) -> None:
    desk.run("create_registry", "register_project", *STEPS)
    copy_registry({"target": str(tmp_path / "there"), "data_root": f"{prefix}/copy"}, registry=desk.registry)
    copy_registry({"target": str(tmp_path / "moved"), "data_root": f"{prefix}/second"}, registry=tmp_path / "there")
    copy_registry({"target": str(tmp_path / "back")}, registry=tmp_path / "moved")
    with Registry.open(tmp_path / "back") as opened:
        assert opened.data == tmp_path / "back/data"
    for name in ("there", "moved", "back"):
        assert check_registry({"checksums": True}, registry=tmp_path / name).is_clean
    for name in ("there", "back"):
        pd.testing.assert_frame_equal(query_of(desk, tmp_path / name), expected)


def test_a_copy_to_s3_that_breaks_off_is_no_registry_and_is_finished_by_copying_again(
    s3: ObjectStore, desk: Desk, prefix: str, tmp_path: Path
) -> None:
    desk.run("create_registry", "register_project", *STEPS)
    spec = {"target": str(tmp_path / "there"), "data_root": f"{prefix}/copy"}
    proxy = Proxy(s3.port, budget=20_000)
    with variables(**environment(proxy.url)), pytest.raises(StorageError):
        copy_registry(spec, registry=desk.registry)
    proxy.close()
    with pytest.raises(NotFoundError):
        Registry.open(tmp_path / "there")
    assert copy_registry(spec, registry=desk.registry).reused > 0
    assert check_registry({"checksums": True}, registry=tmp_path / "there").is_clean


def test_a_removed_dataset_leaves_s3_and_garbage_is_found_there(s3: ObjectStore, desk: Desk, prefix: str) -> None:
    put_data(desk, f"{prefix}/data").run("create_registry", "register_project", "register_commercial")
    key = prefix.partition(f"{BUCKET}/")[2]
    s3.client().put_object(Bucket=BUCKET, Key=f"{key}/data/commercial_2018/1.0.0-killed/facts/x.parquet", Body=b"x")
    found = check_registry({"fix": True, "older_than": "0s"}, registry=desk.registry)
    assert [each.where for each in found.fixed] == [f"{prefix}/data/commercial_2018/1.0.0-killed"]
    assert not any("killed" in each for each in s3.objects(key))
    remove({"ids": ["commercial_2018"]}, registry=desk.registry)
    assert s3.objects(key) == []


def test_a_dump_of_data_on_s3_registers_again(s3: ObjectStore, desk: Desk, prefix: str, tmp_path: Path) -> None:
    put_data(desk, f"{prefix}/data").run("create_registry", "register_project", "register_commercial")
    with Registry.open(desk.registry) as opened:
        dump(opened, "commercial_2018", tmp_path / "dumped")
        one = opened.dataset("commercial_2018")
    spec = (tmp_path / "dumped/dataset.toml").read_text("utf-8")
    assert f'table = "{prefix}/data/commercial_2018/' in spec
    with Registry.create(tmp_path / "second") as second:
        register_dataset(tmp_path / "dumped/dataset.toml", registry=second.folder, engine=desk.engine)
        again = second.dataset("commercial_2018")
    assert (again.dimensions, again.time, again.layout) == (one.dimensions, one.time, one.layout)
    assert sum(file.rows for file in again.files) == sum(file.rows for file in one.files)


# Refusals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("budget", [12_000, pytest.param(30_000, marks=pytest.mark.slow)])
def test_a_connection_that_breaks_leaves_the_registry_as_it_was(
    s3: ObjectStore, desk: Desk, prefix: str, budget: int
) -> None:
    put_data(desk, f"{prefix}/data").run("create_registry", "register_project")
    before = desk.listing()
    proxy = Proxy(s3.port, budget)
    with variables(**environment(proxy.url)), session("sail", memory="1g") as engine:
        with pytest.raises(StorageError) as caught:
            Desk(desk.folder, engine).run("register_commercial")
        first = str(caught.value).splitlines()[0]
        assert first.startswith(("S3: ", f"s3://{BUCKET}"))
        assert f"{proxy.url} does not answer, or the connection broke" in first
        assert caught.value.exit_code == 9
    assert proxy.broken
    proxy.close()
    assert desk.listing() == before
    desk.run("register_commercial")
    with Registry.open(desk.registry) as opened:
        assert verify_manifest(opened.data_folder(opened.dataset("commercial_2018"))) == ()


def test_a_result_that_breaks_off_leaves_the_one_before(
    s3: ObjectStore, desk: Desk, prefix: str, expected: pd.DataFrame
) -> None:
    put_results(desk, f"{prefix}/results")
    asked(desk)
    current = open_result(f"{prefix}/results/hourly_by_state").folder
    proxy = Proxy(s3.port, budget=6_000)
    with variables(**environment(proxy.url)), pytest.raises(StorageError):
        desk.run("hourly_by_state")
    assert proxy.broken
    proxy.close()
    assert open_result(f"{prefix}/results/hourly_by_state").folder == current
    pd.testing.assert_frame_equal(desk.run("hourly_by_state").to_pandas(), expected)


def test_a_missing_bucket_is_named(s3: ObjectStore, desk: Desk) -> None:
    put_data(desk, "s3://no-such-bucket/data")
    with pytest.raises(
        NotFoundError, match=r"create_registry.toml:4:13: data_root: s3://no-such-bucket/data: http://.*no buc"
    ):
        desk.run("create_registry")
    desk.replace("create_registry.toml", 'data_root = "s3://no-such-bucket/data"\n', "")
    desk.run("create_registry", "register_project", "register_residential", "submit_residential")
    desk.replace("hourly_by_state.toml", '"commercial_2018", ', "")
    put_results(desk, "s3://no-such-bucket/results")
    with pytest.raises(NotFoundError, match="has no bucket no-such-bucket"):
        desk.run("hourly_by_state")
    desk.replace(
        "register_commercial.toml",
        "../../build/demo/data/commercial/load_data.parquet",
        "s3://no-such-bucket/x.parquet",
    )
    with pytest.raises(
        NotFoundError, match=r"register_commercial.toml:19:9: data.table: .*has no bucket no-such-bucket"
    ):
        desk.run("register_commercial")


def test_a_data_root_that_holds_something_is_refused(s3: ObjectStore, desk: Desk, prefix: str) -> None:
    s3.client().put_object(Bucket=BUCKET, Key=f"{prefix.partition(f'{BUCKET}/')[2]}/somebody/else", Body=b"x")
    put_data(desk, prefix)
    with pytest.raises(RegistryError, match=r"data_root: the data root s3://.* is not empty \(somebody\)"):
        desk.run("create_registry")


def test_a_registry_itself_is_no_place_on_s3(s3: ObjectStore, desk: Desk) -> None:
    with pytest.raises(DsgridError, match="a registry is a folder on a disk"):
        create_registry({"registry": f"s3://{BUCKET}/registry"})


class _Refuses(http.server.BaseHTTPRequestHandler):
    """Answers every request as S3 does to a key that it does not know."""

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b"<Error><Code>InvalidAccessKeyId</Code><Message>no such key</Message></Error>"
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def refusing() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Refuses)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_wrong_credentials_are_said_to_be_wrong_and_where_they_come_from(
    s3: ObjectStore, desk: Desk, prefix: str, refusing: str, tmp_path: Path
) -> None:
    put_data(desk, f"{prefix}/data")
    with variables(**environment(refusing)), pytest.raises(StorageError) as caught:
        desk.run("create_registry")
    first = str(caught.value).splitlines()[0]
    assert "create_registry.toml:4:13: data_root: s3://" in first
    assert "refuses access" in first
    assert "AWS_PROFILE" in first
    assert SECRET not in first
    # What Sail itself is refused says the same: here it writes where nobody has looked before.
    with (
        variables(**environment(refusing)),
        session("sail", memory="1g") as engine,
        pytest.raises(StorageError, match="refuses access"),
        engine_errors(),
    ):
        engine.spark.range(3).write.parquet(engine_path(engine.spark, location("s3://forbidden/x")))


def test_a_server_that_is_not_there_is_told_by_the_command_in_one_line(desk: Desk, prefix: str) -> None:
    put_data(desk, f"{prefix}/data")
    dead = environment("http://127.0.0.1:1")
    done = subprocess.run(
        [sys.executable, "-m", "dsgrid", "run", str(desk.specs / "create_registry.toml")],
        env={**os.environ, **dead, "PYTHONPATH": str(ROOT / "lib")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 9, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "http://127.0.0.1:1 does not answer, or the connection broke (Could not connect to server)" in done.stderr


def test_what_needs_no_data_asks_no_server_and_a_removal_leaves_its_data_to_the_check(
    s3: ObjectStore, desk: Desk, prefix: str
) -> None:
    put_data(desk, f"{prefix}/data").run("create_registry", "register_project", "register_commercial")
    key = prefix.partition(f"{BUCKET}/")[2]
    with variables(**environment("http://127.0.0.1:1")):
        assert len(desk.listing()) == 6
        with Registry.open(desk.registry) as opened:
            assert opened.dataset("commercial_2018").version == "1.0.0"
        with pytest.raises(StorageError, match="does not answer"):
            check_registry({}, registry=desk.registry)
        removed = remove({"ids": ["commercial_2018"]}, registry=desk.registry)
        assert "could not be removed" in removed.report()
    assert s3.objects(key) != []
    assert check_registry({"fix": True, "older_than": "0s"}, registry=desk.registry).is_clean
    assert s3.objects(key) == []


def test_spark_without_its_client_for_s3_says_what_to_add(
    s3: ObjectStore, engines: Engines, desk: Desk, prefix: str
) -> None:
    put_data(desk, f"{prefix}/data").run("create_registry", "register_project")
    spark = engines.start("spark")
    assert engine_path(spark.spark, location("s3://bucket/a b/c%20d")) == "s3a://bucket/a b/c%20d"
    assert engine_path(desk.engine.spark, location("s3://bucket/a b/c%20d")) == "s3a://bucket/a%20b/c%2520d"
    try:
        with pytest.raises(EngineError, match=r"org.apache.hadoop:hadoop-aws:3\.\d+\.\d+, or use --engine sail"):
            Desk(desk.folder, spark).run("register_commercial")
    finally:
        desk.engine.activate()


# Other filesystems ---------------------------------------------------------------------------------------------------


def test_data_on_another_filesystem_stay_when_the_registry_moves(
    desk: Desk, tmp_path: Path, expected: pd.DataFrame
) -> None:
    memory = Path("/dev/shm")
    other = (memory if os.access(memory, os.W_OK) else tmp_path) / f"dsgrid-test-{os.getpid()}"
    try:
        pd.testing.assert_frame_equal(asked(put_data(desk, str(other))), expected)
        moved = shutil.move(desk.registry, tmp_path / "moved")
        with Registry.open(moved) as opened:
            assert opened.data == other
            assert verify_manifest(opened.data_folder(opened.dataset("commercial_2018"))) == ()
        pd.testing.assert_frame_equal(query_of(desk, Path(moved)), expected)
    finally:
        shutil.rmtree(other, ignore_errors=True)


def test_a_relative_data_root_moves_with_the_registry(desk: Desk, tmp_path: Path, expected: pd.DataFrame) -> None:
    put_data(desk, "../../build/demo/bulk")
    pd.testing.assert_frame_equal(asked(desk), expected)
    shutil.move(desk.folder / "build/demo", tmp_path / "moved")
    (tmp_path / "link").symlink_to(tmp_path / "moved/registry")
    for registry in (tmp_path / "moved/registry", tmp_path / "link"):
        with Registry.open(registry) as opened:
            assert opened.data == (tmp_path / "moved/bulk").resolve()
        pd.testing.assert_frame_equal(query_of(desk, registry), expected)
