"""Which versions a query is about."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.project_specs import dataset, project, submission

from dsgrid.errors import NotFoundError
from dsgrid.query.model import read_query
from dsgrid.query.planner import make_plan
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
            make_plan(asked, registry)
    assert caught.value.problems[0].message.startswith(message)
