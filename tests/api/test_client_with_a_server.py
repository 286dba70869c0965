"""The client and a real server: the same calls here and there, and what a user sees of both."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.api.server import Server, running_server

import dsgrid
from dsgrid.client.registry import RemoteRegistry
from dsgrid.errors import DsgridError, NotFoundError, ServerError
from dsgrid.operations.open_registry import OpenRegistry
from dsgrid.operations.progress import Event, Listener

PROJECT = "three_states_2018"
QUERY: dict[str, Any] = {
    "name": "by_state",
    "project": PROJECT,
    "datasets": ["commercial_2018"],
    "step": [{"by": ["state", "scenario", "time_mst"]}],
    "result": {"zone": "America/Denver", "partition": ["state"], "sort": ["state", "scenario", "time_mst"]},
    "results": {"yearly": {"step": [{"by": ["state", "scenario", "annual"]}], "unit": "GWh"}},
}


@pytest.fixture(scope="module")
def admin(small_server: Server) -> Iterator[RemoteRegistry]:
    with dsgrid.connect(small_server.url, small_server.token("admin", "client-tests")) as registry:
        yield registry


@pytest.fixture(scope="module")
def local(demo_registry: Path) -> OpenRegistry:
    return dsgrid.open_registry(demo_registry)


def test_what_is_looked_at_is_the_same_here_and_there(admin: RemoteRegistry, local: OpenRegistry) -> None:
    for look in (
        lambda one: one.projects,
        lambda one: one.datasets,
        lambda one: one.submissions,
        lambda one: one.tags,
        lambda one: one.listing("dimensions", where=["records > 3"], sort="-records,id", columns=["id", "records"]),
        lambda one: one.listing("registrations", all_versions=True),
        lambda one: one.show(PROJECT),
        lambda one: one.show("commercial_2018@1"),
        lambda one: one.records(f"{PROJECT}/county", where=["state = CO"], sort="-name", columns=["id", "name"]),
        lambda one: one.records(f"{PROJECT}/county", limit=2),
        lambda one: repr(one.history("commercial_2018")),
        lambda one: one.history(PROJECT).document(),
        lambda one: one.graph(PROJECT).text(),
        lambda one: one.graph("commercial_2018", up=False, depth=1).mermaid(),
        lambda one: one.diff(PROJECT, "1", "1.0.0").document(),
        lambda one: one.head("commercial_2018", rows=4, where=["subsector=small_office"]).report(),
        lambda one: one.head("commercial_2018").table,
        lambda one: one.check().counts,
        lambda one: one.project(PROJECT).dimensions["county"].records,
        lambda one: sorted(one.project(PROJECT).datasets),
        lambda one: one.project(PROJECT).by.county.climate,
    ):
        assert look(admin) == look(local)


def test_what_is_wrong_is_the_same_error_here_and_there(admin: RemoteRegistry, local: OpenRegistry) -> None:
    for call in (
        lambda one: one.show("comercial_2018"),
        lambda one: one.show(f"{PROJECT}@9"),
        lambda one: one.records(PROJECT),
        lambda one: one.records(f"{PROJECT}/county", sort="nix"),
        lambda one: one.listing("datasets", where=["rws > 1"]),
        lambda one: one.listing("dataset"),
        lambda one: one.head("commercial_2018", columns=["nix"]),
        lambda one: one.diff(PROJECT, "9"),
        lambda one: one.query({**QUERY, "datasets": ["comercial_2018"]}),
        lambda one: one.query({**QUERY, "nix": 1, "step": []}),
        lambda one: one.query(QUERY | {"project": "${which}"}),
        lambda one: one.explain({**QUERY, "result": {"unit": "kg"}}),
        lambda one: one.remove("commercial_2018"),
        lambda one: one.project(PROJECT).query("commercial_2018").where(stat="CO").spec(),
        lambda one: one.project(PROJECT).query("comercial_2018"),
        lambda one: one.project("nix"),
    ):
        told = []
        for one in (admin, local):
            with pytest.raises(DsgridError) as caught:
                call(one)
            # The folder of the registry is nobody's business.
            texts = [each.message.partition(" in the registry")[0] for each in caught.value.problems]
            told.append((type(caught.value), texts, [each.key for each in caught.value.problems]))
        assert told[0] == told[1]


class Heard(Listener):
    def __init__(self) -> None:
        self.events: list[Event] = []

    def take(self, event: Event) -> None:
        self.events.append(event)


def test_a_query_has_the_same_answer_here_and_there(small_server: Server, local: OpenRegistry, tmp_path: Path) -> None:
    with dsgrid.connect(small_server.url, small_server.token("analyst", "asks")) as registry:
        there = registry.query(QUERY)
        here = local.query(QUERY | {"result": {**QUERY["result"], "path": str(tmp_path / "here")}})
        assert here.diff(there.download(tmp_path / "there")).is_equal
        assert there.to_pandas().dtypes.to_dict() == here.to_pandas().dtypes.to_dict()
        assert there.head(2).drop_columns("value").equals(here.head(2).drop_columns("value"))
        assert list(there.results) == list(here.results) == ["yearly"]
        assert there.results["yearly"].to_pandas()["value"].sum() == pytest.approx(
            here.results["yearly"].to_pandas()["value"].sum()
        )
        again = dsgrid.open_result(tmp_path / "there")
        assert again.to_arrow().equals(there.to_arrow())
        assert again.results["yearly"].rows == there.results["yearly"].rows
        assert there.download(tmp_path / "one.parquet").stat().st_size > 0


def test_a_question_in_words_is_the_same_here_and_there(admin: RemoteRegistry, local: OpenRegistry) -> None:
    def asked(one: RemoteRegistry | OpenRegistry) -> Any:
        project = one.project(PROJECT)
        return (
            project.query("commercial_2018").where(state=["CO", "CA"]).max(project.by.state, "hour_of_day").unit("GWh")
        )

    there, here = asked(admin), asked(local)
    assert repr(there) == repr(here)
    assert there.notes == here.notes
    assert {**there.spec(), "registry": "", "name": ""} == {**here.spec(), "registry": "", "name": ""}
    assert there.explain().report().splitlines()[1:6] == here.explain().report().splitlines()[1:6]
    assert there.to_pandas()["value"].to_list() == pytest.approx(here.to_pandas()["value"].to_list())


def test_a_role_that_does_not_suffice_and_a_wrong_token_are_told(small_server: Server) -> None:
    with dsgrid.connect(small_server.url, small_server.token("analyst", "meek")) as registry:
        with pytest.raises(ServerError, match="needs the role admin"):
            registry.remove("commercial_2018")
        with pytest.raises(NotFoundError):
            registry.jobs["0123456789abcdef"]
        assert registry.user["role"] == "analyst"
    with pytest.raises(ServerError, match="dsgrid login"):
        dsgrid.connect(small_server.url, "dsg_00000000_" + "x" * 43).projects  # noqa: B018
    with dsgrid.connect(small_server.url) as nobody, pytest.raises(ServerError, match="needs a token"):
        nobody.projects  # noqa: B018


def test_threads_share_a_connection(admin: RemoteRegistry) -> None:
    failed: list[BaseException] = []

    def look() -> None:
        try:
            for _ in range(5):
                assert admin.show(PROJECT)["project"] == PROJECT
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_waiting_outlasts_a_server_that_starts_again(demo_registry: Path, tmp_path: Path) -> None:
    heard = Heard()
    settings = {"listen": {"port": _free_port()}, "runners": {"warm": 0, "embedded": 1}}
    with ExitStack() as stack:
        server = stack.enter_context(running_server(demo_registry, tmp_path, **settings))
        token = server.token("analyst")
        registry = stack.enter_context(dsgrid.connect(server.url, token, progress=heard))
        job = registry.jobs.submit(QUERY, "query")
        restarted = threading.Timer(0.3, server.restart, kwargs={"kill": True})
        restarted.start()
        try:
            result = job.result()
        finally:
            restarted.join()
        assert result.rows == result.to_arrow().num_rows > 0
        # Once each, although the stream was cut.
        assert [each.text for each in heard.events].count("publishing") == 2  # its begin and its end


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
