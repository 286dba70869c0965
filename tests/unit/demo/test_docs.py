"""The docs say what is so: their calculations run, their snippets are those of the demo, their links lead somewhere."""

from __future__ import annotations

import configparser
import doctest
import re
from pathlib import Path

import pytest
from tests.demo_project import DEMO

from dsgrid import errors

ROOT = DEMO.parents[1]
PAGES = sorted(path for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of one language."""
    return [text for name, text in FENCE.findall(page.read_text("utf-8")) if name == language]


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent.name == "docs"], ids=lambda page: page.name)
def test_calculations_give_what_the_page_says(page: Path) -> None:
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    text = "\n".join(blocks(page, "pycon"))
    runner.run(parser.get_doctest(text, {}, page.name, str(page), 0))
    assert runner.summarize(verbose=False).failed == 0


@pytest.mark.parametrize("page", [page for page in PAGES if page.name == "concepts.md"], ids=lambda page: page.name)
def test_toml_snippets_stand_in_the_demo(page: Path) -> None:
    specs = [path.read_text("utf-8") for path in DEMO.glob("*.toml")]
    snippets = blocks(page, "toml")
    assert snippets
    for snippet in snippets:
        assert any(snippet in spec for spec in specs), snippet


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        if anchor and linked.suffix == ".md":
            titles = re.findall(r"^#+ (.+)$", linked.read_text("utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
            assert anchor in slugs, target


def test_the_table_of_kinds_is_complete() -> None:
    from dsgrid.dimensions.kinds import KINDS

    text = (ROOT / "docs" / "concepts.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \|([^|]*\|[^|]*\|[^|]*)\|", text, re.MULTILINE))
    for kind in KINDS.values():
        if kind.name.endswith("_explicit_multipliers"):
            continue
        repeats_from, repeats_to, sums = (cell.strip() for cell in rows[kind.name].split("|"))
        assert (repeats_from == "yes", repeats_to == "yes") == (kind.from_repeats, kind.to_repeats), kind.name
        assert (sums.strip("`") == kind.sums_to_one) == (kind.sums_to_one is not None), kind.name


def test_the_table_of_rooms_is_the_order_that_the_linter_checks() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", "utf-8")
    # Rooms beside each other, with a bar between, know nothing of each other.
    layers = config["importlinter:contract:rooms"]["layers"].replace(" | ", "\n").split()
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    table = text.partition("| room | what it does |")[2].partition("\n\n")[0]
    rooms = [
        room for cell in re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE) for room in re.findall(r"`(\w+)`", cell)
    ]
    checked = [layer.removeprefix("dsgrid.") for layer in reversed(layers)]
    # Which of two neighbours in one row comes first is no matter.
    assert set(rooms) == set(checked) - {"__main__"}
    assert [room for room in rooms if room not in ("engine", "bundle")] == [
        layer for layer in checked if layer not in ("engine", "bundle", "__main__")
    ]


def test_the_exit_codes_are_those_of_the_errors() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    listed = dict(re.findall(r"^\| (\d) \| (.+?) \|$", text, re.MULTILINE))
    documented = dict(re.findall(r"^(\d)     (.+)$", errors.__doc__ or "", re.MULTILINE))
    assert listed == documented
