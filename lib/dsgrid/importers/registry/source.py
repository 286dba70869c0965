"""The database of an existing registry, read whole from a copy: whoever works with it is not disturbed."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dsgrid.errors import DsgridError, NotFoundError, RegistryError, RegistryLockedError, listing
from dsgrid.importers.text import Text
from dsgrid.registry.migrations import APPLICATION_ID

DATABASE: Final = "registry.db"
# Tables of dsgrid-toolkit, and the columns of each that are read.
_TABLES: Final = {
    "key_value": ("key", "value"),
    "registrations": ("id", "timestamp", "submitter", "update_type", "log_message"),
    "models": ("id", "registration_id", "model_type", "model_id", "version", "model"),
    "contains": ("parent_id", "child_id"),
}
_KINDS: Final = {"project": "project", "dataset": "dataset", "dimension": "dimension", "dimension_mapping": "mapping"}
_ATTEMPTS: Final = 5
_PAUSE: Final = 0.2


@dataclass(frozen=True)
class Model:
    """One version of a project, dataset, dimension or mapping.

    Parameters
    ----------
    kind
        ``project``, ``dataset``, ``dimension`` or ``mapping``.
    document
        Its configuration as the registry keeps it: with references by id, and with its records.
    broken
        Why the document cannot be read; empty when it can.
    """

    kind: str
    id: str
    version: str
    registration: int
    document: dict[str, Any] = field(default_factory=dict, repr=False)
    broken: str = ""

    @property
    def reference(self) -> tuple[str, str]:
        """Its id and version."""
        return self.id, self.version

    def __str__(self) -> str:
        return f"{self.kind} {self.id}@{self.version}"


@dataclass(frozen=True)
class Registered:
    """One registration, with everything that it registered, in its order."""

    number: int
    timestamp: str
    submitter: str
    update_type: str
    log_message: str
    models: tuple[Model, ...] = ()

    def of_kind(self, kind: str) -> tuple[Model, ...]:
        """Return its models of a kind."""
        return tuple(model for model in self.models if model.kind == kind)


@dataclass(frozen=True)
class OldRegistry:
    """What the database of an existing registry says.

    Parameters
    ----------
    database
        The file.
    values
        Its settings: ``data_path``, ``data_store_type`` and others.
    registrations
        All of them, oldest first.
    dangling
        How many links between models have lost an end, as removals leave them.
    """

    database: Path
    values: dict[str, str]
    registrations: tuple[Registered, ...]
    dangling: int = 0

    @property
    def models(self) -> Iterator[Model]:
        """Everything that is registered, in its order."""
        return (model for registration in self.registrations for model in registration.models)


def read_registry(place: str | Path) -> OldRegistry:
    """Read the database of an existing registry.

    Parameters
    ----------
    place
        The database, the folder that holds it as ``registry.db``, or its URL (``sqlite:///...``).

    Raises
    ------
    NotFoundError
        If it is not there.
    RegistryError
        If it is no SQLite database, cut short, or none of dsgrid-toolkit.
    RegistryLockedError
        If somebody writes to it all the time.
    """
    file = database_file(place)
    with _copied(file) as copy, closing(_connect(copy)) as connection:
        try:
            _refuse_others(connection, file)
            return _read(connection, file)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise _unreadable(file, error) from None


def database_file(place: str | Path) -> Path:
    """Return the file of a database that is named by itself, its folder, or its URL."""
    text = str(place)
    for prefix in ("sqlite:///", "sqlite:/"):  # a path drops slashes that follow each other
        if text.startswith(prefix):
            text = text.removeprefix(prefix)
            text = text if prefix == "sqlite:///" or text.startswith("/") else f"/{text}"
            break
    file = Path(text).absolute()
    if file.is_dir():
        file = file / DATABASE
    if not file.is_file():
        raise NotFoundError(f"there is no database {file}; expected the registry.db of a registry of dsgrid-toolkit")
    return file


@contextmanager
def _copied(file: Path) -> Iterator[Path]:
    """Yield a copy of a database, with the journal of a write that is under way or was killed.

    Opening the file itself could roll that back, or leave files beside it: both would change the other registry.
    """
    with tempfile.TemporaryDirectory(prefix="dsgrid-") as folder:
        copy = Path(folder) / DATABASE
        for _ in range(_ATTEMPTS):
            before = _state(file)
            try:
                for suffix in before:
                    shutil.copyfile(f"{file}{suffix}", f"{copy}{suffix}")
            except FileNotFoundError:
                pass  # a journal has gone meanwhile
            except OSError as error:
                raise RegistryError(f"{file} cannot be read: {error.strerror}") from None
            if before and before == _state(file):
                yield copy
                return
            for each in Path(folder).iterdir():
                each.unlink()
            time.sleep(_PAUSE)
    raise RegistryLockedError(f"{file} is being written to; import it again when that is over")


def _state(file: Path) -> dict[str, tuple[int, int]]:
    """Return the size and time of change of a database and of its journals, by what their names end in."""
    found = {}
    for suffix in ("", "-journal", "-wal"):
        try:
            stat = Path(f"{file}{suffix}").stat()
        except FileNotFoundError:
            continue
        found[suffix] = (stat.st_size, stat.st_mtime_ns)
    return found


def _connect(copy: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(copy)
    connection.row_factory = sqlite3.Row
    return connection


def _refuse_others(connection: sqlite3.Connection, file: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID:
        raise RegistryError(
            f"{file} is a registry of dsgrid itself, which needs no import; `dsgrid registry copy` makes a second one"
        )
    problem = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if problem != "ok":
        raise RegistryError(f"{file} is damaged or cut short ({problem}); import it from a whole copy")
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    lacking = sorted(set(_TABLES) - tables)
    if lacking:
        raise RegistryError(
            f"{file} is no registry of dsgrid-toolkit: it has no table {listing(lacking)}"
            + (f"; there are: {listing(sorted(tables))}" if tables else ", nor any other")
        )
    for table, columns in _TABLES.items():
        found = {row["name"] for row in connection.execute(f"PRAGMA table_info({table})")}
        lacking = [column for column in columns if column not in found]
        if lacking:
            raise RegistryError(f"{file}: its table {table} has no column {listing(lacking)}")


def _read(connection: sqlite3.Connection, file: Path) -> OldRegistry:
    models: dict[int, list[Model]] = {}
    numbers = set()
    for row in connection.execute("SELECT * FROM models ORDER BY id"):
        numbers.add(row["id"])
        models.setdefault(row["registration_id"], []).append(_model(row, file))
    registrations = [
        Registered(
            number=row["id"],
            timestamp=_text(row["timestamp"]),
            submitter=_text(row["submitter"]),
            update_type=_text(row["update_type"]),
            log_message=_text(row["log_message"]),
            models=tuple(models.pop(row["id"], ())),
        )
        for row in connection.execute("SELECT * FROM registrations ORDER BY id")
    ]
    if models:
        number, (first, *_) = next(iter(models.items()))
        raise RegistryError(f"{file} is damaged: {first} belongs to registration {number}, which is not there")
    links = connection.execute("SELECT parent_id, child_id FROM contains").fetchall()
    return OldRegistry(
        database=file,
        values={row["key"]: str(row["value"]) for row in connection.execute("SELECT key, value FROM key_value")},
        registrations=tuple(registrations),
        dangling=sum(not {row["parent_id"], row["child_id"]} <= numbers for row in links),
    )


def _model(row: sqlite3.Row, file: Path) -> Model:
    type_ = _text(row["model_type"])
    kind, broken, document = _KINDS.get(type_, ""), "", {}
    try:
        document = Text(file, _text(row["model"])).value
    except DsgridError as error:
        broken = f"its configuration is no JSON: {error.problems[0].message}"
    if not broken and not isinstance(document, dict):
        broken, document = "its configuration is no object", {}
    if not kind:
        kind, broken = type_, f'there are no things of the type "{type_}" here'
    return Model(kind, _text(row["model_id"]), _text(row["version"]), row["registration_id"], document, broken)


def _text(value: object) -> str:
    """Return a cell as text: a damaged database may hold anything in any column."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def _unreadable(file: Path, error: Exception) -> RegistryError:
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_NOTADB:
        return RegistryError(f"{file} is no registry: it is no SQLite database")
    return RegistryError(f"{file} is damaged or cut short ({error}); import it from a whole copy")
