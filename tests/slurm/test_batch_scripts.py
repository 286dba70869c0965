"""The batch scripts on a real Slurm: same results, secrets kept, nothing left, exit codes kept."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from dsgrid.operations.init import init

pytestmark = pytest.mark.slurm
ROOT = Path(__file__).resolve().parents[2]
SMALL = ("--cpus-per-task=2", "--mem=2600M", "--time=5")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project folder with everything registered and the query's result by the embedded engine."""
    folder = tmp_path_factory.mktemp("project")
    init(folder)
    names = ("create_registry", "register_project", "register_dataset", "submit_dataset", "query")
    specs = [f"specs/{name}.toml" for name in names]
    subprocess.run([sys.executable, "-m", "dsgrid", "run", *specs], cwd=folder, check=True, timeout=120)
    return folder


def result(project):
    folder = project / "build/results/heating_by_hour"
    run = folder / json.loads((folder / "current.json").read_text())["run"]
    with (run / "table.csv").open() as table:
        return run, [(row["hour_of_day"], float(row["value"])) for row in csv.DictReader(table)]


@pytest.mark.parametrize(
    ("script", "nodes", "master"), [("single_node", 1, "local[2]"), ("spark_job", 2, "spark://127.0.0.11:")]
)
def test_a_query_by_sbatch_gives_what_the_embedded_engine_gives(slurm, project, script, nodes, master):
    embedded_run, embedded = result(project)
    job = slurm.wait(
        slurm.submit(*SMALL, f"--nodes={nodes}", ROOT / f"slurm/{script}.sbatch", "specs/query.toml", cwd=project), 180
    )
    assert (job.state, job.exit_code) == ("COMPLETED", "0:0"), job.output
    run, rows = result(project)
    assert run != embedded_run
    assert [hour for hour, _ in rows] == [hour for hour, _ in embedded]
    assert [value for _, value in rows] == pytest.approx([value for _, value in embedded], rel=1e-12)
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["engine"]["name"] == "spark"
    assert list((slurm.folder / "scratch").iterdir()) == [], "nothing stays on the nodes' disks"
    assert not (project / f"dsgrid-{job.id}").exists(), "nothing stays of a job that went well"
