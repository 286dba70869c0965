"""Assets are found in a checkout and in a zip."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dsgrid.errors import NotFoundError
from dsgrid.spec.assets import asset, asset_names, asset_path

ROOT = Path(__file__).resolve().parents[3]


def test_a_checkout_has_its_schemas() -> None:
    assert asset("schemas/query.schema.json") == (ROOT / "schemas" / "query.schema.json").read_text("utf-8")
    assert "query.schema.json" in asset_names("schemas")
    path = asset_path("schemas/query.schema.json")
    assert path is not None
    assert path.resolve() == ROOT / "schemas" / "query.schema.json"


def test_an_asset_that_is_missing_is_named_with_the_closest_one() -> None:
    with pytest.raises(
        NotFoundError, match=r'dsgrid has no "schemas/qery.schema.json"; did you mean "query.schema.json"'
    ):
        asset("schemas/qery.schema.json")
    assert asset_names("no_such_folder") == ()
    assert asset_path("no_such_file") is None


def test_a_spec_is_checked_by_dsgrid_in_a_zip(tmp_path: Path) -> None:
    bundle = tmp_path / "dsgrid.zip"
    with zipfile.ZipFile(bundle, "w") as archive:
        for path in (ROOT / "lib" / "dsgrid").rglob("*.py"):
            archive.write(path, path.relative_to(ROOT / "lib"))
        for path in (ROOT / "schemas").glob("*.json"):
            archive.write(path, Path("dsgrid", "assets", "schemas", path.name))
    code = (
        "from dsgrid.spec import assets, load\n"
        "assert assets.asset_path('schemas/query.schema.json') is None\n"
        "assert 'query.schema.json' in assets.asset_names('schemas')\n"
        f"print(load.load_spec({str(ROOT / 'specs/examples/good/query.toml')!r}).job)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(bundle)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.stderr) == ("query\n", "")
