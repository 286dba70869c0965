"""Results of other versions of dsgrid, damaged or half deleted: each command says in a line what is wrong with what."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.desk import Desk

import dsgrid
from dsgrid.cli import run
from dsgrid.errors import DataError, DsgridError, NotFoundError
from dsgrid.operations.query import query

if TYPE_CHECKING:
    from tests.conftest import Engines

    from dsgrid.engine import Engine

COMMANDS = {
    "open": lambda folder, out: dsgrid.open_result(folder),
    "head": lambda folder, out: ["head", folder],
    "diff": lambda folder, out: ["diff", folder, folder],
    "plot": lambda folder, out: ["plot", folder, "--output", str(out / "plot.html")],
    "export": lambda folder, out: ["export", folder, str(out / "export")],
    "derive": lambda folder, out: ["derive", folder, "--id", "derived", "--output", str(out / "derived")],
}


@pytest.fixture(scope="module", params=["sail"])
def engine(request: pytest.FixtureRequest, engines: Engines) -> Engine:
    """What a result says does not depend on who wrote it."""
    return engines.start(request.param)


@pytest.fixture(scope="module")
def commercial_template(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk.new(tmp_path_factory.mktemp("template"), engine)
    desk.run("register_commercial", "submit_commercial")
    return desk


@pytest.fixture(scope="module")
def published(commercial_template: Desk) -> dict[str, Path]:
    """Results of queries, one in each format; the Parquet one has a further result."""
    desk = commercial_template
    found = {}
    for suffix in ("parquet", "csv", "arrow"):
        spec: dict[str, Any] = {
            "name": f"as_{suffix}",
            "project": "three_states_2018",
            "datasets": ["commercial_2018"],
            "step": [{"function": "sum", "by": ["state", "fuel", "scenario", "hourly"]}],
            "result": {"path": str(desk.folder / "results"), "format": suffix},
        }
        if suffix == "parquet":
            spec["results"] = {"by_day": {"step": [{"function": "sum", "by": ["state", "fuel", "scenario", "daily"]}]}}
        found[suffix] = query(spec, registry=desk.registry, engine=desk.engine).folder.parent
    return {name: Path(str(folder)) for name, folder in found.items()}


class Spoilt:
    """A copy of a result to spoil."""

    def __init__(self, source: Path, folder: Path) -> None:
        shutil.copytree(source, folder)
        self.folder = folder

    @property
    def run(self) -> Path:
        return next(path for path in self.folder.iterdir() if path.is_dir())

    @property
    def manifest(self) -> Path:
        return self.run / "manifest.json"

    @property
    def table(self) -> Path:
        return next(path for path in self.run.iterdir() if path.stem == "table")

    def change(self, change: Callable[[dict[str, Any]], object]) -> None:
        document = json.loads(self.manifest.read_text("utf-8"))
        change(document)
        self.manifest.write_text(json.dumps(document), "utf-8")


@pytest.fixture
def spoilt(published: dict[str, Path], tmp_path: Path) -> Spoilt:
    return Spoilt(published["parquet"], tmp_path / "result")


def newer(spoilt: Spoilt) -> str:
    spoilt.change(lambda document: document.update(format=2))
    return "manifest.json: this result was written by a newer dsgrid (its format is 2, this one reads up to 1); update"


def without_columns(spoilt: Spoilt) -> str:
    spoilt.change(lambda document: document.pop("columns"))
    return 'manifest.json: this result lacks "columns": another version of dsgrid wrote it; run the query again'


def columns_without_types(spoilt: Spoilt) -> str:
    spoilt.change(lambda document: [column.pop("holds") for column in document["columns"]])
    return 'manifest.json: a column lacks one of "name", "type", "holds": another version of dsgrid wrote it'


def rows_of_words(spoilt: Spoilt) -> str:
    spoilt.change(lambda document: document.update(rows="many"))
    return "manifest.json: \"rows\" cannot be what it is there ('many'): the file is damaged; run the query again"


def files_of_another_kind(spoilt: Spoilt) -> str:
    spoilt.change(lambda document: document.update(files=[{"name": "table.parquet"}]))
    return 'manifest.json: the entries of "files" are not those of this version of dsgrid; run the query again'


def of_something_else(spoilt: Spoilt) -> str:
    spoilt.manifest.write_text('{"format": 1, "files": []}', "utf-8")
    return "manifest.json: this is the manifest of something else than a result of a query"


def a_list(spoilt: Spoilt) -> str:
    spoilt.manifest.write_text("[1, 2]", "utf-8")
    return "manifest.json: this is no manifest of a result; run the query again"


def cut_manifest(spoilt: Spoilt) -> str:
    spoilt.manifest.write_bytes(spoilt.manifest.read_bytes()[:100])
    return "manifest.json: the file is damaged or cut short"


def manifest_of_zeros(spoilt: Spoilt) -> str:
    spoilt.manifest.write_bytes(b"\xff\x00" * 50)
    return "manifest.json: the file is damaged or cut short"


def without_table(spoilt: Spoilt) -> str:
    spoilt.table.unlink()
    return "table.parquet: the file is missing; run the query again"


def cut_table(spoilt: Spoilt) -> str:
    spoilt.table.write_bytes(spoilt.table.read_bytes()[:200])
    return "table.parquet: the file has 200 bytes instead of"


def table_of_zeros(spoilt: Spoilt) -> str:
    content = bytearray(spoilt.table.read_bytes())
    content[100:200] = bytes(100)
    spoilt.table.write_bytes(content)
    return "table.parquet: the file's checksum is not that of the manifest; run the query again"


def pointer_to_nothing(spoilt: Spoilt) -> str:
    shutil.rmtree(spoilt.run)
    return "current.json names the run 2"


def pointer_to_an_unfinished_run(spoilt: Spoilt) -> str:
    spoilt.manifest.unlink()
    return "which is no finished run; open another run by its own folder, or run the query again"


def damaged_pointer(spoilt: Spoilt) -> str:
    (spoilt.folder / "current.json").write_text('{"run', "utf-8")
    return "current.json: the file is damaged: it does not name the current run; open a run by its own folder, or run"


SPOILT = (
    newer,
    without_columns,
    columns_without_types,
    rows_of_words,
    files_of_another_kind,
    of_something_else,
    a_list,
    cut_manifest,
    manifest_of_zeros,
    without_table,
    cut_table,
    table_of_zeros,
    pointer_to_nothing,
    pointer_to_an_unfinished_run,
    damaged_pointer,
)


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
def test_what_is_wrong_with_a_result_is_told_by_each_command_in_a_line(
    spoil: Callable[[Spoilt], str],
    spoilt: Spoilt,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = spoil(spoilt)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DsgridError) as caught:
        dsgrid.open_result(spoilt.folder)
    assert said in str(caught.value)
    for name in COMMANDS:
        if name == "open":
            continue
        code = run(COMMANDS[name](str(spoilt.folder), tmp_path))
        printed = capsys.readouterr()
        assert code in (DataError.exit_code, NotFoundError.exit_code), (name, printed)
        assert said in printed.err, name
        assert len(printed.err.splitlines()) == 1, name
        assert printed.out == "", name
    assert {path.name for path in tmp_path.iterdir()} == {"result"}


@pytest.mark.parametrize("suffix", ["parquet", "csv", "arrow"])
def test_a_whole_result_is_taken_by_each_command(
    published: dict[str, Path], suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("head", "diff", "plot"):
        assert run(COMMANDS[name](str(published[suffix]), tmp_path)) == 0, (name, capsys.readouterr())


def test_a_file_whose_damage_its_size_and_the_manifest_do_not_tell_is_named_when_it_is_read(spoilt: Spoilt) -> None:
    table_of_zeros(spoilt)
    spoilt.change(lambda document: document.update(files=[]))
    result = dsgrid.open_result(spoilt.folder)
    for read in (result.to_arrow, result.head, lambda: list(result.pieces(10)), lambda: result.diff(result)):
        with pytest.raises(DataError, match=r"table.parquet: the file is damaged or cut short"):
            read()


def test_a_further_result_is_looked_at_when_it_is_asked_for(spoilt: Spoilt) -> None:
    (spoilt.run / "by_day" / "table.parquet").unlink()
    result = dsgrid.open_result(spoilt.folder)
    assert result.head(1).num_rows == 1
    with pytest.raises(DataError, match=r"by_day/table.parquet: the file is missing; run the query again"):
        _ = result.results["by_day"]


def test_the_folder_of_a_dataset_is_no_result(commercial_template: Desk) -> None:
    (folder,) = (commercial_template.registry / "data" / "commercial_2018").iterdir()
    with pytest.raises(DataError, match=r"this is the manifest of something else than a result of a query"):
        dsgrid.open_result(folder)


def test_a_folder_without_a_result_says_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"it has neither current.json nor manifest.json"):
        dsgrid.open_result(tmp_path)
