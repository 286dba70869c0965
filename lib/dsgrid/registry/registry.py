"""A registry: a folder with ``registry.db`` and ``data/``.

What changes or compares is imported where it is asked for: a listing does not wait for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.mapping import Mapping
from dsgrid.registry import listing, searching
from dsgrid.registry.data_root import read_data_root, write_data_root
from dsgrid.registry.database import LOCK_TIMEOUT, Database
from dsgrid.registry.datasets import read_dataset, read_inputs, read_missing
from dsgrid.registry.dimensions import read_dimension, read_time
from dsgrid.registry.home import DATABASE, find_home, make_home
from dsgrid.registry.mappings import read_ends, read_mapping
from dsgrid.registry.migrations import prepare
from dsgrid.registry.model import DataInput, Dataset, Project, Submission
from dsgrid.registry.moments import At, asked_moment, look_back
from dsgrid.registry.numbering import unused
from dsgrid.registry.projects import read_project
from dsgrid.registry.resolve import find_kind, find_references, find_submission, find_version
from dsgrid.registry.submissions import read_submission
from dsgrid.storage.location import Location
from dsgrid.time.dimension import TimeDimension

if TYPE_CHECKING:
    from dsgrid.registry.association_sums import MappingSums, Window
    from dsgrid.registry.chains import Hop
    from dsgrid.registry.difference import Difference
    from dsgrid.registry.findings import Finding
    from dsgrid.registry.graph import Graph
    from dsgrid.registry.history import History
    from dsgrid.registry.hits import Hits
    from dsgrid.registry.lineage import Lineage, Source
    from dsgrid.registry.proposals import Proposals
    from dsgrid.registry.record_tables import RecordTable
    from dsgrid.registry.registration import Registration
    from dsgrid.registry.removal import Removal


class Registry:
    """An open registry. Made by `create` and `open`; works as a context manager.

    Parameters
    ----------
    folder
        The folder that holds it. Everything inside refers to it by relative paths, so it may be moved or copied.
    database
        The connection.
    """

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self._database = database

    @classmethod
    def create(cls, folder: str | Path, lock_timeout: float = LOCK_TIMEOUT, data: str = "") -> Registry:
        """Create a registry in a folder that is absent or empty, and open it for writing.

        The database is filled in one transaction: an interrupted creation leaves nothing that opens as a registry,
        and is finished by creating it again.

        Parameters
        ----------
        folder
            Its folder.
        lock_timeout
            How many seconds to wait for another process.
        data
            Where the data go, if not to ``data/`` in the folder: another empty place, as a path (absolute, or
            relative to the folder) or a URL such as ``s3://bucket/prefix``.
        """
        home = make_home(Path(folder), data)
        return cls._connect(home, write=True, lock_timeout=lock_timeout, create=True, data=data)

    @classmethod
    def open(
        cls,
        folder: str | Path,
        write: bool = False,
        lock_timeout: float = LOCK_TIMEOUT,
        at: str | At | None = None,
    ) -> Registry:
        """Open a registry; for writing only after a test that the folder's locks work.

        Parameters
        ----------
        folder
            Its folder, or the ``registry.db`` in it.
        write
            Open it for writing, too.
        lock_timeout
            How many seconds to wait for another process.
        at
            A date or time, such as ``2026-11-23``: what was registered later is not seen.
        """
        moment = None if at is None else asked_moment(at, write)
        opened = cls._connect(find_home(Path(folder)), write=write, lock_timeout=lock_timeout)
        if moment is not None:
            try:
                look_back(opened._database, moment)
            except BaseException:
                opened.close()
                raise
        return opened

    @classmethod
    def _connect(cls, folder: Path, write: bool, lock_timeout: float, create: bool = False, data: str = "") -> Registry:
        if write:
            from dsgrid.registry.locks import probe_locks

            probe_locks(folder)
        database = Database(folder / DATABASE, write=write, lock_timeout=lock_timeout)
        try:
            prepare(database, create=create, filled=lambda: write_data_root(database, data))
        except BaseException:
            database.close()
            raise
        return cls(folder, database)

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def __enter__(self) -> Registry:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Registry({str(self.folder)!r})"

    @property
    def database(self) -> Database:
        """The connection, for the modules of this room."""
        return self._database

    @cached_property
    def data(self) -> Location:
        """The place that the datasets' folders are relative to."""
        return read_data_root(self._database)

    def data_folder(self, dataset: Dataset) -> Location:
        """Return the folder that holds a dataset's manifest and files."""
        return self.data / dataset.folder

    def kind(self, reference: str) -> str:
        """Return what an id (or ``id@version``) belongs to: ``project``, ``dataset``, ``dimension`` or ``mapping``."""
        return find_kind(self._database, reference)

    def own_reference(self, reference: str) -> str:
        """Return the id here that an id of an imported registry means, perhaps with a version; others stay."""
        from dsgrid.registry.aliases import own_reference

        return own_reference(self._database, reference)

    def references(self, prefix: str = "") -> list[tuple[str, str]]:
        """Return (reference, kind) for what begins with a text: ids, or versions of an id after an ``@``."""
        return find_references(self._database, prefix)

    def entry(self, reference: str, kind: str | None = None) -> dict[str, Any]:
        """Return one version of anything, or of a `kind`, as a document of counts, uses and versions, not contents."""
        from dsgrid.registry.entries import read_entry

        with self._database.snapshot():
            kind = kind or self.kind(reference)
            return read_entry(self._database, kind, find_version(self._database, kind, reference))

    @contextmanager
    def records(self, reference: str, kind: str | None = None) -> Iterator[RecordTable]:
        """Open the table of a dimension or mapping, to read it row by row inside the block."""
        from dsgrid.registry.record_tables import record_table

        with self._database.snapshot():
            kind = kind or self.kind(reference)
            yield record_table(self._database, kind, find_version(self._database, kind, reference))

    def uses(self, reference: str, kind: str) -> list[dict[str, Any]]:
        """Return what uses a dimension or a mapping, and as what."""
        from dsgrid.registry.uses import read_uses

        with self._database.snapshot():
            return read_uses(self._database, kind, find_version(self._database, kind, reference))

    def mapping_sums(self, reference: str, sides: Sequence[str]) -> MappingSums:
        """Return what the associations of a mapping amount to, for each record of some sides."""
        from dsgrid.registry.association_sums import read_sums

        with self._database.snapshot():
            return read_sums(self._database, find_version(self._database, "mapping", reference), sides)

    def mapping_matrix(self, reference: str, window: Window) -> dict[str, Any]:
        """Return a part of a mapping as a matrix."""
        from dsgrid.registry.association_sums import read_matrix

        with self._database.snapshot():
            return read_matrix(self._database, find_version(self._database, "mapping", reference), window)

    # Listings --------------------------------------------------------------------------------------------------------

    def projects(self, all_versions: bool = False) -> list[dict[str, Any]]:
        """Return a row for every project; without `all_versions` only the newest version of each."""
        return listing.rows(self._database, "projects", all_versions)

    def datasets(self, all_versions: bool = False) -> list[dict[str, Any]]:
        """Return a row for every dataset."""
        return listing.rows(self._database, "datasets", all_versions)

    def composites(self, all_versions: bool = False) -> list[dict[str, Any]]:
        """Return a row for every composite: a result of a query that its project has as a source of others."""
        return listing.rows(self._database, "composites", all_versions)

    def dimensions(self, all_versions: bool = False) -> list[dict[str, Any]]:
        """Return a row for every dimension, time included."""
        return listing.rows(self._database, "dimensions", all_versions)

    def mappings(self, all_versions: bool = False) -> list[dict[str, Any]]:
        """Return a row for every mapping."""
        return listing.rows(self._database, "mappings", all_versions)

    def submissions(self, all_versions: bool = False) -> list[dict[str, Any]]:
        """Return a row for every submission to the newest version of its project, invalidated ones too.

        Parameters
        ----------
        all_versions
            Submissions to older versions of projects, too.
        """
        return listing.rows(self._database, "submissions", all_versions)

    def aliases(self) -> list[dict[str, Any]]:
        """Return a row for every id and version that something had in a registry that it was imported from."""
        return listing.rows(self._database, "aliases")

    def registrations(self) -> list[dict[str, Any]]:
        """Return a row for every registration, oldest first."""
        return listing.rows(self._database, "registrations")

    def search(
        self, what: str, rows: list[dict[str, Any]], tags: Sequence[str] = (), text: str = ""
    ) -> list[dict[str, Any]]:
        """Return the rows of a list that have all tags, and the text somewhere in what is said about them."""
        return searching.search(self._database, what, rows, tags, text)

    def tags(self, what: str, rows: list[dict[str, Any]]) -> Counter[str]:
        """Return how many of some projects or datasets have each tag."""
        return searching.count_tags(self._database, what, rows)

    def hits(self, text: str, limit: int) -> list[Hits]:
        """Return what has all words of a text: at most so many things of each kind, and records."""
        from dsgrid.registry.hits import find_hits

        with self._database.snapshot():
            return find_hits(self._database, text, limit)

    def overview(self, recent: int, projects: int) -> dict[str, Any]:
        """Return how much there is of everything, what was registered last, and so many projects in short."""
        from dsgrid.registry.overview import read_overview

        with self._database.snapshot():
            return read_overview(self._database, recent, projects)

    def removals(self) -> list[dict[str, Any]]:
        """Return a row for every version that was removed, in the order of their removal."""
        from dsgrid.registry.removal import read_removals

        return read_removals(self._database)

    def history(self, reference: str, kind: str | None = None) -> History:
        """Return the versions of an id, those that were removed too, and what happened to its submissions."""
        from dsgrid.registry.history import read_history

        with self._database.snapshot():
            return read_history(self._database, reference, kind)

    def difference(self, reference: str, old: str, new: str | None = None, kind: str | None = None) -> Difference:
        """Return the changes from one version of an id to another; without `new` to the newest."""
        from dsgrid.registry.difference import read_difference

        with self._database.snapshot():
            return read_difference(self._database, reference, old, new, kind)

    # Dependencies ----------------------------------------------------------------------------------------------------

    def graph(self) -> Graph:
        """Return who needs whom: all versions, submissions and queries, and the links between them."""
        from dsgrid.registry.graph import read_graph

        return read_graph(self._database)

    def removal(self, references: Sequence[str], cascade: bool = False) -> Removal:
        """Return what the removal of ids (all versions) or ``id@version`` would take away.

        Raises
        ------
        NotFoundError
            If one is not there.
        RegistryError
            If something that stays needs one of them, and `cascade` does not let that go as well.
        """
        from dsgrid.registry.removal import plan_removal

        return plan_removal(self._database, references, cascade)[1]

    def missing_sources(self, lineage: Lineage) -> tuple[Source, ...]:
        """Return what a query read and this registry does not hold in that version, or holds with other data."""
        from dsgrid.registry.lineage import missing_sources

        with self._database.snapshot():
            return missing_sources(self._database, lineage)

    def unused_version(self, kind: str, id_: str) -> str:
        """Return the version that a thing gets when it is registered, perhaps again: a number is given only once."""
        return unused(self._database, kind, id_)

    # Values ----------------------------------------------------------------------------------------------------------

    def project(self, reference: str, version: str | None = None) -> Project:
        """Return a project by ``id`` or ``id@version``; the newest version when none is given."""
        with self._database.snapshot():
            return read_project(self._database, find_version(self._database, "project", reference, version))

    def dataset(self, reference: str, version: str | None = None) -> Dataset:
        """Return a dataset by ``id`` or ``id@version``; the newest version when none is given."""
        with self._database.snapshot():
            return read_dataset(self._database, find_version(self._database, "dataset", reference, version))

    def dimension(self, reference: str, version: str | None = None) -> Dimension:
        """Return a dimension by id, or by its name when only one has it, with or without ``@version``."""
        with self._database.snapshot():
            return read_dimension(self._database, find_version(self._database, "dimension", reference, version))

    def time(self, reference: str, version: str | None = None) -> TimeDimension:
        """Return a time dimension by id or unique name."""
        with self._database.snapshot():
            return read_time(self._database, find_version(self._database, "dimension", reference, version))

    def mapping(self, reference: str, version: str | None = None) -> Mapping:
        """Return a mapping by id."""
        with self._database.snapshot():
            return read_mapping(self._database, find_version(self._database, "mapping", reference, version))

    def ends(self, reference: str) -> tuple[tuple[str, str], tuple[str, str]]:
        """Return the id and version of the two dimensions that a mapping maps from and to."""
        with self._database.snapshot():
            return read_ends(self._database, find_version(self._database, "mapping", reference))

    def hops(self, type_: str, project: Project) -> tuple[Hop, ...]:
        """Return the mappings of a type that chains to a project's dimensions are made of."""
        from dsgrid.registry.chains import read_hops

        with self._database.snapshot():
            return read_hops(self._database, type_, project)

    def reach(self, type_: str, dataset: Dataset) -> tuple[Hop, ...]:
        """Return the mappings of a type that chains from a dataset's dimension are made of, without any project."""
        from dsgrid.registry.reach import read_reach

        with self._database.snapshot():
            return read_reach(self._database, type_, dataset)

    def hop(self, hop: Hop, dataset: Dataset, type_: str) -> Mapping:
        """Return what a hop of `reach` does."""
        from dsgrid.registry.reach import read_hop

        with self._database.snapshot():
            return read_hop(self._database, hop, dataset, type_)

    def submission(
        self, project: str, dataset: str, version: str | None = None, dataset_version: str | None = None
    ) -> Submission:
        """Return how a dataset was submitted to a project (`version` is the project's)."""
        with self._database.snapshot():
            key = find_submission(self._database, project, dataset, version, dataset_version)
            return read_submission(self._database, key)

    def missing(self, dataset: str, version: str | None = None) -> tuple[dict[str, str], ...]:
        """Return the combinations that a dataset is known to lack; a type that is left out means all its records."""
        with self._database.snapshot():
            return tuple(read_missing(self._database, find_version(self._database, "dataset", dataset, version)))

    def origin(self, reference: str) -> dict[str, Any]:
        """Return who registered a dataset by what, what it was read from, and how projects took it."""
        from dsgrid.registry.origins import read_origin

        with self._database.snapshot():
            return read_origin(self._database, find_version(self._database, "dataset", reference))

    def data_findings(self, dataset: Dataset, *, checksums: bool) -> list[Finding]:
        """Return what is wrong with the files of a dataset; with `checksums` every byte of them is read."""
        from dsgrid.registry.data_check import check_folder

        return check_folder(self._database, self.data, dataset.folder, checksums)

    def inputs(self, dataset: str, version: str | None = None) -> tuple[DataInput, ...]:
        """Return what a dataset was read from; nothing for one that was registered before that was kept."""
        with self._database.snapshot():
            return read_inputs(self._database, find_version(self._database, "dataset", dataset, version))

    # Changes ---------------------------------------------------------------------------------------------------------

    @property
    def last_registration(self) -> int:
        """The number of the newest registration; 0 when there is none."""
        return int(self._database.value("SELECT max(key) FROM registrations") or 0)

    @property
    def proposals(self) -> Proposals:
        """What registering something would change, whether it is registered already or not."""
        from dsgrid.registry.proposals import Proposals

        return Proposals(self._database)

    # Writing ---------------------------------------------------------------------------------------------------------

    @contextmanager
    def registration(
        self,
        log_message: str,
        submitter: str | None = None,
        job: str = "",
        spec_sha256: str = "",
        bundle_sha256: str = "",
        registered_at: str | None = None,
    ) -> Iterator[Registration]:
        """Open a registration: what is added inside becomes visible at its end, all of it or nothing.

        It holds the registry's write lock, so check specs and write data before.

        Parameters
        ----------
        log_message
            Why.
        submitter
            Who; without it the user who runs this.
        job, spec_sha256, bundle_sha256
            What ran, on which spec, from which code.
        registered_at
            When, in UTC as the registry keeps it, for what another registry had registered; without it now.
        """
        from dsgrid.registry.registration import Registration, insert_registration

        with self._database.atomic():
            key = insert_registration(
                self._database,
                log_message=log_message,
                submitter=submitter,
                registered_at=registered_at,
                job=job,
                spec_sha256=spec_sha256,
                bundle_sha256=bundle_sha256,
            )
            yield Registration(self._database, key)
