"""An export of a result that is there: where it goes, that it is there as a whole or not, and the command."""

from __future__ import annotations

import errno
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from handing import csv, hours, result, stacked

import dsgrid
from dsgrid.cli import run
from dsgrid.errors import DataError, NotFoundError, RegistryError, SpecError, UsageError
from dsgrid.operations.validate import validate
from dsgrid.query.handoff import files, hdf5
from dsgrid.query.handoff.exported import open_export
from dsgrid.query.result import Result
from dsgrid.registry import disk

KEYS = {"state": ["CA", "NY"], "fuel": ["electricity", "natural_gas"]}


@pytest.fixture
def made(tmp_path: Path) -> Result:
    return result(tmp_path, stacked(KEYS, hours("2018-01-01 07:00", 3)))


def asked(made: Result, **more: Any) -> dict[str, Any]:
    folder = made.folder.parents[2]
    return {"result": str(made.folder.parent), "output": str(folder / "out"), "columns": "state", **more}


def listing(made: Result) -> list[str]:
    folder = made.folder.parents[2]
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_an_export_appears_with_its_readme_and_its_manifest(made: Result, tmp_path: Path) -> None:
    export = dsgrid.export_result(asked(made)).export
    assert export.folder == tmp_path / "out"
    names = ["README.txt", "electricity.csv", "manifest.json", "natural_gas.csv"]
    assert sorted(path.name for path in export.folder.iterdir()) == names
    again = open_export(export.folder)
    assert again.report() == export.report()
    assert again.report().splitlines()[:2] == ["export load: 2 files, 6 rows in all", "  78 MWh, as in the result"]
    readme = (export.folder / "README.txt").read_text("utf-8")
    for said in ("Times are those of -07:00.", "hour beginning", "homes@1.0.0", "electricity.csv: 3 rows", "MWh"):
        assert said in readme


def test_a_spec_names_places_relative_to_itself(made: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "specs").mkdir()
    spec = tmp_path / "specs" / "export.toml"
    text = 'spec_version = 1\njob = "export_result"\nresult = "../results/load"\noutput = "../out"\ncolumns = "stat"\n'
    spec.write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError, match=r'export.toml:5:11: columns: the result has no dimension "stat"; did you mean'):
        validate(spec)
    spec.write_text(text.replace('"stat"', '"state"'), "utf-8")
    validate(spec)
    assert not (tmp_path / "out").exists()
    assert run(["run", "--quiet", str(spec)]) == 0
    assert (tmp_path / "out" / "electricity.csv").is_file()


def test_a_folder_that_holds_something_is_not_written_to(made: Result, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    dsgrid.export_result(asked(made))
    with pytest.raises(RegistryError, match="holds an export already; say replace = true, or name another folder"):
        dsgrid.export_result(asked(made))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine", "utf-8")
    for replace in (False, True):
        with pytest.raises(RegistryError, match="holds something that is no export"):
            dsgrid.export_result(asked(made, output=str(tmp_path / "other"), replace=replace))
    with pytest.raises(RegistryError, match="is a file; expected a folder"):
        dsgrid.export_result(asked(made, output=str(tmp_path / "other" / "notes.txt")))


def test_an_export_is_replaced_as_a_whole(made: Result, tmp_path: Path) -> None:
    dsgrid.export_result(asked(made))
    before = listing(made)
    export = dsgrid.export_result(asked(made, replace=True, files=["fuel"], unit="kWh")).export
    assert csv(export, "electricity.csv")["CA"].tolist() == [1000, 2000, 3000]
    assert listing(made) == before


def _full(*_: Any) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("where", "what"),
    [(disk, "write_file"), (files, "arrow_output"), (disk, "swap_file"), (disk, "sync")],
    ids=["readme", "table", "name", "flush"],
)
@pytest.mark.parametrize("replace", [False, True])
def test_a_disk_that_is_full_leaves_what_was_there(
    made: Result, monkeypatch: pytest.MonkeyPatch, where: Any, what: str, replace: bool
) -> None:
    if replace:
        dsgrid.export_result(asked(made))
    before = listing(made)
    monkeypatch.setattr(where, what, _full)
    with pytest.raises(OSError, match="No space left"):
        dsgrid.export_result(asked(made, replace=replace, unit="kWh"))
    assert listing(made) == before
    if replace:
        out = made.folder.parents[2] / "out" / "electricity.csv"
        assert out.read_text("utf-8").splitlines()[1] == "2018-01-01 00:00,1,7"


def test_a_replacement_that_fails_in_the_end_brings_back_what_it_replaced(
    made: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsgrid.export_result(asked(made))
    before = listing(made)
    swap, calls = disk.swap_file, []

    def second_fails(path: Any, new: Any) -> None:
        calls.append(path)
        if len(calls) == 2:
            _full()
        swap(path, new)

    monkeypatch.setattr(disk, "swap_file", second_fails)
    with pytest.raises(OSError, match="No space left"):
        dsgrid.export_result(asked(made, replace=True, unit="kWh"))
    assert listing(made) == before


def test_an_export_that_fails_leaves_nothing(made: Result) -> None:
    before = listing(made)
    with pytest.raises(SpecError):
        dsgrid.export_result(asked(made, calendar="8760"))
    assert listing(made) == before


# The result ----------------------------------------------------------------------------------------------------------


def test_a_result_that_is_not_there_is_named_with_the_closest(made: Result, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r'result: there is no result .*laod: .*; did you mean "load"\?'):
        dsgrid.export_result(asked(made, result=str(tmp_path / "results" / "laod")))
    with pytest.raises(NotFoundError, match=r'there are: "load"'):
        dsgrid.export_result(asked(made, result=str(tmp_path / "results")))
    with pytest.raises(NotFoundError, match="there is no result"):
        dsgrid.export_result(asked(made, result=str(tmp_path / "nowhere" / "load")))


def test_a_result_that_lost_a_file_is_not_exported(made: Result) -> None:
    made.path.write_bytes(made.path.read_bytes()[:100])
    with pytest.raises(DataError, match="the file has 100 bytes instead of"):
        dsgrid.export_result(asked(made))
    made.path.unlink()
    with pytest.raises(DataError, match="the file is missing"):
        dsgrid.export_result(asked(made))


def test_a_result_of_another_version_is_not_exported(made: Result) -> None:
    manifest = dict(made.manifest)
    del manifest["columns"]
    (made.folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(DataError, match='this result lacks "columns": another version of dsgrid wrote it'):
        dsgrid.export_result(asked(made))


def test_a_query_without_a_table_names_its_results(made: Result) -> None:
    manifest = {**made.manifest, "table": None, "results": ["by_year"]}
    (made.folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    shutil.copytree(made.folder, made.folder / "by_year")
    (made.folder / "by_year" / "manifest.json").write_text(json.dumps(dict(made.manifest)), "utf-8")
    with pytest.raises(NotFoundError, match='has no table of values; name that of one of its results: "by_year"'):
        dsgrid.export_result(asked(made))


def test_hdf5_without_its_package_says_how_to_get_it(made: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(UsageError, match=r'pip install "dsgrid\[hdf5\]"'):
        dsgrid.export_result(asked(made, format="hdf5"))
    with pytest.raises(UsageError):
        hdf5.require()


# The command ---------------------------------------------------------------------------------------------------------


def test_the_command_exports(made: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "dispatch"
    command = ["export", str(made.folder.parent), str(out), "--columns", "state,fuel", "--time", "date_and_hour"]
    command += ["--label", "hour_ending", "--zone=-05:00", "--unit", "kWh", "--unit", "natural_gas=GWh"]
    command += ["--unit-in", "columns", "--decimals", "4", "--name", "hand_off"]
    assert run(command) == 0
    assert "export hand_off: 1 file, 3 rows in all" in capsys.readouterr().out
    assert (out / "hand_off.csv").read_text("utf-8").splitlines()[:2] == [
        "date,hour,CA_electricity_kWh,CA_natural_gas_GWh,NY_electricity_kWh,NY_natural_gas_GWh",
        "2018-01-01,3,1000,0.004,7000,0.01",
    ]
    assert run(command) == 5
    assert "holds an export already" in capsys.readouterr().err


def test_the_command_prints_the_spec_that_does_the_same(
    made: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["export", str(made.folder.parent), str(tmp_path / "a"), "--columns", "state", "--files", "fuel"]
    assert run([*command, "--unit", "natural_gas=GWh", "--toml"]) == 0
    spec = tmp_path / "export.toml"
    spec.write_text(capsys.readouterr().out, "utf-8")
    assert not (tmp_path / "a").exists()
    assert run(["run", "--quiet", str(spec)]) == 0
    assert run([*command[:2], str(tmp_path / "b"), *command[3:], "--unit", "natural_gas=GWh"]) == 0
    for name in ("electricity.csv", "natural_gas.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_the_command_refuses_two_units_for_all(made: Result, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", str(made.folder), "out", "--columns", "state", "--unit", "kWh", "--unit", "GWh"]) == 2
    assert "name records: RECORD=UNIT" in capsys.readouterr().err
