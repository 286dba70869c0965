"""The pages about Slurm name what there is: commands, options, scripts, variables, reasons, codes, messages."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from tests.demo_project import DEMO

from dsgrid import cli
from dsgrid.cluster import ending, words
from dsgrid.cluster.granted import Granted, Node
from dsgrid.cluster.shares import size_text
from dsgrid.cluster.site import load_site
from dsgrid.cluster.sizing import cluster_sizes

ROOT = DEMO.parents[1]
PAGES = [ROOT / "docs" / f"{name}.md" for name in ("slurm", "slurm_tuning", "slurm_troubleshooting")]
ALL = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
# Options of Spark's, Slurm's and others' commands are no matter of ours.
SHELL = {"|", "&&", "||", ";", ">", "2>", "#"}
SHARE = 0.3  # of a message that has to stand in the code; the rest is filled in


def commands(page: Path) -> Iterator[list[str]]:
    """Yield the words of each command of dsgrid that a page shows, in blocks and in sentences."""
    text = page.read_text("utf-8")
    for found in re.findall(r"`(dsgrid [^`]+)`", text, re.DOTALL):
        yield shlex.split(found.replace("\n", " "), comments=True)
    for block in re.findall(r"^```(?:text|sh)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"&&|\$\(|\)", line.removeprefix("$ ").replace('"', "")):
                said = part.strip()
                match = re.match(r"(?:salloc [^#]*? )?(dsgrid (?!from)[a-z].*)", said)
                if match and "dsgrid-" not in match[1].split()[0]:
                    yield shlex.split(match[1], comments=True)


def the_command(found: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that these words call, and the words that follow its name."""
    command: click.Command = cli.commands
    rest = found[1:]
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        inner = command.get_command(click.Context(command), rest[0])
        if inner is None:
            break
        command, rest = inner, rest[1:]
    return command, rest


@ALL
def test_the_commands_that_are_shown_exist_and_have_these_options(page: Path) -> None:
    found = list(commands(page))
    assert found, page
    for each in found:
        command, rest = the_command(each)
        assert command is not cli.commands or rest[:1] == ["--help"], each
        known = {name for option in command.params for name in option.opts}
        for word in rest:
            if word in SHELL:
                break
            if re.match(r"--?[a-z]", word):
                assert word.partition("=")[0] in known, f"{' '.join(each)}: no option {word}"


@ALL
def test_the_scripts_and_files_that_are_named_exist(page: Path) -> None:
    for name in set(re.findall(r"\b((?:slurm|specs/demo|schemas|lib/dsgrid)/[\w./]*\w)", page.read_text("utf-8"))):
        # Of a reader's own.
        if not name.endswith("annual_by_stat.toml"):
            assert (ROOT / name).exists(), name


def test_every_batch_script_has_a_line() -> None:
    table = PAGES[0].read_text("utf-8").partition("| script |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`slurm/(\w+\.sbatch)`", table)) == {path.name for path in (ROOT / "slurm").glob("*.sbatch")}


def test_the_variables_are_those_that_the_batch_scripts_tell_of() -> None:
    told = re.findall(r"^#.*?(DSGRID_\w+)(?:, (DSGRID_\w+))?", (ROOT / "slurm/cluster.sh").read_text("utf-8"), re.M)
    table = PAGES[0].read_text("utf-8").partition("| variable |")[2].partition("\n\n")[0]
    assert set(re.findall(r"DSGRID_\w+", table)) == {name for pair in told for name in pair if name}


@ALL
def test_the_variables_that_are_named_are_read_somewhere(page: Path) -> None:
    for name in set(re.findall(r"DSGRID_[A-Z_]+[A-Z]", page.read_text("utf-8"))):
        assert name in sources(), name


def test_the_exit_codes_of_jobs_are_those_that_there_are() -> None:
    table = PAGES[0].read_text("utf-8").partition("## Exit codes of jobs")[2]
    assert set(map(int, re.findall(r"^\| (\d+) \|", table, re.MULTILINE))) == set(ending.MEANINGS)


def test_the_reasons_are_told_in_the_words_of_the_commands() -> None:
    table = PAGES[2].read_text("utf-8").partition("| `remark` |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    assert len(rows) > 5
    for told, called, _ in rows:
        for name in re.findall(r"`(\w+)[.]*`", called):
            names = (name, f"{name}Billing", f"{name}CPUMinutes")
            said = [words.reason_in_words(one) for one in names]
            assert any(one.split(": ")[0] in told or told in one for one in said), (name, said, told)


@cache
def sources() -> str:
    """Return the code, with texts that go on in the next line in one piece."""
    text = "".join(path.read_text("utf-8") for path in (ROOT / "lib/dsgrid").rglob("*.py"))
    return re.sub(r'"\s*\n\s*f?"', "", text) + (ROOT / "slurm/cluster.sh").read_text("utf-8")


def share_said(message: str) -> float:
    """Return the share of a message's words that stand in the code in a row of three; the others are filled in."""
    said = message.split()
    known: set[int] = set()
    for first in range(len(said) - 2):
        if " ".join(said[first : first + 3]) in sources():
            known |= {first, first + 1, first + 2}
    return len(known) / len(said)


def test_the_messages_that_are_explained_are_those_that_are_said() -> None:
    tables = [part.partition("\n\n")[0] for part in PAGES[2].read_text("utf-8").split("| what you see |")[1:]]
    found = re.findall(r"^\| (?:\d, )?`(.+?)`(?: \||,| and)", "\n".join(tables), re.MULTILINE)
    ours = [text for text in found if len(text) > 40]
    assert len(ours) > 20
    for message in ours:
        assert share_said(message) >= SHARE, f"{message}: {share_said(message):.0%}"
    assert share_said("elephants dance quietly under purple moonlit bridges, and nobody minds") < SHARE


@pytest.mark.parametrize("page", [PAGES[0]], ids=lambda page: page.name)
def test_the_files_of_sites_that_are_shown_are_valid(page: Path, tmp_path: Path) -> None:
    found = [
        text
        for text in re.findall(r"^```toml\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
        if "account" in text
    ]
    assert len(found) == 2
    for number, text in enumerate(found):
        (tmp_path / f"{number}.toml").write_text(text, "utf-8")
        assert load_site(tmp_path / f"{number}.toml").account == "loads"


def test_the_table_of_sizes_is_what_is_computed() -> None:
    table = PAGES[1].read_text("utf-8").partition("| job | driver's heap |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    assert len(rows) > 5
    for job, driver, counts, executor, used in rows:
        *first, count, cores, memory = re.findall(r"[\d.]+(?: [GT]iB)?", job)
        whole = "all of" in job
        workers = tuple(Node(f"n{i}", "10.0.0.1", int(cores), mebibytes(memory), whole) for i in range(int(count)))
        head = Node("head", "10.0.0.2", int(first[0]), mebibytes(first[1])) if first else workers[0]
        sizes = cluster_sizes(Granted("1", head, workers, 1 if first else None))
        assert driver == size_text(sizes.driver), job
        assert counts == f"{'-' if first else sizes.executors[0]}, {sizes.executors[-1]}", job
        told = f"{sizes.executor_cores}, {size_text(sizes.executor_heap)} + {size_text(sizes.executor_overhead)}"
        assert executor == told, job
        assert used == f"{sizes.cores:,} of {int(count) * int(cores):,}", job


def mebibytes(text: str) -> int:
    number, unit = text.split()
    return int(number) * {"GiB": 1024, "TiB": 1024 * 1024}[unit]
