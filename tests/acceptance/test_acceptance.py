"""Projects of the existing system, brought along by commands: every query that was kept gives the numbers it gave.

A run writes a table of all differences and times to ``build/acceptance/PROJECT-ENGINE.md``, and prints it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.acceptance.commands import ROOT
from tests.acceptance.peer import Peer
from tests.acceptance.projects import CASES
from tests.acceptance.table import Table
from tests.acceptance.walk import Walk

TABLES = ROOT / "build" / "acceptance"


@pytest.fixture
def finished(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], project: str, on: str) -> Table:
    """The table of a project that has gone the whole way with one engine."""
    walk = Walk.begin(CASES[project], on, tmp_path, shared)
    try:
        return walk.all()
    finally:
        walk.table.write(TABLES)
        with capsys.disabled():
            print(f"\n{walk.table.text()}")


@pytest.mark.slow
@pytest.mark.parametrize("on", ["sail", "spark"])
@pytest.mark.parametrize("project", list(CASES))
def test_every_query_gives_what_the_existing_system_gave(finished: Table, shared: Path, project: str) -> None:
    assert "\n".join(finished.wrong) == ""
    asked = {query.name for query in finished.queries}
    assert asked >= set(Peer(shared, project).names)
    assert asked >= set(CASES[project].written)


def test_a_project_is_brought_along_in_one_import_and_one_bulk(shared: Path, tmp_path: Path) -> None:
    walk = Walk.begin(CASES["efs"], "sail", tmp_path, shared)
    table = walk.all(["census_division_total", "filter_county_2020_pivoted"])
    assert table.wrong == []
    assert len(table.queries) == 2


def test_every_project_with_kept_results_is_brought_along(shared: Path) -> None:
    assert {path.name for path in (shared / "expected").iterdir() if path.is_dir()} <= set(CASES)
