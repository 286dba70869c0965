"""Which role may hand in which kind of job: one table, which no job is missing from."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsgrid.api.jobs.kinds import KINDS, needed, of_role
from dsgrid.api.roles import ADMIN, ANALYST, CONTRIBUTOR, READER, ROLES
from dsgrid.operations.asking import ASKING
from dsgrid.operations.plan import PLANNED
from dsgrid.spec.load import load_spec
from dsgrid.spec.validate import jobs

CHECKOUT = Path(__file__).resolve().parents[3]


def test_every_job_has_a_role() -> None:
    files = {path.stem for path in (CHECKOUT / "jobs").glob("*.py")}
    assert set(KINDS) == files == set(jobs())


def test_nothing_is_done_by_readers_and_every_other_role_does_something() -> None:
    assert not of_role(READER)
    assert all(of_role(role) for role in ROLES if role != READER)
    assert all(kind.why for kind in KINDS.values())


def test_queries_are_for_analysts_and_what_registers_is_for_contributors() -> None:
    assert set(of_role(ANALYST)) >= ASKING
    assert set(PLANNED) <= set(of_role(CONTRIBUTOR))


def test_what_removes_copies_imports_or_runs_files_of_specs_is_for_admins() -> None:
    assert {"remove", "bulk", "copy_registry", "filter_registry", "create_registry"} <= set(of_role(ADMIN))
    assert {"check_registry", "import_project", "import_registry"} <= set(of_role(ADMIN))


def test_an_analyst_does_not_register_by_a_query() -> None:
    spec = {
        "name": "mapped",
        "dataset": "offices",
        "project": "two_counties",
        "register": {"id": "mapped_offices"},
    }
    assert needed(load_spec(spec, "map_dataset")).role == CONTRIBUTOR
    assert needed(load_spec({key: spec[key] for key in spec if key != "register"}, "map_dataset")).role == ANALYST


@pytest.mark.parametrize("kind", ["create_registry", "import_project", "import_registry"])
def test_what_makes_a_registry_does_not_work_on_that_of_the_server(kind: str) -> None:
    assert KINDS[kind].names_registry


def test_all_others_work_on_that_of_the_server() -> None:
    assert sum(kind.names_registry for kind in KINDS.values()) == 3
