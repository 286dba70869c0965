"""`dsgrid submit` on a real Slurm: what it says is what happens, and the results are those of a run here."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from tests.slurm.queries import OTHER, QUERY, assert_new_and_the_same, result

from dsgrid.cluster import ledger

pytestmark = pytest.mark.slurm


@pytest.fixture
def submit(slurm, project, tmp_path):
    """Calls `dsgrid submit` as a user would, with a list of jobs of its own."""

    def call(*arguments: str | Path):
        command = [sys.executable, "-m", "dsgrid", "submit", *arguments]
        return slurm.ask(*command, cwd=project, DSGRID_STATE=str(tmp_path), **slurm.site)

    return call


def entries(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[ledger.Entry]:
    monkeypatch.setenv("DSGRID_STATE", str(folder))
    return ledger.entries()


def test_a_submitted_query_gives_what_a_run_here_gives(slurm, project, submit, tmp_path, monkeypatch):
    before = result(project)
    done = submit(QUERY, "--memory", "2600m", "--cores", "2")
    assert done.returncode == 0, done.stderr
    told = dict(line.split(maxsplit=1) for line in done.stdout.splitlines() if line.startswith("  "))
    id_ = re.match(r"submitted job (\d+): annual_by_state on 1 node, 2 cores", done.stdout)[1]
    job = slurm.wait(id_, 240)
    assert (job.state, job.exit_code) == ("COMPLETED", "0:0"), job.output
    assert_new_and_the_same(before, result(project), "spark")
    assert job.fields["Command"] == told["script"]
    assert (job.fields["StdOut"], job.fields["JobName"]) == (told["output"], "annual_by_state")
    assert json.loads((Path(told["run"]) / "job.json").read_text())["exit_code"] == 0
    assert result(project)[0].is_relative_to(told["results"])
    (entry,) = entries(tmp_path, monkeypatch)
    assert (entry.id, entry.by, entry.run) == (id_, "submit", told["run"]), "the job adds no entry of its own"
    assert slurm.leftovers(id_) == []


def test_a_job_waits_for_the_one_before_and_several_specs_are_an_array(slurm, project, submit, tmp_path, monkeypatch):
    """Embedded, which takes seconds; the second job is submitted while the first waits."""
    before = result(project), result(project, OTHER)
    small = ("--engine", "sail", "--cores", "1", "--memory", "1800m", "--no-cache", "--parsable")
    first = submit(QUERY, OTHER, *small, "--name", "both").stdout.strip()
    after = submit(QUERY, *small, "--after", first, "--name", "after").stdout.strip()
    assert f"afterok:{first}" in slurm.fields(after)["Dependency"]
    jobs = [slurm.wait(f"{first}_{task}", 60) for task in range(2)]
    assert [job.state for job in jobs] == ["COMPLETED", "COMPLETED"], jobs
    for query, old in zip((QUERY, OTHER), before, strict=True):
        assert_new_and_the_same(old, result(project, query), "sail")
    assert slurm.wait(after, 60).state == "COMPLETED"
    found = entries(tmp_path, monkeypatch)
    assert {entry.id: entry.by for entry in found} == dict.fromkeys((f"{first}_0", f"{first}_1", after), "submit")
    assert all(Path(entry.output).is_file() for entry in found)
    assert all(Path(entry.run, "job.json").is_file() for entry in found), "a task tells its folder when it begins"


def test_what_slurm_refuses_is_told_with_the_key_of_the_site_that_it_comes_from(slurm, project, submit, tmp_path):
    site = tmp_path / "site.toml"
    site.write_text('default_partition = "nights"\n[partition.nights]\ncores = 4\nmemory = "5G"\n')
    done = submit(QUERY, "--site", site)
    assert done.returncode == 11
    assert f"the partition was nights, from the key default_partition in {site}" in done.stderr
    assert not (tmp_path / "jobs.jsonl").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--nodes", "9"), "gives at most 3 nodes, and 9 are wanted"),
        (("--memory", "99g"), "MiB a node, and 101,376 are wanted"),
        (("--partition", "nights"), 'there is no partition "nights"'),
        (("--after", "99999"), 'Slurm does not know a job "99999"'),
        (("--memory", "300m"), "--memory"),
    ],
)
def test_what_this_cluster_has_not_is_refused_before_anything_is_queued(slurm, submit, options, said):
    done = submit(QUERY, *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "error" not in done.stderr
