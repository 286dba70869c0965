"""The guide of reports: its snippets run on the demo, and its tables name the columns that come out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomli
from tests.demo_project import DEMO, small_demo

import dsgrid

if TYPE_CHECKING:
    from dsgrid.engine import Engine
    from dsgrid.operations.open_registry import OpenRegistry

GUIDE = DEMO.parents[1] / "docs" / "reports.md"
DEFAULTS = {
    "spec_version": 1,
    "job": "query",
    "name": "loads",
    "project": "three_states_2018",
    "datasets": ["commercial_2018", "residential_2018"],
}
ON_SAIL = pytest.mark.parametrize("engine", ["sail"], indirect=True, scope="session")


def sections() -> list[Any]:
    """Return each part of the guide with a snippet of its own, by its title."""
    parts = re.split(r"^## ", GUIDE.read_text("utf-8"), flags=re.MULTILINE)
    return [pytest.param(part, id=part.splitlines()[0]) for part in parts if "```toml" in part]


def snippets(section: str) -> list[dict[str, Any]]:
    return [tomli.loads(text) for text in re.findall(r"^```toml\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)]


def named(section: str) -> list[str]:
    """Return the columns that the table of a section names."""
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`(.*?)`", cell)]


@pytest.fixture(scope="module")
def registry(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> OpenRegistry:
    specs = small_demo(tmp_path_factory.mktemp("small"), days=7, counties=5)
    opened = dsgrid.open_registry(tmp_path_factory.mktemp("guide") / "registry", create=True, engine=engine)
    opened.register_project(specs / "register_project.toml")
    for name in ("commercial", "residential", "growth"):
        opened.register_dataset(specs / f"register_{name}.toml")
        opened.submit_dataset(specs / f"submit_{name}.toml")
    return opened


@ON_SAIL
@pytest.mark.parametrize("section", sections())
def test_the_snippets_of_the_guide_run_and_have_the_columns_that_it_names(
    section: str, registry: OpenRegistry, tmp_path: Path
) -> None:
    found: list[str] = []
    for snippet in snippets(section):
        head = {key: value for key, value in snippet.items() if key != "registry"}
        result = registry.query({**DEFAULTS, **head, "result": {"unit": "MWh", "path": str(tmp_path), "table": False}})
        (report,) = result.results.values()
        assert report.rows > 0
        found = found or [one["name"] for one in report.manifest["columns"] if one["type"] in ("value", "measure")]
        assert [one["name"] for one in report.manifest["columns"]] == list(report.to_pandas().columns)
    wanted = [name for name in named(section) if not name.startswith("system_time")]
    assert not wanted or wanted == found


@ON_SAIL
def test_a_report_is_told_with_its_headline_and_the_query_has_no_table(registry: OpenRegistry, tmp_path: Path) -> None:
    (snippet,) = snippets(sections()[0].values[0])
    head = {key: value for key, value in snippet.items() if key != "registry"}
    result = registry.query(head | {"result": {**head["result"], "path": str(tmp_path)}})
    told = result.report().splitlines()
    assert told[0] == "peak_load: 6 rows"
    assert re.fullmatch(r"  greatest: [\d,.]+ MWh of state=CA, scenario=\w+ at 2018-07-\d\d [\d:]{8}\+00:00", told[1])
    assert told[2] == str(result.results["peak_load"].path)
    assert len(told) == 3
    assert result.rows == 0
    assert repr(result).startswith("Result('loads', results: peak_load)")
    assert "peak" in result._repr_html_()
    for read in (result.to_arrow, result.head, lambda: result.table):
        with pytest.raises(dsgrid.errors.NotFoundError, match="query loads has no table of its own"):
            read()
    assert result.results["peak_load"].table.count() == 6
