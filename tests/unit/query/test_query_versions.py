"""Which versions a query is about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.project_specs import dataset, project, submission

from dsgrid.errors import DsgridError, NotFoundError, SpecError, UsageError
from dsgrid.operations.explain import explain
from dsgrid.operations.validate import validate
from dsgrid.query.planner import make_plans
from dsgrid.query.reading import read_query
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import load_spec


@pytest.mark.parametrize(
    ("of", "datasets", "message"),
    [
        ("two_counties@2", ["offices"], "project two_counties has no version 2; there are: 1.0.0"),
        ("two_counties", ["offices@2"], "dataset offices in this project has no version 2; there are: 1.0.0"),
        ("two_counties@1", ["homes@1"], 'no dataset "homes" in the registry'),
    ],
)
def test_a_version_that_is_not_there_is_not_replaced_by_another(
    tmp_path: Path, of: str, datasets: list[str], message: str
) -> None:
    asked = read_query(load_spec({"name": "all", "project": of, "datasets": datasets}, "query"))
    with Registry.create(tmp_path / "registry") as registry:
        with registry.registration("All of it") as registration:
            registration.add_project(project())
            registration.add_dataset(dataset())
            registration.add_submission(submission())
        with pytest.raises(NotFoundError) as caught:
            make_plans(asked, registry)
    assert caught.value.problems[0].message.startswith(message)


def asked(**keys: Any) -> dict[str, Any]:
    return {
        "spec_version": 1,
        "job": "query",
        "name": "all",
        "project": "two_counties",
        "datasets": ["offices"],
        **keys,
    }


@pytest.mark.parametrize(
    ("keys", "at", "meant"),
    [
        ({}, "1.2", ("two_counties@1.2", None)),
        ({"at": "1"}, None, ("two_counties@1", None)),
        ({"at": "1"}, "2", ("two_counties@2", None)),
        ({"project": "two_counties@1"}, "1.2.3", ("two_counties@1.2.3", None)),
        ({"project": "two_counties@1.2.3"}, "1", ("two_counties@1.2.3", None)),
        ({"project": "two_counties@1", "at": "2026-11-23"}, None, ("two_counties@1", "2026-11-23T23:59:59.999999Z")),
        ({"at": "1"}, "2026-11-23", ("two_counties", "2026-11-23T23:59:59.999999Z")),
    ],
)
def test_a_query_is_asked_at_a_version_or_a_date(
    keys: dict[str, str], at: str | None, meant: tuple[str, str | None]
) -> None:
    found = read_query(load_spec(asked(**keys), "query"), at)
    assert (found.project, found.at.moment if found.at else None) == meant


def test_two_versions_of_the_project_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='"two_counties@1" and at 2 are two versions'):
        read_query(load_spec(asked(project="two_counties@1"), "query"), "2")
    with pytest.raises(UsageError, match=r'"two_counties@1\.2" and at 1\.20 are two versions'):
        read_query(load_spec(asked(project="two_counties@1.2"), "query"), "1.20")
    spec = tmp_path / "query.toml"
    spec.write_text(
        'spec_version = 1\njob = "query"\nname = "all"\nproject = "two_counties@1"\ndatasets = ["offices"]\nat = "2"\n'
    )
    with pytest.raises(SpecError, match=r'query\.toml:6:6: at: "two_counties@1" and at 2 are two versions'):
        read_query(load_spec(spec, "query"))
    with pytest.raises(UsageError, match="neither a version nor a date"):
        read_query(load_spec(asked(), "query"), "last tuesday")
    with pytest.raises(SpecError, match='a date such as "2026-11-23"'):
        load_spec(asked(at="last tuesday"), "query")


def test_a_query_at_a_date_sees_nothing_that_came_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def on(day: int) -> None:
        monkeypatch.setattr("dsgrid.registry.registration.utc_now", lambda: f"2026-03-0{day}T12:00:00.000000Z")

    def problem(at: str) -> str:
        with pytest.raises(DsgridError) as caught:
            explain(asked(), registry=tmp_path / "registry", at=at)
        with pytest.raises(type(caught.value)) as validated:
            validate(asked(at=at), registry=tmp_path / "registry")
        assert validated.value.problems[0].message == caught.value.problems[0].message
        return caught.value.problems[0].message

    with Registry.create(tmp_path / "registry") as registry:
        on(2)
        with registry.registration("The dataset") as registration:
            registration.add_dataset(dataset())
        on(3)
        with registry.registration("The project") as registration:
            registration.add_project(project())
        on(4)
        with registry.registration("The submission") as registration:
            registration.add_submission(submission())
    assert "nothing had been registered in" in problem("2026-03-01")
    assert "there was no project two_counties by 2026-03-02 23:59:59 UTC: its first version" in problem("2026-03-02")
    assert 'dataset "offices" is not submitted to project two_counties 1.0.0' in problem("2026-03-03T23:00Z")
