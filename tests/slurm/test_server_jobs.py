"""Jobs of a server on a real Slurm: submitted, followed, found again, cancelled."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.slurm.queries import QUERY

from dsgrid.api.job import SLURM, Attempt, Job, Options, Outcome
from dsgrid.api.jobs.attempt_folder import write_request
from dsgrid.api.runners.slurm_job import SlurmRunner
from dsgrid.api.runners.slurm_submission import SUBMITTED, read_submitted
from dsgrid.api.settings import Runners, Settings
from dsgrid.api.state.database import open_state
from dsgrid.query.result import open_result

pytestmark = pytest.mark.slurm
# One node, and the embedded engine: seconds, and no Java.
SITE = '[defaults]\nengine = "sail"\ncores = 1\nmemory = "1800m"\n'


@pytest.fixture
def runner(slurm, project, tmp_path, monkeypatch) -> SlurmRunner:
    for name, value in {**slurm.environment, **slurm.site}.items():
        monkeypatch.setenv(name, value)
    site = tmp_path / "site.toml"
    site.write_text('engine = "sail"\n')
    state = tmp_path / "state"
    open_state(state).close()
    settings = Settings(registry=project / "build/demo/registry", state=state, runners=Runners(slurm=2, site=str(site)))
    return SlurmRunner(settings)


@pytest.fixture
def attempt(runner, project) -> Callable[..., Attempt]:
    def made(spec: str = "", **options: Any) -> Attempt:
        job = Job(
            user="anna",
            role="analyst",
            kind="query",
            name="q",
            spec=spec or (project / QUERY).read_text(),
            media_type="application/toml",
            runner=SLURM,
            id=f"j{secrets.token_hex(6)}",
            options=Options(cache=False, **options),
        )
        made = Attempt(job, 1, runner._settings.state / "jobs" / job.id / "1")
        write_request(made, runner._settings)
        return made

    return made


def ended(runner: SlurmRunner, attempt: Attempt, seconds: float = 90) -> Outcome:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        outcome = runner.look(attempt)
        if outcome is not None:
            return outcome
        time.sleep(0.2)
    raise AssertionError((attempt.folder / "output.txt").read_text())


def test_a_job_of_a_server_runs_on_slurm_and_its_server_may_change_in_between(runner, attempt, slurm):
    spec = attempt().job.spec.replace('name = "annual_by_state"', 'name = "${name}"')
    one = attempt(spec, variables={"name": "in_winter"}, at="2100-01-01")
    runner.start(one)
    while read_submitted(one.folder) is None:
        assert runner.look(one) is None
        time.sleep(0.1)
    entry, _ = read_submitted(one.folder)
    # As if it had been killed between Slurm's answer and its note.
    (one.folder / SUBMITTED).unlink()
    later = SlurmRunner(runner._settings)
    outcome = ended(later, one)
    assert (outcome.state, outcome.code) == ("succeeded", 0), outcome
    assert read_submitted(one.folder)[0].id == entry.id
    assert outcome.result.startswith("results/in_winter/")
    assert open_result(one.folder / outcome.result).rows == 48
    assert outcome.report.startswith("in_winter: 48 rows")
    text = Path(entry.script).read_text()
    assert "in_winter" not in text
    assert "2100" not in text
    assert "in_winter: 48 rows" in (one.folder / "output.txt").read_text()


def test_a_job_that_waits_in_slurm_is_cancelled_there(runner, attempt, slurm):
    one = attempt()
    runner.start(one)
    runner.cancel(one)
    outcome = ended(runner, one)
    assert outcome.state == "cancelled"
    found = read_submitted(one.folder)
    assert found is None or slurm.wait(found[0].id, 30).state.startswith("CANCELLED")
