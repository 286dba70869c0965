"""Contractions of a query, whole or in parts: parts that an earlier run has finished are not computed again."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from dsgrid.errors import ConservationError, DsgridError
from dsgrid.operations.recording import know
from dsgrid.operations.task import Task
from dsgrid.query.execution import contract, follow
from dsgrid.query.part_store import FOLDER, FinishedPart, PartStore, clear, stores, whole
from dsgrid.query.part_users import PartUser
from dsgrid.query.parting import largest_axis, parts_worthwhile
from dsgrid.query.plan import Plan, Plans
from dsgrid.query.planner import plan_parts

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from dsgrid.engine import Engine
    from dsgrid.storage.location import Location


@dataclass
class Contractions:
    """The contractions of a query.

    Parameters
    ----------
    parts
        For each contraction the plans of its parts; one that is not divided is a single part.
    store
        Where finished parts are kept; None where nothing is divided.
    """

    task: Task
    plans: Plans
    parts: tuple[tuple[Plan, ...], ...]
    store: PartStore | None
    engine: Engine
    root: Location
    _used: list[FinishedPart] = field(default_factory=list, init=False)
    _user: PartUser | None = field(default=None, init=False)

    def __enter__(self) -> Contractions:
        if self.store is not None:
            self._user = PartUser(self.store.folder)
            self._user.enter()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._user is not None:
            self._user.leave()
        if kind is not None and issubclass(kind, ConservationError) and self.store is not None:
            # What they were made of may be mended, and the next run must not go on from them.
            with contextlib.suppress(OSError, DsgridError):
                self.store.remove()

    @property
    def is_kept(self) -> bool:
        """Whether their rows are on disk before anything follows them."""
        return self.store is not None

    def rows(self, number: int) -> DataFrame | None:
        """Return the coded table that a contraction leaves; None where it is empty."""
        if self.store is None:
            return self._rows(self.plans.contractions[number])
        parts = self.parts[number]
        return whole(
            self.store,
            self.engine.spark,
            number,
            [partial(self._rows, plan) for plan in parts],
            partial(self._told, number, len(parts)),
            self._used,
        )

    def answer(self, plan: Plan, persist: Callable[[DataFrame], Any]) -> DataFrame | None:
        """Return the coded table of a plan that is no result of its own, such as a benchmark."""
        return follow(plan, self.engine.spark, self._rows(plan), persist)

    def require(self) -> None:
        """Refuse the result when parts went while they were read.

        Raises
        ------
        RegistryError
            When a file of them is gone.
        """
        if self.store is not None:
            self.store.require(self._used)

    def close(self) -> None:
        """Keep the parts, for other forms of the result, where the cache has room for them; else remove them.

        To be called when the result is published, which nothing that goes wrong here undoes. What another run of the
        same query reads just now stays, and that run removes it in the end.
        """
        if self._user is not None:
            # Before looking at who is left: of two runs that end at once, one clears up.
            self._user.leave()
        with contextlib.suppress(OSError, DsgridError):
            self._clear()

    def _clear(self) -> None:
        folder, cache = self.task.results / self.task.query.name / FOLDER, self.task.cache
        key = self.task.parts_key
        found = {store.folder.name for _, store in stores(folder, key)}
        own, kept = self.store, ""
        if own is not None and cache is not None and own.folder.name in found and own.bytes <= cache.largest:
            kept = own.folder.name
            own.describe({**own.about(), "whole": True})
            cache.point(own.folder)
        for gone in clear(folder, key, (kept,)):
            if cache is not None:
                cache.forget(gone)

    def _rows(self, plan: Plan) -> DataFrame | None:
        from dsgrid.datasets.read import facts

        def read(session: Any, dataset: Any, columns: Any) -> DataFrame:
            return facts(session, self.root, dataset, columns)

        return contract(plan, self.engine.spark, read, self.root)

    def _told(self, contraction: int, count: int, number: int, is_there: bool) -> None:
        axis = largest_axis(self.plans.contractions[contraction])
        of = "" if axis is None else f" (by {', '.join(column.name for column in axis.columns)})"
        what = "found, finished by an earlier run" if is_there else "reading"
        if is_there:
            know(reused="parts of an earlier run")
        self.task.say(f"part {number + 1} of {count}{of}: {what}")


def contractor(task: Task, plans: Plans, engine: Engine, root: Location) -> Contractions:
    """Return the contractions of a query, divided where it is long, or where that is asked for."""
    key = task.parts_key
    folder = task.results / task.query.name / FOLDER
    begun = stores(folder, key)
    if not task.how.resume:
        for _, store in begun:
            if not store.is_used:
                store.remove()
        begun = []
    count = task.how.parts or (begun[-1][0] if begun else parts_worthwhile(plans))
    if count < 2:
        return Contractions(task, plans, (), None, engine, root)
    parts = plan_parts(plans, count)
    if all(len(each) < 2 for each in parts):
        return Contractions(task, plans, (), None, engine, root)
    store = PartStore(folder / f"{key}-{count}")
    if not task.how.resume and store.folder.is_dir():
        # Another run is at work with its parts; nobody goes on from ours.
        store = PartStore(folder / f"{key}-{count}-{secrets.token_hex(4)}")
    if not store.about():
        count = sum(len(each) for each in parts)
        store.describe({"query": task.query.name, "project": task.query.project, "parts": count})
    if store.finished:
        task.say(f"going on: {store.finished} of {sum(map(len, parts))} parts were finished by an earlier run")
    if task.cache is not None:
        task.cache.point(store.folder)
    return Contractions(task, plans, parts, store, engine, root)
