"""A project of a server: the names that questions use, and questions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from dsgrid.client.address import in_path
from dsgrid.client.documents import Told
from dsgrid.client.head import remote_head
from dsgrid.client.job import RemoteJob, keyed
from dsgrid.client.records import records
from dsgrid.client.transport import Transport
from dsgrid.errors import ServerError, UsageError
from dsgrid.operations.open_project import Name, Named
from dsgrid.operations.progress import Progress
from dsgrid.operations.project_question import ProjectQuestion
from dsgrid.operations.question import Condition, Move, Question
from dsgrid.query.notebook import heading, table
from dsgrid.spec.schemas.words import TIME_WORDS

if TYPE_CHECKING:
    import pandas as pd

    from dsgrid.client.result import RemoteResult
    from dsgrid.operations.head import Head

_SHOWN: Final = 10


@dataclass(frozen=True, repr=False)
class RemoteDimension:
    """A dimension of a project; its records are fetched when they are asked for.

    Parameters
    ----------
    reference
        ``id@version`` of the dimension.
    of
        The base dimension that it is supplemental to; empty for a base dimension.
    """

    name: str
    type: str
    reference: str
    count: int
    of: str
    _way: Transport

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """The records, a dictionary for each."""
        return records(self._way, self.reference)

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """The columns of the records, ``id`` and ``name`` included."""
        first = self.records[:1] if "records" in self.__dict__ else records(self._way, self.reference, limit=1)
        return tuple(first[0]) if first else ("id", "name")

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the records."""
        return tuple(str(one["id"]) for one in self.records)

    def to_pandas(self) -> pd.DataFrame:
        """Return the records as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.records, columns=list(self.attributes))

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        of = f" of {self.of}" if self.of else ""
        shown = ", ".join(self.ids[:_SHOWN])
        more = ", ..." if len(self.ids) > _SHOWN else ""
        return f"{self.name} ({self.type}{of}): {len(self.ids):,} records: {shown}{more}"

    def _repr_html_(self) -> str:
        return heading(self.name, repr(self).partition(": ")[2]) + table(self.records[:_SHOWN], self.attributes)


@dataclass(frozen=True, repr=False)
class RemoteDataset:
    """A dataset that a project has; as a text it is its id."""

    id: str
    _way: Transport

    def head(self, rows: int = _SHOWN) -> Head:
        """Return the first rows, as they are stored; see `dsgrid.operations.head`."""
        return remote_head(self._way, self.id, rows=rows)

    def __str__(self) -> str:
        return self.id

    def __repr__(self) -> str:
        return f"<dataset {self.id}>"


class RemoteProject:
    """A project of a server, as `dsgrid.operations.open_project.OpenProject` is one of this machine.

    Parameters
    ----------
    document
        What the server says of it.
    reference
        How it was named.
    at
        The date at which it was looked up, if any.
    """

    def __init__(
        self, document: Mapping[str, Any], way: Transport, reference: str, at: str, progress: Progress | None
    ) -> None:
        self.document = document
        self._way = way
        self._reference = reference
        self._at = at
        self._progress = progress

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.document["project"])

    @property
    def version(self) -> str:
        """Its version."""
        return str(self.document["version"])

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.document.get("name") or "")

    @property
    def description(self) -> str:
        """What it is, in words."""
        return str(self.document.get("description") or "")

    def query(
        self,
        *datasets: str | RemoteDataset,
        expression: str = "",
        overlap: str = "",
        fill: float | None = None,
    ) -> RemoteQuestion:
        """Begin a question; see `dsgrid.operations.open_project.OpenProject.query`."""
        names = tuple(str(one) for one in datasets)
        if names and expression:
            raise UsageError("name datasets or an expression, not both: an expression names its datasets itself")
        if fill not in (None, 0):
            raise UsageError(f"fill={fill!r}: only 0 can be filled in")
        for name in names:
            self.datasets[name.partition("@")[0]]
        asked = Question(self._reference, names, expression, at=self._at, overlap=overlap, fill=fill is not None)
        return RemoteQuestion(asked, None, None, self._way, self._progress)  # type: ignore[arg-type]

    @cached_property
    def by(self) -> Named[Name]:
        """The names that an answer can keep: dimensions, with their attributes, and words for time."""
        found = {name: Name(name, one.attributes) for name, one in self.dimensions.items()}
        time = (self.document.get("time") or {}).get("name")
        words = [*([time] if time else []), *TIME_WORDS]
        return Named("name", found | {word: Name(word) for word in words if word not in found})

    @cached_property
    def dimensions(self) -> Named[RemoteDimension]:
        """The base and supplemental dimensions."""
        types = {one["name"]: one["type"] for one in self.document["base"]}
        found = {
            one["name"]: RemoteDimension(one["name"], one["type"], one["dimension"], one["records"], "", self._way)
            for one in self.document["base"]
        }
        for one in self.document["supplemental"]:
            reference = one.get("dimension") or f"{self.id}/{one['name']}"
            found[one["name"]] = RemoteDimension(
                one["name"], types[one["of"]], reference, one["records"], one["of"], self._way
            )
        return Named("dimension", found)

    @property
    def datasets(self) -> Named[RemoteDataset]:
        """The datasets that were submitted."""
        ids = [one["dataset"] for one in self.document["datasets"] if one["status"] == "accepted"]
        return Named("dataset", {id_: RemoteDataset(id_, self._way) for id_ in ids}, f" in project {self.id}")

    def __repr__(self) -> str:
        lines = [f"project {self.id}@{self.version} of {self._way.address}", f"  {self.name}"]
        lines += [f"  dimensions: {', '.join(self.dimensions)}", f"  datasets: {', '.join(self.datasets)}"]
        return "\n".join(line for line in lines if line.strip())

    def _repr_html_(self) -> str:
        rows = [
            {"name": one.name, "type": one.type, "of": one.of, "records": one.count} for one in self.dimensions.values()
        ]
        title = heading(f"{self.id}@{self.version}", self.description or self.name)
        datasets = [{"dataset": id_} for id_ in self.datasets]
        return title + table(rows, ("name", "type", "of", "records")) + table(datasets, ("dataset",))


@dataclass(frozen=True, repr=False)
class RemoteQuestion(ProjectQuestion):
    """A question to a project of a server. What its names mean, the server says when something is asked of it."""

    _way: Transport = field(default=None, compare=False)  # type: ignore[assignment]
    _report: Progress | None = field(default=None, compare=False)
    _name: str = ""
    _cache: bool = True
    _in_python: bool = True

    def result(self, keep: str = "") -> RemoteResult:
        """Return the result; the server keeps it as that of a job, for as long as it keeps results.

        Parameters
        ----------
        keep
            The name of the query.
        """
        document = self._ask(keep, run=True).get("job")
        if not isinstance(document, Mapping) or "state" not in document:
            raise ServerError(f"{self._way.address} has made no job of the question")
        return RemoteJob(document, self._way, progress=self._report).result()

    def explain(self) -> Told:  # type: ignore[override]  # the plan itself stays on the server
        """Return the plan."""
        found = self._ask("", explain=True)
        return Told(str(found.get("plan") or "").rstrip("\n"), found)

    def plot(self, **options: Any) -> Any:
        """Return a picture of the answer; see `dsgrid.query.plots.plot.draw`."""
        return self.result().plot(**options)

    def spec(self) -> dict[str, Any]:
        """Return the spec that asks the same, as a dictionary."""
        return dict(self._told["spec"])

    def toml(self) -> str:
        """Return the spec that asks the same, as TOML; ``print(question)`` shows it."""
        return str(self._told["toml"])

    @property
    def notes(self) -> tuple[str, ...]:
        """What was added to the question, in words."""
        return tuple(self._told.get("notes", ()))

    def _check(self, move: Move) -> None:
        """Nothing: the server knows what there is."""

    @cached_property
    def _told(self) -> Mapping[str, Any]:
        return self._ask("")

    def _ask(self, name: str, *, run: bool = False, explain: bool = False) -> Mapping[str, Any]:
        wanted = {"name": name or self._name, "python": self._in_python, "run": run, "explain": explain}
        found = ask_question(self._way, question_document(self.question) | wanted, cache=self._cache)
        # The spec is in every answer.
        self.__dict__["_told"] = found
        return found


def open_remote_project(
    way: Transport, reference: str, at: str | None, progress: Progress | None = None
) -> RemoteProject:
    """Return a project by ``id`` or ``id@version``, or as it was at a date."""
    found = way.get(f"/projects/{in_path(reference)}", [("at", at)] if at else [])
    return RemoteProject(found.json(), way, reference, at or "", progress)


def question_document(question: Question) -> dict[str, Any]:
    """Return a question as the server reads it."""
    document = {one.name: getattr(question, one.name) for one in fields(question)}
    document["moves"] = [
        {"where": asdict(move)} if isinstance(move, Condition) else {"step": asdict(move)} for move in question.moves
    ]
    return {key: value for key, value in document.items() if value not in ("", (), [], False, None)}


def ask_question(
    way: Transport, document: Mapping[str, Any], *, cache: bool = True, wait: float = 1.0
) -> Mapping[str, Any]:
    """Return what the server makes of a question: the spec, the plan, or the job that answers it."""
    headers = {"Content-Type": "application/json", "Accept": "application/json", **keyed()}
    headers |= {"Prefer": f"wait={wait:g}"} if document.get("run") else {}
    body = json.dumps(document, ensure_ascii=False).encode()
    params = [] if cache else [("cache", "false")]
    found: Mapping[str, Any] = way.ask("POST", "/questions", params=params, headers=headers, content=body).json()
    return found
