"""A project of an open registry: its values, the names that questions use, and questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from dsgrid.dimensions.dimension import Dimension
from dsgrid.errors import NotFoundError, UsageError, did_you_mean
from dsgrid.operations.project_names import names_of
from dsgrid.operations.project_question import ProjectQuestion
from dsgrid.operations.question import Question
from dsgrid.operations.question_sources import submitted_to
from dsgrid.query.notebook import heading, table
from dsgrid.query.rules.attributes import MARK
from dsgrid.registry.model import Project
from dsgrid.registry.registry import Registry

if TYPE_CHECKING:
    import pandas as pd

    from dsgrid.operations.head import Head
    from dsgrid.operations.open_registry import OpenRegistry

T = TypeVar("T")
_SHOWN = 10


class NoNameError(NotFoundError, KeyError, AttributeError):
    """There is nothing of this name; the closest is offered."""

    __str__ = Exception.__str__


class Named(Mapping[str, T], Generic[T]):
    """Things by their names, as keys and as attributes.

    Parameters
    ----------
    what
        What they are, for messages.
    things
        By their names.
    where
        Where they are, for messages.
    """

    def __init__(self, what: str, things: Mapping[str, T], where: str = "") -> None:
        self._what = what
        self._where = where
        self._things = dict(things)

    def __getitem__(self, name: str) -> T:
        if name not in self._things:
            raise NoNameError(f'no {self._what} "{name}"{self._where}{did_you_mean(str(name), self._things)}')
        return self._things[name]

    def __getattr__(self, name: str) -> T:
        if name.startswith("_"):
            raise AttributeError(name)  # what notebooks and `copy` look for
        return self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(name for name in self._things if name.isidentifier())]

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._things)

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {thing!r}" for name, thing in self._things.items())


class Name(str):
    """A name that questions use; its attributes are those of the records of a dimension: ``by.county.climate``."""

    __slots__ = ("_attributes",)
    _attributes: tuple[str, ...]

    def __new__(cls, name: str, attributes: tuple[str, ...] = ()) -> Name:
        made = super().__new__(cls, name)
        made._attributes = attributes
        return made

    def __getattr__(self, attribute: str) -> Name:
        if attribute.startswith("_"):
            raise AttributeError(attribute)
        if attribute not in self._attributes:
            hint = did_you_mean(attribute, self._attributes)
            raise NoNameError(f'no attribute "{attribute}" in dimension "{self}"{hint}')
        return Name(f"{self}{MARK}{attribute}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._attributes]

    def __reduce__(self) -> tuple[Any, ...]:
        return (Name, (str(self), self._attributes))


@dataclass(frozen=True, repr=False)
class OpenDimension:
    """A dimension of a project.

    Parameters
    ----------
    dimension
        Its records, as the registry has them.
    of
        The base dimension that it is supplemental to; empty for a base dimension.
    """

    dimension: Dimension
    of: str = ""

    @property
    def name(self) -> str:
        """The name that questions use."""
        return self.dimension.name

    @property
    def type(self) -> str:
        """The dimension type."""
        return self.dimension.type

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the records."""
        return self.dimension.records.ids

    @property
    def attributes(self) -> tuple[str, ...]:
        """The columns of the records, ``id`` and ``name`` included."""
        return self.dimension.records.columns

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records, a dictionary for each."""
        return [{column: record.get(column) for column in self.attributes} for record in self.dimension.records]

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
class SubmittedDataset:
    """A dataset that a project has; as a text it is its id."""

    id: str
    _registry: OpenRegistry

    def head(self, rows: int = _SHOWN) -> Head:
        """Return the first rows, as they are stored; see `dsgrid.operations.head`."""
        from dsgrid.operations.head import head

        return head(self.id, rows=rows, registry=self._registry.folder)

    def __str__(self) -> str:
        return self.id

    def __repr__(self) -> str:
        return f"<dataset {self.id}>"


class OpenProject:
    """A project of an open registry. It has all that `dsgrid.registry.model.Project` has, and can be asked.

    Parameters
    ----------
    project
        The project itself.
    registry
        Where it is.
    reference
        How it was named.
    at
        The date at which it was looked up, if any.
    """

    def __init__(self, project: Project, registry: OpenRegistry, reference: str = "", at: str = "") -> None:
        self.value = project
        self._registry = registry
        self._reference = reference or project.id
        self._at = at

    def query(
        self,
        *datasets: str | SubmittedDataset,
        expression: str = "",
        overlap: str = "",
        fill: float | None = None,
    ) -> ProjectQuestion:
        """Begin a question to datasets, to an expression over some, or without either to all that were submitted.

        Parameters
        ----------
        overlap
            ``"sum"`` adds values that two datasets have of the same combinations, which is a mistake else.
        fill
            0 lets what one side of the expression lacks count as 0, which is a mistake else.
        """
        names = tuple(str(one) for one in datasets)
        if names and expression:
            raise UsageError("name datasets or an expression, not both: an expression names its datasets itself")
        if fill not in (None, 0):
            raise UsageError(f"fill={fill!r}: only 0 can be filled in")
        for name in names:
            self.datasets[name.partition("@")[0]]
        asked = Question(self._reference, names, expression, at=self._at, overlap=overlap, fill=fill is not None)
        return ProjectQuestion(asked, self.value, self._registry)

    @cached_property
    def by(self) -> Named[Name]:
        """The names that an answer can keep: dimensions, with their attributes, and words for time."""
        found: dict[str, Name] = {}
        for name in names_of(self.value):
            dimension = self.dimensions.get(name)
            found[name] = Name(name, () if dimension is None else dimension.attributes)
        return Named("name", found)

    @cached_property
    def dimensions(self) -> Named[OpenDimension]:
        """The base and supplemental dimensions."""
        base = {one.name: OpenDimension(one) for one in self.value.base}
        more = {one.dimension.name: OpenDimension(one.dimension, one.of) for one in self.value.supplemental}
        return Named("dimension", base | more)

    @property
    def datasets(self) -> Named[SubmittedDataset]:
        """The datasets that were submitted."""
        with Registry.open(self._registry.folder, at=self._at or None) as opened:
            ids = submitted_to(opened, self.value)
        found = {id_: SubmittedDataset(id_, self._registry) for id_ in ids}
        return Named("dataset", found, f" in project {self.value.id}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.value, name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *dir(self.value)]

    def __eq__(self, other: object) -> bool:
        return self.value == (other.value if isinstance(other, OpenProject) else other)

    __hash__ = None  # type: ignore[assignment]  # as the project itself, which holds tables

    def __repr__(self) -> str:
        return "\n".join([repr(self.value), f"  datasets: {', '.join(self.datasets)}"])

    def _repr_html_(self) -> str:
        rows = [
            {
                "name": one.name,
                "type": one.type,
                "of": one.of,
                "records": len(one.ids),
                "such as": ", ".join(one.ids[:3]),
            }
            for one in self.dimensions.values()
        ]
        title = heading(f"{self.value.id}@{self.value.version}", self.value.description or self.value.name)
        datasets = [{"dataset": id_} for id_ in self.datasets]
        return title + table(rows, ("name", "type", "of", "records", "such as")) + table(datasets, ("dataset",))
