"""The names that a query may use: what a project or a dataset has, as the server tells it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakKeyDictionary

from dsgrid.errors import DsgridError
from dsgrid.viewer.asking import Asking, path_of
from dsgrid.viewer.specs.draft import MAP_DATASET, QUERY_DATASET, Draft

TYPES: Final[Mapping[str, str]] = {
    "geography": "Geography",
    "sector": "Sector",
    "subsector": "Subsector",
    "metric": "Metric",
    "scenario": "Scenario",
    "model_year": "Model year",
    "weather_year": "Weather year",
}
TIME: Final = "time"
# What each word for time still tells once that is all that is left of time.
_COARSER: Final[Mapping[str, tuple[str, ...]]] = {
    "daily": (
        "daily",
        "monthly",
        "annual",
        "day_of_week",
        "day_of_month",
        "day_of_year",
        "month_of_year",
        "season",
        "day_type",
    ),
    "monthly": ("monthly", "annual", "month_of_year", "season"),
    "annual": ("annual",),
}
# What numbers of words for time may be.
NUMBERS: Final[Mapping[str, Sequence[tuple[int, str]]]] = {
    "hour_of_day": [(hour, f"{hour}") for hour in range(24)],
    "day_of_week": list(enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))),
    "month_of_year": list(
        enumerate(("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1)
    ),
}
_FRESH: Final = 10.0  # seconds for which names are known
_MOST: Final = 16
_WITHOUT_END: Final = frozenset({"day_of_month", "day_of_year", "annual"})


@dataclass(frozen=True)
class Name:
    """A dimension that a query may name.

    Parameters
    ----------
    of
        The base dimension that a supplemental one is of; empty for a base dimension.
    dimension
        Where it is registered: ``id@version``.
    attributes
        Of its records, besides id and name; with whether they are numbers.
    """

    name: str
    type: str
    records: int
    dimension: str
    of: str = ""
    description: str = ""
    attributes: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True)
class Offered:
    """A dataset that a query may ask."""

    id: str
    version: str
    status: str
    rows: int | None = None
    reason: str = ""
    description: str = ""

    @property
    def is_there(self) -> bool:
        """Whether it can be asked."""
        return self.status == "accepted"


@dataclass(frozen=True)
class Catalog:
    """All names that fit a draft.

    Parameters
    ----------
    projects, datasets_of_all
        Ids of all projects and datasets of the registry, with what else they are called.
    versions
        Of the project or dataset that is asked, the newest first.
    time
        The name of the project's time.
    words
        Words for time.
    targets
        By type: registered dimensions that a dataset may be brought to.
    """

    projects: tuple[tuple[str, str], ...] = ()
    all_datasets: tuple[tuple[str, str], ...] = ()
    versions: tuple[str, ...] = ()
    names: tuple[Name, ...] = ()
    subsets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    datasets: tuple[Offered, ...] = ()
    time: str = ""
    zone: str = ""
    words: tuple[str, ...] = ()
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    problem: str = ""

    def named(self, name: str) -> Name | None:
        """Return a dimension by its name."""
        return next((one for one in self.names if one.name == name), None)

    def is_number(self, subject: str, attribute: str = "") -> bool:
        """Whether what a filter compares is a number."""
        if subject in ("value", "percentile") or subject in NUMBERS or subject in _WITHOUT_END:
            return True
        found = self.named(subject)
        return found is not None and (attribute, True) in found.attributes

    def left_by(self, by: Iterable[str]) -> Catalog:
        """Return the names that are left after a step."""
        kept = set(by)
        columns = {each.partition(".")[0] for each in kept}
        of_time = {self.time, *self.words} & kept
        words: tuple[str, ...] = ()
        if of_time & {self.time, "hourly"}:
            words = self.words
        elif of_time:
            told = {word for each in of_time for word in _COARSER.get(each, (each,))}
            words = tuple(word for word in self.words if word in told)
        names = tuple(
            one
            if one.name in kept or one.of in kept
            else Name(one.name, one.type, one.records, one.dimension, one.of, one.description)
            for one in self.names
            if one.name in columns or one.of in kept
        )
        subsets = {
            name: selectors for name, selectors in self.subsets.items() if any(name == one.name for one in names)
        }
        time = self.time if self.time in kept else ""
        return Catalog(names=names, subsets=subsets, time=time, zone=self.zone, words=words)


_kept: WeakKeyDictionary[Asking, dict[tuple[object, ...], tuple[float, Catalog]]] = WeakKeyDictionary()


def catalog_of(ask: Asking, draft: Draft, words: Sequence[str]) -> Catalog:
    """Return the names that fit a draft; what cannot be told now stands in `problem`.

    They are asked for once in a while, not for every change of the form.

    Parameters
    ----------
    words
        Words for time, as the schema has them.
    """
    key = (draft.job, draft.project, draft.dataset if draft.job == QUERY_DATASET else "", draft.at, draft.to)
    kept = _kept.setdefault(ask, {})
    known = kept.get(key)
    if known is not None and time.monotonic() - known[0] < _FRESH:
        return known[1]
    found = _asked(ask, draft, tuple(words))
    if not found.problem:
        if len(kept) >= _MOST:
            kept.clear()
        kept[key] = (time.monotonic(), found)
    return found


def _asked(ask: Asking, draft: Draft, words: tuple[str, ...]) -> Catalog:
    projects = tuple((row["id"], row.get("name") or "") for row in ask.all("/projects"))
    all_datasets: tuple[tuple[str, str], ...] = ()
    if draft.job == QUERY_DATASET:
        all_datasets = tuple((row["id"], row.get("description") or "") for row in ask.all("/datasets"))
    try:
        if draft.job == QUERY_DATASET:
            return _of_dataset(ask, draft, projects, all_datasets, words)
        return _of_project(ask, draft, projects, words)
    except DsgridError as error:
        return Catalog(projects, all_datasets, problem=str(error))


def _of_project(ask: Asking, draft: Draft, projects: tuple[tuple[str, str], ...], words: tuple[str, ...]) -> Catalog:
    if not draft.project:
        return Catalog(projects)
    at = draft.at or None
    with ThreadPoolExecutor(4) as pool:
        parts = [
            pool.submit(ask.get, path_of("projects", draft.project, part), at=at) for part in ("dimensions", "datasets")
        ]
        entry = ask.get(path_of("projects", draft.project), at=at)
        dimensions, datasets = (part.result() for part in parts)
    rows = [(row, "") for row in dimensions["base"]] + [(row, row["of"]) for row in dimensions["supplemental"]]
    clock = entry.get("time") or {}
    return Catalog(
        projects=projects,
        versions=_versions(entry),
        names=_names(ask, rows),
        subsets={row["name"]: tuple(each["name"] for each in row["selectors"]) for row in dimensions["subsets"]},
        datasets=tuple(
            _offered(row) for row in datasets["items"] if draft.job != MAP_DATASET or row["status"] == "accepted"
        ),
        time=dimensions["time"]["name"],
        zone=str(clock.get("zone") or ""),
        words=words,
    )


def _of_dataset(
    ask: Asking,
    draft: Draft,
    projects: tuple[tuple[str, str], ...],
    all_datasets: tuple[tuple[str, str], ...],
    words: tuple[str, ...],
) -> Catalog:
    if not draft.dataset:
        return Catalog(projects, all_datasets)
    at = draft.at or None
    entry = ask.get(path_of("datasets", draft.dataset), at=at)
    reached = ask.get(path_of("datasets", draft.dataset, "reach"), at=at)["items"]
    targets = {type_: tuple(row["id"] for row in reached if row["type"] == type_) for type_ in (*TYPES, TIME)}
    chosen = dict(draft.to)
    rows = []
    for row in entry["dimensions"]:
        target = next((one for one in reached if one["id"] == chosen.get(row["type"], "").partition("@")[0]), None)
        if target is None:
            rows.append((row, ""))
        else:
            found = ask.get(path_of("dimensions", target["dimension"]))
            rows.append(({**found, "name": target["name"], "dimension": target["dimension"]}, ""))
    return Catalog(
        projects,
        all_datasets,
        versions=_versions(entry),
        names=_names(ask, rows),
        time=str(entry["time"].get("name") or ""),
        zone=str(entry["time"].get("zone") or ""),
        words=words,
        targets=targets,
    )


def _names(ask: Asking, rows: Sequence[tuple[Mapping[str, Any], str]]) -> tuple[Name, ...]:
    def attributes(row: Mapping[str, Any], of: str) -> tuple[tuple[str, bool], ...]:
        if of:
            return ()
        found = ask.get(path_of("dimensions", row["dimension"], "records"), limit=20)
        return tuple((name, _are_numbers(each.get(name) for each in found["items"])) for name in found["columns"][2:])

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda one: attributes(*one), rows))
    return tuple(
        Name(
            str(row["name"]),
            str(row["type"]),
            int(row["records"] or 0),
            str(row["dimension"]),
            of,
            str(row.get("description") or ""),
            found,
        )
        for (row, of), found in zip(rows, told, strict=True)
    )


def _are_numbers(values: Iterable[Any]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in known)


def _offered(row: Mapping[str, Any]) -> Offered:
    return Offered(
        str(row["dataset"]),
        str(row["version"] or ""),
        str(row["status"]),
        row["rows"],
        str(row["reason"] or ""),
        str(row["description"] or ""),
    )


def _versions(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row["version"]) for row in entry["versions"])
