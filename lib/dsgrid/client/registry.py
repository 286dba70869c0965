"""A registry of a server, with the verbs of one of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from dsgrid.client.address import Address, in_path
from dsgrid.client.failures import failure_of_spec
from dsgrid.client.jobs import RemoteJobs, send, set_params
from dsgrid.client.lists import rows_of
from dsgrid.client.posting import AnySpec, posted
from dsgrid.client.transport import Params, Transport
from dsgrid.errors import RegistryError, UsageError, did_you_mean

if TYPE_CHECKING:
    from dsgrid.client.documents import Told
    from dsgrid.client.job import RemoteJob
    from dsgrid.client.project import RemoteProject, RemoteQuestion
    from dsgrid.client.result import RemoteResult
    from dsgrid.operations.check_registry import CheckedRegistry
    from dsgrid.operations.diff import ShownDifference
    from dsgrid.operations.graph import DependencyGraph
    from dsgrid.operations.head import Head
    from dsgrid.operations.history import ShownHistory
    from dsgrid.operations.question import Question
    from dsgrid.operations.records import ExportedRecords
    from dsgrid.operations.task import How

Rows = list[dict[str, Any]]
DAY: Final = 86_400.0  # as `dsgrid.registry.check.DAY`, which imports what this need not wait for


class RemoteRegistry:
    """The registry of a server. It has the methods of `dsgrid.operations.open_registry.OpenRegistry`.

    Reads answer at once. What asks or changes something becomes a job of the server, is waited for, and raises what the
    same work raises on this machine. Without waiting: ``registry.jobs.submit(spec)``. Threads may share it.

    Parameters
    ----------
    progress
        Called with a few words at every step of a long operation.
    """

    def __init__(self, way: Transport, progress: Callable[[str], None] | None = None) -> None:
        self._way = way
        self._progress = progress

    # The connection

    @property
    def address(self) -> Address:
        """Where the server is."""
        return self._way.address

    @property
    def jobs(self) -> RemoteJobs:
        """The jobs of the server that the user may see: ``jobs()``, ``jobs["..."]``, ``jobs.submit(spec)``."""
        return RemoteJobs(self._way, self._progress)

    @property
    def user(self) -> dict[str, Any]:
        """Who the server takes this user for: name and role."""
        found: dict[str, Any] = self._way.get("/me").json()
        return found

    def close(self) -> None:
        """End the connections."""
        self._way.close()

    def __enter__(self) -> RemoteRegistry:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Registering and changing

    def register_project(self, spec: AnySpec, **variables: str) -> RemoteJob:
        """Register a project; see `dsgrid.operations.register_project`."""
        return self._run("register_project", spec, variables)

    def register_dataset(self, spec: AnySpec, **variables: str) -> RemoteJob:
        """Check and store a dataset; see `dsgrid.operations.register_dataset`."""
        return self._run("register_dataset", spec, variables)

    def submit_dataset(self, spec: AnySpec, **variables: str) -> RemoteJob:
        """Submit a dataset to a project; see `dsgrid.operations.submit_dataset`."""
        return self._run("submit_dataset", spec, variables)

    def register_and_submit_dataset(self, spec: AnySpec, **variables: str) -> RemoteJob:
        """Register a dataset and submit it, both or neither; see `dsgrid.operations.register_and_submit_dataset`."""
        return self._run("register_and_submit_dataset", spec, variables)

    def register_dimensions(self, spec: AnySpec, **variables: str) -> RemoteJob:
        """Register dimensions that projects and datasets share; see `dsgrid.operations.register_dimensions`."""
        return self._run("register_dimensions", spec, variables)

    def register_mappings(self, spec: AnySpec, **variables: str) -> RemoteJob:
        """Register mappings between registered dimensions; see `dsgrid.operations.register_mappings`."""
        return self._run("register_mappings", spec, variables)

    def create_derived_dataset(self, spec: AnySpec, **variables: str) -> RemoteJob:
        """Make specs of a dataset of a published result; see `dsgrid.operations.create_derived_dataset`."""
        return self._run("create_derived_dataset", spec, variables)

    def register_composite(self, spec: AnySpec, **variables: str) -> RemoteJob:
        """Register a result as a source of its project; see `dsgrid.operations.register_composite`."""
        return self._run("register_composite", spec, variables)

    def generate_dataset(self, spec: AnySpec, **variables: str) -> RemoteJob:
        """Propose the spec of a dataset from its files; see `dsgrid.operations.generate_dataset`."""
        return self._run("generate_dataset", spec, variables)

    def generate_project(self, spec: AnySpec, **variables: str) -> RemoteJob:
        """Propose the spec of a project for registered datasets; see `dsgrid.operations.generate_project`."""
        return self._run("generate_project", spec, variables)

    def dump(self, spec: AnySpec, **variables: str) -> RemoteJob:
        """Write what is registered as specs that register again to the same; see `dsgrid.operations.dump`."""
        return self._run("dump", spec, variables)

    def bulk(self, spec: AnySpec, **variables: str) -> RemoteJob:
        """Run many specs in order; see `dsgrid.operations.bulk`."""
        return self._run("bulk", spec, variables)

    def copy(self, spec: AnySpec, **variables: str) -> RemoteJob:
        """Copy the registry or a part of it; see `dsgrid.operations.copy_registry`."""
        return self._run("copy_registry", spec, variables)

    def extract(self, spec: AnySpec, **variables: str) -> RemoteJob:
        """Make a registry of some records of a project; see `dsgrid.operations.filter_registry`."""
        return self._run("filter_registry", spec, variables)

    def apply(self, spec: AnySpec, *, allow: str | None = None, **variables: str) -> RemoteJob:
        """Register what a spec defines, or change what is registered to it; see `dsgrid.operations.apply`."""
        return self.jobs.run(spec, apply=True, allow=allow, variables=variables)

    def remove(self, *ids: str, cascade: bool = False, log_message: str = "") -> RemoteJob:
        """Remove versions; see `dsgrid.operations.remove`. An id means all its versions."""
        spec = {"ids": list(ids), "cascade": cascade, "log_message": log_message}
        return self._run("remove", spec, {})

    # Before it runs

    def plan(self, spec: AnySpec, *, allow: str | None = None, **variables: str) -> Told:
        """Say what applying a spec would register or change; see `dsgrid.operations.plan`."""
        return self._told("/plan", spec, [*([("allow", allow)] if allow else []), *set_params(variables)])

    def explain(self, spec: AnySpec, *, at: str | None = None, **variables: str) -> Told:
        """Plan a query; see `dsgrid.operations.explain`."""
        return self._told("/explain", spec, [*([("at", at)] if at else []), *set_params(variables)], "query")

    def validate(self, spec: AnySpec, **variables: str) -> Told:
        """Check a spec without running it; see `dsgrid.operations.validate`.

        Raises
        ------
        DsgridError
            With all problems of the spec.
        """
        from dsgrid.client.documents import Told

        sent = posted(spec)
        found = send(self._way, "/validate", sent, set_params(variables)).json()
        if not found["valid"]:
            raise failure_of_spec(found, sent.name)
        named = spec if isinstance(spec, Path) or (isinstance(spec, str) and sent.name) else sent.name or "spec"
        lines = [f"{named}: ok", *(f"  {remark}" for remark in found.get("remarks", ()))]
        return Told("\n".join(lines), found)

    def check(self, *, fix: bool = False, checksums: bool = False, older_than: float = DAY) -> CheckedRegistry:
        """Return what is wrong with the registry; see `dsgrid.operations.check_registry`.

        What reads all files, or removes any, is a job.
        """
        from dsgrid.client.documents import checked_by_job, checked_of, read

        folder = f"of {self.address}"
        if not fix and not checksums and older_than == DAY:
            return read("check", partial(checked_of, folder=folder), self._way.get("/checks").json())
        spec = {"fix": fix, "checksums": checksums, "older_than": f"{older_than:.0f}s"}
        try:
            return checked_by_job((), self._run("check_registry", spec, {}).report(), folder)
        except RegistryError as error:
            return checked_by_job(error.problems, "", folder)

    # Asking

    def query(self, spec: AnySpec, *, at: str | None = None, how: How | None = None, **variables: str) -> RemoteResult:
        """Answer a query, perhaps at a version of its project or a date; see `dsgrid.operations.query`."""
        return self.jobs.run(spec, "query", at=at, how=how, variables=variables).result()

    def query_dataset(
        self, spec: AnySpec, *, at: str | None = None, how: How | None = None, **variables: str
    ) -> RemoteResult:
        """Ask a dataset without a project; see `dsgrid.operations.query_dataset`."""
        return self.jobs.run(spec, "query_dataset", at=at, how=how, variables=variables).result()

    def map_dataset(self, spec: AnySpec, *, at: str | None = None, **variables: str) -> RemoteResult:
        """Bring a dataset to its project's dimensions, units and time; see `dsgrid.operations.map_dataset`."""
        return self.jobs.run(spec, "map_dataset", at=at, variables=variables).result()

    def project(self, reference: str, *, at: str | None = None) -> RemoteProject:
        """Return a project by ``id`` or ``id@version``, or as it was at a date; it can be asked, too."""
        from dsgrid.client.project import open_remote_project

        return open_remote_project(self._way, reference, at, self._progress)

    def question(
        self, question: Question, name: str = "", *, cache: bool = True, python: bool = True
    ) -> RemoteQuestion:
        """Return a question, as a value, that can be asked; `project(...).query()` begins one in words.

        Parameters
        ----------
        name
            Of the query; by default it follows from the question.
        cache
            Whether an answer that was given before is taken.
        python
            Whether messages name calls, and not options of the command line.
        """
        from dsgrid.client.project import RemoteQuestion

        more = (self._way, self._progress, name, cache, python)
        return RemoteQuestion(question, None, None, *more)  # type: ignore[arg-type]  # both are on the server

    def head(self, reference: str, rows: int = 10, **choice: Any) -> Head:
        """Return the first rows of a dataset as it is stored; see `dsgrid.operations.head`."""
        from dsgrid.client.head import remote_head

        return remote_head(self._way, reference, rows=rows, **choice)

    # Looking

    def listing(
        self,
        what: str,
        *,
        where: Sequence[str] = (),
        tags: Sequence[str] = (),
        search: str = "",
        sort: str = "",
        columns: Sequence[str] = (),
        all_versions: bool = False,
        at: str | None = None,
    ) -> Rows:
        """Return the rows of a list, such as ``"datasets"``, that pass filters such as ``"rows > 1000"``.

        See `dsgrid.operations.open_registry.OpenRegistry.listing`.
        """
        from dsgrid.operations.registry_contents import LISTS

        if what not in LISTS:
            raise UsageError(f'there is no list "{what}"{did_you_mean(what, LISTS)}')
        params = [("where", each) for each in where] + [("tag", each) for each in tags]
        named = (("search", search), ("sort", sort), ("columns", ",".join(columns)), ("at", at or ""))
        params += [(name, value) for name, value in named if value]
        params += [("all_versions", "true")] if all_versions else []
        return rows_of(self._way, f"/{what}", params)

    def show(self, reference: str, *, at: str | None = None) -> dict[str, Any]:
        """Return what there is to say about one thing; see `dsgrid.operations.registry_contents.show_entry`."""
        found: dict[str, Any] = self._entry(reference, at=at).json()
        return found

    def dataset(self, reference: str, *, at: str | None = None) -> dict[str, Any]:
        """Return what there is to say about a dataset; its values are on the server."""
        path = f"/datasets/{in_path(reference)}"
        found: dict[str, Any] = self._way.get(path, _at(at)).json()
        return found

    def records(
        self,
        reference: str,
        *,
        where: Sequence[str] = (),
        sort: str = "",
        columns: Sequence[str] = (),
        limit: int | None = None,
        at: str | None = None,
    ) -> Rows:
        """Return the records of a dimension, or the associations of a mapping; see `dsgrid.operations.records`."""
        from dsgrid.client.records import records

        return records(self._way, reference, where=where, sort=sort, columns=columns, limit=limit, at=at)

    def record_rows(
        self, reference: str, *, limit: int | None = None, **choice: Any
    ) -> tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]:
        """Return the columns of `records`, and the rows, which come while they are taken."""
        from dsgrid.client.records import record_rows

        return record_rows(self._way, reference, limit=limit, **choice)

    def export_records(self, reference: str, path: str | Path, **choice: Any) -> ExportedRecords:
        """Write records to a CSV or Parquet file of this machine; see `dsgrid.operations.records.export_records`."""
        from dsgrid.client.records import export_records

        return export_records(self._way, reference, path, **choice)

    def graph(self, reference: str, *, up: bool = True, down: bool = True, depth: int | None = None) -> DependencyGraph:
        """Return what something is made of and what needs it; see `dsgrid.operations.graph`."""
        from dsgrid.client.documents import graph_of, read

        params = [("up", str(up).lower()), ("down", str(down).lower())]
        params += [("depth", str(depth))] if depth is not None else []
        found = self._entry(reference, "graph", params).json()
        return read("graph", partial(graph_of, up=up, down=down, depth=depth), found)

    def history(self, reference: str) -> ShownHistory:
        """Return the versions of something and what became of its submissions; see `dsgrid.operations.history`."""
        from dsgrid.client.documents import history_of, read

        return read("history", history_of, self._entry(reference, "history").json())

    def diff(self, id_: str, old: str, new: str | None = None) -> ShownDifference:
        """Return what differs between two versions of something; see `dsgrid.operations.diff`."""
        from dsgrid.client.documents import difference_of, read

        params = [("old", old), *([("new", new)] if new is not None else [])]
        return read("diff", difference_of, self._entry(id_, "diff", params).json())

    @property
    def tags(self) -> dict[str, int]:
        """How many projects and datasets have each tag, the most frequent first."""
        return {str(row["tag"]): int(row["count"]) for row in rows_of(self._way, "/tags")}

    @property
    def projects(self) -> Rows:
        """A row for every project."""
        return self.listing("projects")

    @property
    def datasets(self) -> Rows:
        """A row for every dataset."""
        return self.listing("datasets")

    @property
    def submissions(self) -> Rows:
        """A row for every submission to the newest version of a project; `status` tells those that it invalidated."""
        return self.listing("submissions")

    def __repr__(self) -> str:
        return f"dsgrid registry of {self.address}"

    def _repr_html_(self) -> str:
        from dsgrid.query.notebook import heading, table

        parts = [heading(f"dsgrid registry of {self.address}"), heading("Projects")]
        projects = [{**row, "project": f"{row['id']}@{row['version']}"} for row in self.projects]
        parts.append(table(projects, ("project", "name", "description")))
        datasets = [{**row, "dataset": f"{row['id']}@{row['version']}"} for row in self.datasets]
        parts.append(heading("Datasets"))
        parts.append(table(datasets, ("dataset", "kind", "rows", "description")))
        return "".join(parts)

    # Asking the server

    def _run(self, job: str, spec: AnySpec, variables: Mapping[str, str]) -> RemoteJob:
        return self.jobs.run(spec, job, variables=variables)

    def _told(self, path: str, spec: AnySpec, params: Params, job: str | None = None) -> Told:
        from dsgrid.client.documents import Told

        is_unnamed = isinstance(spec, Mapping) and "job" not in spec
        sent = posted(spec, job if is_unnamed else None)
        document = send(self._way, path, sent, params).json()
        shown = {name: value for name, value in document.items() if name not in ("report", "notes", "runner")}
        return Told(str(document.get("report", "")), shown)

    def _entry(self, reference: str, below: str = "", params: Params = (), at: str | None = None) -> Any:
        path = f"/entries/{in_path(reference)}{f'/{below}' if below else ''}"
        return self._way.get(path, [*params, *_at(at)])


def _at(at: str | None) -> Params:
    return [("at", at)] if at else []
