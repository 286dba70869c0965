"""The way of a project from its repository to its results, by commands alone."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tomli
from tests.acceptance.commands import CommandError, Commands, Ran
from tests.acceptance.comparing import Compared, compare, read_result
from tests.acceptance.known import ANSWERS
from tests.acceptance.peer import Peer
from tests.acceptance.projects import Case
from tests.acceptance.table import Asked, Step, Table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Walk:
    """One project, walked through with one engine in a folder that is empty at the beginning."""

    case: Case
    commands: Commands
    shared: Path
    table: Table

    @classmethod
    def begin(cls, case: Case, engine: str, folder: Path, shared: Path) -> Walk:
        """Return a walk with nothing done yet."""
        return cls(case, Commands(folder, engine), shared, Table(case.name, engine))

    @property
    def peer(self) -> Peer:
        """What the existing system gave for this project."""
        return Peer(self.shared, self.case.name)

    @property
    def target(self) -> Path:
        """The folder of the import."""
        return self.commands.folder / "imported"

    def all(self, only: Collection[str] | None = None) -> Table:
        """Go the whole way, and return the table.

        Parameters
        ----------
        only
            The names of the queries to ask, and to ask once; by default all that were kept, and each of them twice.
        """
        self.bring_along(*(self.case.bulks if only is None else ()))
        kept = dict.fromkeys([*self.peer.names, *self.case.written])
        names = [name for name in kept if only is None or name in only]
        # What others ask is made first.
        for name in sorted(names, key=lambda name: name not in self.case.derived):
            self.ask(name, twice=only is None)
            if name in self.case.derived:
                self.derive(name)
        return self.table

    def bring_along(self, *more: str) -> None:
        """Import the repository, and register and submit all that is there; `more` are bulks after the first."""
        repository = self.shared / "data" / self.case.repository
        options = ["--data", self.shared / "data" / self.case.data] if self.case.data else []
        queries = [part for query in self.peer.queries for part in ("--queries", query)]
        imported = self.commands.dsgrid("import", "project", repository, "--to", self.target, *options, *queries)
        self._step("import", imported)
        for name, written in self.case.written.items():
            (self.target / "queries").mkdir(exist_ok=True)
            (self.target / "queries" / f"{name}.toml").write_text(written.spec, "utf-8")
        done = self.commands.run(self.target / "bulk.toml")
        self._step("create, register, submit", done, self._as_much("bulk.toml"))
        for bulk in more:
            self._step(bulk, self.commands.run(self.target / bulk), self._as_much(bulk))

    def derive(self, name: str) -> None:
        """Make a dataset of a result, and register and submit it, by the specs that the import has written for that."""
        id_ = self.case.derived[name]
        folder = self.target / "derived" / id_
        self._step(f"derive {id_}", self.commands.dsgrid("run", folder / "create_derived_dataset.toml"))
        for step in ("register", "submit"):
            done = self.commands.run(folder / "specs" / f"{step}_dataset.toml")
            self._step(f"{step} {id_}", done, self.peer.step(f"{step}/{id_}", self.commands.engine))

    def ask(self, name: str, *, twice: bool) -> None:
        """Run a query, and compare its result; one that fails becomes a row that says why."""
        wanted = self._wanted(name)
        spec = self._spec_of(name)
        try:
            first = self._query(spec, name)
            again = self._query(spec, name) if twice else None
            found = read_result(self._result_of(spec))
        except CommandError as error:
            self.table.queries.append(Asked(name, Compared(len(wanted), problem=str(error))))
            return
        values = tuple(column for column in wanted.columns if wanted[column].dtype == "float64")
        times = [self.peer.seconds(name, self.commands.engine, warm=warm) for warm in (False, True)]
        compared = compare(found, wanted, self._names(name), values)
        self.table.queries.append(Asked(name, compared, first, again, *times))

    def _result_of(self, spec: Path) -> Path:
        return self.target / "results" / tomli.loads(spec.read_text("utf-8"))["name"]

    def _query(self, spec: Path, name: str) -> Ran:
        # Each has a cache of its own: what another query left there does not make this one faster.
        return self.commands.run(spec, "--registry", str(self.target / "registry"), cache=name)

    def _names(self, name: str) -> Mapping[str, str]:
        written = self.case.written.get(name)
        return self.case.names if written is None else written.names

    def _wanted(self, name: str) -> pd.DataFrame:
        known = ANSWERS.get((self.case.name, name))
        return self.peer.table(name) if known is None else known(self.peer)

    def _spec_of(self, name: str) -> Path:
        """Return the spec that the import has made of a kept query; it is called as the query is, not as its folder."""
        kept = self.peer.folder / name / "query.json5"
        called = name if name in self.case.written else json.loads(kept.read_text("utf-8"))["name"]
        return self.target / "queries" / f"{called}.toml"

    def _as_much(self, bulk: str) -> float | None:
        """Return the seconds that the existing system took for the same steps, each a process of its own."""
        specs = tomli.loads((self.target / bulk).read_text("utf-8"))["specs"]
        steps = []
        for path in map(Path, specs):
            step, id_ = path.stem.partition("_")[0], path.parent.name
            of_dataset = path.parts[0] == "datasets"
            steps.append(f"{step}/{self.case.timed_as.get(id_, id_)}" if of_dataset else path.stem.replace("_", "-"))
        return self.peer.steps(steps, self.commands.engine)

    def _step(self, name: str, ran: Ran, there: float | None = None) -> None:
        self.table.steps.append(Step(name, ran, there))
