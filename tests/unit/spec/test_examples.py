"""The good examples load, the bad ones say what their text files hold."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from dsgrid.errors import DsgridError
from dsgrid.spec.load import load_spec
from dsgrid.spec.schemas import JOBS

ROOT = Path(__file__).resolve().parents[3]
GOOD = sorted((ROOT / "specs" / "examples" / "good").glob("*.toml"))
BAD = sorted((ROOT / "specs" / "examples" / "bad").glob("*.toml"))
MANUAL = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def stems(paths: list[Path]) -> list[str]:
    return [path.stem for path in paths]


@pytest.mark.parametrize("path", GOOD, ids=stems(GOOD))
def test_a_good_example_loads(path: Path) -> None:
    assert load_spec(path).text.startswith(f"#:schema ../../../schemas/{load_spec(path).job}.schema.json\n")


def test_every_job_has_a_good_example() -> None:
    assert set(JOBS) <= set(stems(GOOD))


@pytest.mark.parametrize("path", BAD, ids=stems(BAD))
def test_a_bad_example_says_what_is_wrong(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(DsgridError) as caught:
        load_spec(path.relative_to(ROOT))
    assert f"{caught.value}\n" == path.with_suffix(".txt").read_text("utf-8")


def test_problems_stand_in_the_order_of_the_file() -> None:
    for path in BAD:
        with pytest.raises(DsgridError) as caught:
            load_spec(path)
        places = [tuple(map(int, problem.where.split(":")[-2:])) for problem in caught.value.problems]
        assert places == sorted(places)


def test_no_example_of_an_error_is_left_without_its_text() -> None:
    assert {path.stem for path in (ROOT / "specs" / "examples" / "bad").glob("*.txt")} == set(stems(BAD))


@pytest.mark.parametrize("page", MANUAL, ids=stems(MANUAL))
def test_what_the_manual_shows_of_specs_can_be_written_so(page: Path) -> None:
    for shown in re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        document = tomllib.loads(shown)
        # Parts of specs name no job; the very first lines of one stand for themselves.
        if "job" in document and len(document) > 2:
            load_spec(document)
