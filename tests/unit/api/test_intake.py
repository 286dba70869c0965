"""What a job is allowed to see of others, and what the document of the API says of work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from work_served import Served, serving

from dsgrid.api.job import NewJob
from dsgrid.api.jobs.fencing import fence_of
from dsgrid.api.routes.work_models import QUERY, QUERY_DATASET, SUBMIT
from dsgrid.api.settings import Root
from dsgrid.api.work.spec_bodies import components
from dsgrid.spec.fence import Fence
from dsgrid.spec.validate import jobs, schema_of

EXPORT: dict[str, Any] = {"spec_version": 1, "job": "export_result", "output": "exported", "format": "csv"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("intake")) as found:
        yield found


def job_of(user: str, role: str = "analyst", spec: str = "{}") -> NewJob:
    return NewJob(user, role, "query", "asked", spec, "application/json", "embedded")


def test_only_the_own_results_are_read(served: Served) -> None:
    theirs = served.ended(job_of("bob"))
    spec = {**EXPORT, "result": f"jobs/{theirs}/result"}
    said = {
        name: served.client(role, name).post("/v1/jobs", json=spec).json()["problems"][0]["message"]
        for name, role in (("bob", "analyst"), ("anna", "analyst"), ("root", "admin"))
    }
    # The folder is empty here: who may see it is told that, and nobody else that there is such a job.
    assert said["bob"].startswith(f"there is no result jobs/{theirs}/result")
    assert said["root"] == said["bob"]
    nothing = {**EXPORT, "result": "jobs/0123456789abcdef/result"}
    unknown = served.client("analyst", "anna").post("/v1/jobs", json=nothing).json()["problems"][0]["message"]
    assert said["anna"].replace(theirs, "X") == unknown.replace("0123456789abcdef", "X")


def test_the_fence_of_an_attempt_knows_the_results_that_its_spec_names(served: Served, tmp_path: Path) -> None:
    own, theirs = served.ended(job_of("anna")), served.ended(job_of("bob"))
    spec = json.dumps({**EXPORT, "result": f"jobs/{own}/result", "name": f"jobs/{theirs}/result"})
    fence = fence_of(job_of("anna", spec=spec), served.settings, tmp_path)
    assert set(fence.known) == {f"jobs/{own}/result", f"jobs/{own}/files"}
    assert fence.known[f"jobs/{own}/result"].is_relative_to(served.settings.state / "jobs" / own)
    seen = fence_of(job_of("root", "admin", spec), served.settings, tmp_path).known
    assert f"jobs/{theirs}/result" in seen
    assert Fence.of(json.loads(json.dumps(fence.document()))) == fence


def test_a_variable_may_name_a_result(served: Served, tmp_path: Path) -> None:
    own = served.ended(job_of("anna"))
    job = job_of("anna", spec='{"result": "${result}"}')
    named = replace(job, options=replace(job.options, variables={"result": f"jobs/{own}/result"}))
    assert f"jobs/{own}/result" in fence_of(named, served.settings, tmp_path).known


def test_a_job_without_a_result_gives_its_files_alone(served: Served, tmp_path: Path) -> None:
    own = served.ended(job_of("anna"), result=None)
    job = job_of("anna", spec=f'"jobs/{own}/files/specs"')
    assert set(fence_of(job, served.settings, tmp_path).known) == {f"jobs/{own}/files"}


def test_a_root_on_an_object_store_is_one(served: Served, tmp_path: Path) -> None:
    roots = (Root("lake", Path("s3://bucket/loads")),)
    fence = fence_of(job_of("anna"), replace(served.settings, roots=roots), tmp_path)
    assert fence.roots[0].folder == "s3://bucket/loads"


def test_a_question_becomes_a_spec_and_a_job(served: Served) -> None:
    client = served.client("analyst")
    asked = {"project": "two_counties", "by": ["state"], "where": ["state=CA"], "explain": True}
    answer = client.post("/v1/questions", json=asked)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["spec"]["step"] == [{"by": ["state"]}]
    assert "registry" not in found["spec"]
    assert "query" in found["plan"]
    assert found["job"] is None
    again = client.post("/v1/explain", content=found["toml"], headers={"Content-Type": "application/toml"})
    assert again.status_code == 200
    run = client.post("/v1/questions", json={**asked, "run": True})
    assert run.status_code == 202
    assert run.json()["job"]["name"] == found["name"]
    assert run.headers["location"] == run.json()["job"]["links"]["self"]


def test_moves_are_tests_and_steps_in_their_order(served: Served) -> None:
    client = served.client("analyst")
    moves = [
        {"step": {"by": ["county"]}},
        {"where": {"name": "value", "key": "above", "operand": 5, "written": "value>5"}},
        {"step": {"by": ["state"], "function": "max"}},
    ]
    spec = client.post("/v1/questions", json={"project": "two_counties", "moves": moves}).json()["spec"]
    assert [step["by"] for step in spec["step"]] == [["county"], ["state"]]
    assert spec["step"][1]["where"]
    both = client.post("/v1/questions", json={"project": "two_counties", "moves": moves, "by": ["state"]})
    assert both.json()["problems"][0]["key"] == "moves"


@pytest.mark.parametrize(
    "wrong",
    [
        {"by": ["stat"]},
        {"where": ["state"]},
        {"where": ["state~(a+)+x"]},
        {"project": "two_countries"},
        {"function": "smu"},
        {"moves": [{"where": {"name": "state", "key": "equalls", "operand": "CA"}}]},
        {"moves": [{"step": {}, "where": {}}]},
        {"unit": "parsecs"},
        {"name": "../x"},
        {"at": "yesterday"},
        {"colour": "blue"},
        {"by": ["state"] * 51},
    ],
)
def test_a_question_that_means_nothing_is_refused(served: Served, wrong: dict[str, Any]) -> None:
    answer = served.client("analyst").post("/v1/questions", json={"project": "two_counties", "by": ["state"], **wrong})
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]


@pytest.fixture(scope="module")
def document(served: Served) -> dict[str, Any]:
    found: dict[str, Any] = served.nobody().get("/v1/openapi.json").json() if served.settings.anonymous else {}
    return found or served.client("reader").get("/v1/openapi.json").json()


def test_the_document_has_the_schemas_of_the_specs(document: dict[str, Any]) -> None:
    there = document["components"]["schemas"]
    assert {f"spec-{job}" for job in jobs()} <= set(there)
    text = json.dumps(document)
    assert "#/definitions/" not in text
    assert '"dependencies"' not in json.dumps(components())
    body = document["paths"]["/v1/queries"]["post"]["requestBody"]["content"]
    assert set(body) == {"application/json", "application/toml"}
    assert set(body["application/json"]["schema"]["discriminator"]["mapping"]) == {
        "query", "query_dataset", "map_dataset"
    }  # fmt: skip


@pytest.mark.parametrize("spec", [QUERY, QUERY_DATASET, SUBMIT])
def test_examples_pass_the_schema_that_the_document_says(document: dict[str, Any], spec: dict[str, Any]) -> None:
    jsonschema.Draft7Validator(schema_of(spec["job"])).validate(dict(spec))
    schema = {"$ref": f"#/components/schemas/spec-{spec['job']}", "components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(dict(spec))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({**spec, "other": 1})


def test_the_schemas_of_the_document_refuse_what_those_of_the_specs_refuse(document: dict[str, Any]) -> None:
    checkout = Path(__file__).resolve().parents[3]
    import tomli

    for path in sorted((checkout / "specs/examples").glob("*/*.toml")):
        try:
            spec = tomli.loads(path.read_text("utf-8"))
        except tomli.TOMLDecodeError:
            continue
        if not isinstance(spec.get("job"), str) or spec["job"] not in jobs():
            continue
        old = jsonschema.Draft7Validator(schema_of(spec["job"])).is_valid(spec)
        schema = {"$ref": f"#/components/schemas/spec-{spec['job']}", "components": document["components"]}
        assert jsonschema.Draft202012Validator(schema).is_valid(spec) == old, path


def test_who_only_asks_writes_to_no_root(served: Served, tmp_path: Path) -> None:
    own = {role: served.ended(job_of(role)) for role in ("analyst", "contributor")}
    said = {}
    for role, job in own.items():
        spec = {**EXPORT, "result": f"jobs/{job}/result", "output": "scratch/export"}
        said[role] = served.client(role, role).post("/v1/jobs", json=spec).json()["problems"][0]["message"]
    assert "nothing is written to scratch" in said["analyst"]
    assert "there is no result" in said["contributor"]
    for role, writes in (("analyst", False), ("contributor", True), ("admin", True)):
        roots = {one.name: one.writable for one in fence_of(job_of("anna", role), served.settings, tmp_path).roots}
        assert roots == {"inputs": False, "scratch": writes}


@pytest.mark.parametrize(
    "spec", [EXPORT, {"spec_version": 1, "job": "create_derived_dataset", "id": "made_again", "output": "made"}]
)
def test_a_result_in_a_root_is_followed_by_no_link_that_leads_out(
    served: Served, tmp_path: Path, spec: dict[str, Any]
) -> None:
    (tmp_path / "secret.parquet").write_text("secret")
    folder = served.inputs / f"linked_{spec['job']}"
    folder.mkdir()
    (folder / "table.parquet").symlink_to(tmp_path / "secret.parquet")
    answer = served.client("contributor").post("/v1/jobs", json={**spec, "result": f"inputs/{folder.name}"})
    assert "leads out of where files may be, by a link" in answer.text


def test_a_registry_that_is_gone_is_no_fault_of_a_spec(served: Served) -> None:
    client, folder = served.client("analyst"), served.settings.registry
    about = {"project": "two_counties", "datasets": ["offices"]}
    spec = {"spec_version": 1, "job": "query", "name": "x", **about, "step": [{"by": ["state"]}]}
    folder.rename(folder.with_name("elsewhere"))
    try:
        answers = [client.post(f"/v1/{path}", json=spec) for path in ("queries", "jobs", "explain", "validate")]
        answers.append(client.post("/v1/questions", json={**about, "by": ["state"]}))
    finally:
        folder.with_name("elsewhere").rename(folder)
    assert {(each.status_code, each.json().get("title", each.text)) for each in answers} == {
        (503, "registry unavailable")
    }
