"""The batch script: what is asked of Slurm, and nothing that anybody could smuggle into it."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.cluster.kinds import CLUSTER, SINGLE
from dsgrid.cluster.rendering import Plan, Task, job_name, options_of, render
from dsgrid.cluster.wish import Wish
from dsgrid.errors import UsageError

ROOT = Path(__file__).resolve().parents[3]
ONE = Wish(SINGLE, "spark", 1, 4, 8_192, 600)
MANY = Wish(CLUSTER, "spark", 3, 104, 0, 90_000, partition="standard", whole=True)
PLAN = Plan(
    "annual", (Task(Path("/s/annual.toml"), ("--engine", "spark")),), ONE, "/runs/annual-%j.out", Path("/lib/slurm")
)


def header(text: str) -> list[str]:
    return [line.removeprefix("#SBATCH ") for line in text.splitlines() if line.startswith("#SBATCH")]


def test_a_job_on_one_node_asks_for_what_was_found():
    assert header(render(PLAN)) == [
        "--job-name=annual",
        "--nodes=1",
        "--ntasks-per-node=1",
        "--cpus-per-task=4",
        "--mem=8192M",
        "--time=00:10:00",
        "--output=/runs/annual-%j.out",
        "--open-mode=append",
        "--signal=B:USR1@120",
        "--no-requeue",
    ]
    assert render(PLAN).splitlines()[-1] == "lead single -- /s/annual.toml --engine spark"


@pytest.mark.parametrize(("time", "warned"), [(60, 15), (120, 30), (480, 120), (90_000, 120)])
def test_a_short_job_is_not_told_at_its_begin_that_its_time_is_over(time: int, warned: int):
    assert f"--signal=B:USR1@{warned}" in header(render(replace(PLAN, wish=replace(ONE, time=time))))


def test_a_cluster_of_whole_nodes_survives_a_lost_one():
    found = header(
        render(replace(PLAN, wish=MANY, account="loads", qos="high", constraint="lbw", options=("--tmp=1T",)))
    )
    assert {"--nodes=3", "--mem=0", "--exclusive", "--no-kill", "--time=1-01:00:00", "--tmp=1T"} <= set(found)
    assert {"--account=loads", "--partition=standard", "--qos=high", "--constraint=lbw"} <= set(found)


def test_each_task_of_an_array_has_its_own_spec_and_options():
    tasks = (Task(Path("/s/a.toml"), ("--parts", "3")), Task(Path("/s/b c.toml")))
    text = render(replace(PLAN, tasks=tasks, at_once=5, after="12", requeue=2))
    assert {"--array=0-1%5", "--dependency=afterok:12", "--requeue"} <= set(header(text))
    assert "    0) lead single -- /s/a.toml --parts 3 ;;" in text
    assert "    1) lead single -- '/s/b c.toml' ;;" in text


def test_the_options_on_the_command_line_are_those_of_the_script():
    plan = replace(PLAN, wish=MANY, options=("--comment=two words",))
    assert [shlex.split(line)[0] for line in header(render(plan))] == list(options_of(plan))


@pytest.mark.parametrize("text", ["x\n#SBATCH --uid=0", "x\rb", "x\x00", "x\u2028y"])
@pytest.mark.parametrize("key", ["name", "account", "qos", "constraint", "output", "after"])
def test_no_value_begins_another_line(key, text):
    with pytest.raises(UsageError, match="line break or another control character"):
        render(replace(PLAN, **{key: text}))


@pytest.mark.parametrize("text", ['a" --uid=0 "', "it's", "back\\slash"])
def test_no_value_ends_its_quotes(text):
    with pytest.raises(UsageError, match="a quote or a backslash"):
        render(replace(PLAN, output=text))


def test_reasons_are_comments_whatever_they_say():
    text = render(PLAN, ["a reason\nrm -rf /", "#SBATCH --nodes=9", "long " * 60])
    said = text[text.index("#\n") : text.index("set -euo")].splitlines()
    assert all(line.startswith("#") for line in said)
    assert not any(line.startswith("#SBATCH") for line in said)
    assert max(map(len, text.splitlines())) <= 120


@given(st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=20), max_size=4))
def test_the_spec_gets_exactly_the_arguments_that_were_given(arguments):
    text = render(replace(PLAN, tasks=(Task(Path("/s/a b.toml"), tuple(arguments)),)))
    assert shlex.split(text[text.index("\nlead ") :]) == ["lead", "single", "--", "/s/a b.toml", *arguments]


def test_bash_takes_the_script_as_it_is_meant(tmp_path):
    library = tmp_path / "a folder"
    library.mkdir()
    (library / "cluster.sh").write_text('lead() { printf "%s|" "$@"; printf "%s\\n" "$ODD"; }\n')
    tasks = (Task(Path("/s/one.toml")), Task(Path("/s/$HOME `id`.toml"), ("--set", "a=it's $(id)")))
    plan = replace(PLAN, tasks=tasks, folder=library, exports={"ODD": "two 'words' $X"})
    script = tmp_path / "x.sbatch"
    script.write_text(render(plan))
    done = subprocess.run(
        ["bash", script], env={"SLURM_ARRAY_TASK_ID": "1"}, capture_output=True, text=True, timeout=10, check=True
    )
    assert done.stdout == "single|--|/s/$HOME `id`.toml|--set|a=it's $(id)|two 'words' $X\n"


def test_the_library_that_scripts_source_has_what_they_call():
    assert "\nlead() {" in (ROOT / "slurm/cluster.sh").read_text()


@pytest.mark.parametrize(
    ("text", "name"),
    [("annual by/state", "annual_by_state"), ("--x", "x"), ("", "dsgrid"), ("...", "dsgrid"), ("a" * 99, "a" * 60)],
)
def test_a_job_has_a_name_that_is_a_files_name_too(text, name):
    assert job_name(text) == name
