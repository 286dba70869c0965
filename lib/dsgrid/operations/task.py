"""A query on its way to an answer: what it asks, what it reads, where its result goes, and how it is carried out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from dsgrid.engine import Engine, resolve
from dsgrid.query.cache.entries import Cache, open_cache
from dsgrid.query.cache.keys import Surroundings, parts_key, result_key, surroundings
from dsgrid.query.inputs import Inputs
from dsgrid.query.model import Query
from dsgrid.spec.load import Spec
from dsgrid.storage.location import Location


@dataclass(frozen=True)
class How:
    """How a query is carried out: none of it changes the answer.

    Parameters
    ----------
    cache
        Whether an answer that was given before is taken, and this one kept.
    resume
        Whether parts that an earlier run has finished are used.
    parts
        Into how many parts the facts are read; None leaves that to their size.
    """

    cache: bool = True
    resume: bool = True
    parts: int | None = None


@dataclass(frozen=True)
class Task:
    """A query on its way to an answer.

    Parameters
    ----------
    spec
        The spec as it was loaded.
    inputs
        What its names mean in the registry.
    results
        The folder in which the query has one of its own.
    key
        The fingerprint of everything that the answer depends on.
    cache
        None where answers are neither taken from it nor kept.
    began
        When, on the monotonic clock.
    """

    spec: Spec
    query: Query
    inputs: Inputs
    results: Location
    around: Surroundings
    key: str
    cache: Cache | None
    how: How
    say: Callable[[str], None]
    began: float = field(default_factory=time.monotonic)

    @cached_property
    def parts_key(self) -> str:
        """The fingerprint of what is contracted: how tables look makes no difference."""
        return parts_key(self.query, self.inputs, self.around)


def make_task(
    spec: Spec,
    query: Query,
    inputs: Inputs,
    *,
    engine: Engine | str | None = None,
    how: How | None = None,
    progress: Callable[[str], None] | None = None,
    began: float | None = None,
) -> Task:
    """Return a query with the key of its answer; starts no engine.

    Parameters
    ----------
    engine
        What is to compute it, or the name of that.
    """
    how = how or How()
    if isinstance(engine, Engine):
        around = surroundings(engine.name, engine.version)
    else:
        around = surroundings(resolve(engine))
    return Task(
        spec=spec,
        query=query,
        inputs=inputs,
        results=results_folder(query, spec),
        around=around,
        key=result_key(query, inputs, around),
        cache=open_cache() if how.cache else None,
        how=how,
        say=progress or (lambda _: None),
        began=time.monotonic() if began is None else began,
    )


def results_folder(asked: Query, spec: Spec) -> Location:
    """Return where results go: ``[result] path``, else ``results`` beside the spec (or in the working directory).

    With a fence they go where that says, whatever the spec does.
    """
    fence = spec.root.source.fence
    if fence is not None and fence.results is not None:
        return fence.results
    if asked.output.path is not None and asked.output.node is not None:
        place = asked.output.node.resolve("path")
        return Path(os.path.normpath(place)) if isinstance(place, Path) else place
    return spec.root.source.folder / "results"
