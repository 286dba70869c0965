"""A server in this process that work is handed in to: its registry can be planned against, and nothing is computed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.project_specs import DATASET, PROJECT, SUBMISSION, dataset

from dsgrid.api.job import Attempt, NewJob, Outcome
from dsgrid.api.limits import Limits
from dsgrid.api.settings import Root, Settings
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.operations.register_project import register_project
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.registry.publish import data_file, new_folder, write_manifest
from dsgrid.registry.registry import Registry

PLACES = ("g1", "g2")


class IdleRunner:
    """A runner whose jobs run for ever, until `outcome` says how all of them end."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.slots = 1
        self.on_end: Any = None
        self.outcome: Outcome | None = None
        self.started: list[Attempt] = []

    def open(self) -> None:
        pass

    def start(self, attempt: Attempt) -> None:
        self.started.append(attempt)

    def look(self, _attempt: Attempt) -> Outcome | None:
        return self.outcome

    def cancel(self, _attempt: Attempt) -> None:
        self.outcome = Outcome("cancelled", 143, "cancelled")

    def close(self) -> None:
        pass


@dataclass
class Served:
    """A server, and clients of it by role."""

    app: FastAPI
    settings: Settings
    runners: dict[str, IdleRunner]
    stack: ExitStack
    clients: dict[tuple[str, str], TestClient] = field(default_factory=dict)

    @property
    def inputs(self) -> Path:
        return self.settings.roots[0].folder

    @property
    def scratch(self) -> Path:
        return self.settings.roots[1].folder

    def client(self, role: str, name: str = "") -> TestClient:
        """Return the client of a user of a role."""
        name = name or role
        if (role, name) not in self.clients:
            _, token = self.app.state.context.tokens.make(name, role, expires_at=None, by="test")
            headers = {"Authorization": f"Bearer {token}"}
            client = TestClient(self.app, headers=headers, raise_server_exceptions=False)
            self.stack.callback(client.close)
            self.clients[role, name] = client
        return self.clients[role, name]

    def nobody(self) -> TestClient:
        """Return a client without a token."""
        if ("", "") not in self.clients:
            self.clients["", ""] = TestClient(self.app, raise_server_exceptions=False)
            self.stack.callback(self.clients["", ""].close)
        return self.clients["", ""]

    def ended(self, new: NewJob, result: str | None = "results/asked/1") -> str:
        """Put a job in that has ended, and return its id."""
        store = self.app.state.context.dispatcher.store
        job, _ = store.add(new)
        for runner in self.runners:
            while (claimed := store.claim(runner, 1_000)) is not None:
                store.finish(claimed.id, claimed.attempt, Outcome("succeeded", result=result))
        return str(job.id)

    def count(self) -> int:
        """Return how many jobs there are."""
        return sum(self.app.state.context.dispatcher.store.counts().values())


def plannable_registry(folder: Path) -> Path:
    """Make a registry with a project, and a dataset that is submitted to it and whose combinations are known."""
    Registry.create(folder).close()
    register_project(PROJECT, registry=folder)
    with Registry.open(folder, write=True) as registry:
        where = new_folder(registry, "offices", "1.0.0")
        ids = {type_: [table["records"][0]["id"]] * 2 for type_, table in DATASET["dimension"].items()}
        columns: dict[str, list[Any]] = {type_: ids[type_] for type_ in RECORD_TYPES}
        columns["geography"] = list(PLACES)
        table = pa.table({**columns, "sum": [50.0, 30.0], "abs_sum": [50.0, 30.0], "rows": [48, 48]})
        pq.write_table(table, where / "associations.parquet")
        files = (data_file(where, "associations.parquet", "associations", 2),)
        write_manifest(where, files)
        drawn = replace(dataset(), folder=f"offices/{where.name}", files=files)
        with registry.registration("offices") as registration:
            registration.add_dataset(drawn)
    submit_dataset(SUBMISSION, registry=folder)
    return folder


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Serve such a registry, with a root that is read and one that is written to."""
    from dsgrid.api.server.app import make_app

    registry = plannable_registry(folder / "registry")
    roots = tuple(Root(name, folder / name, name == "scratch") for name in ("inputs", "scratch"))
    for root in roots:
        root.folder.mkdir()
    limits = Limits(requests=10_000_000, burst=1_000_000, queued=100_000, queued_all=100_000, failed_tokens=10_000)
    settings = Settings(registry, folder / "state", hosts=frozenset({"testserver"}), roots=roots, limits=limits)
    runners = {name: IdleRunner(name) for name in ("warm", "embedded")}
    app = make_app(settings, runners)  # type: ignore[arg-type]
    with ExitStack() as stack, TestClient(app):
        yield Served(app, settings, runners, stack)


def numbered(prefix: str) -> Iterator[str]:
    """Yield names that were not there before."""
    return (f"{prefix}_{number}" for number in itertools.count())
