"""The operation behind ``dsgrid query``: a question without a spec's file, answered as a query like any other."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dsgrid.errors import DsgridError, UsageError
from dsgrid.operations.cached_answers import cached_answers, forget_old, remember
from dsgrid.operations.location import registry_folder
from dsgrid.operations.question import Question
from dsgrid.operations.question_places import Places
from dsgrid.operations.question_spec import Asked, spec_of
from dsgrid.operations.registry_contents import aim
from dsgrid.operations.reported import Reported
from dsgrid.registry.registry import Registry
from dsgrid.registry.toml import escaped
from dsgrid.remote import shown
from dsgrid.spec.load import SPEC_VERSION
from dsgrid.spec.patterns import FOLDER_NAME
from dsgrid.toml_text import dumps

if TYPE_CHECKING:
    from dsgrid.engine import Engine
    from dsgrid.operations.explain import Explained
    from dsgrid.operations.shown_rows import Rows
    from dsgrid.operations.task import How
    from dsgrid.query.result import Result

KEPT: Final = "results"  # in the working directory, as for a spec that is made in Python
_DIGITS: Final = 8


@dataclass(frozen=True)
class Spoken:
    """A question in the words of a spec: what runs, and what messages call its parts.

    Parameters
    ----------
    name
        The name of the query; it follows from the question and the registry.
    """

    question: Question
    asked: Asked
    registry: Path
    name: str

    @property
    def spec(self) -> dict[str, Any]:
        """The complete spec; its result goes beside it, or for one that is made in Python into the working folder."""
        head = {"spec_version": SPEC_VERSION, "job": "query", "registry": str(self.registry), "name": self.name}
        return {**head, **self.asked.document}

    def toml(self) -> str:
        """Return the spec as TOML, which ``dsgrid run`` runs."""
        return dumps(escaped(self.spec))

    def into(self, folder: Path) -> dict[str, Any]:
        """Return the spec with a folder for its result."""
        document = self.spec
        return document | {"result": {"path": str(folder), **document.get("result", {})}}


@dataclass(frozen=True, repr=False)
class Answer(Reported):
    """The answer to a question.

    Parameters
    ----------
    notes
        What was added to the question, in words.
    """

    result: Result
    spoken: Spoken
    notes: tuple[str, ...] = field(default=())

    @cached_property
    def rows(self) -> Rows:
        """The rows of the answer, for people and programs."""
        from dsgrid.operations.stored_rows import rows_of_result

        return rows_of_result(self.result)

    def report(self) -> str:
        """Return the first rows as a table."""
        from dsgrid.operations.shown_rows import text_table

        return text_table(self.rows, 20)


def speak(question: Question, registry: str | Path | None = None, name: str = "", *, python: bool = False) -> Spoken:
    """Return a question in the words of a spec; see `dsgrid.operations.question_spec.spec_of`.

    Parameters
    ----------
    registry
        The registry's folder; without one the environment or the user's configuration names it.
    name
        Of the query; by default it follows from the question.
    python
        Whether messages name calls, and not options of the command line.

    Raises
    ------
    NotFoundError
        For names that are not there, with the closest that are.
    UsageError
        For a name that is none.
    """
    if name and not re.search(FOLDER_NAME.pattern, name):
        raise UsageError(f'found "{name}", expected {FOLDER_NAME.words}')
    folder = registry_folder(registry=registry).absolute()
    project, moment = aim(question.project, question.at or None)
    question = replace(question, project=project, at="" if moment is None else question.at)
    with Registry.open(folder, at=moment) as opened:
        asked = spec_of(question, opened, python=python)
    if not name:
        told = json.dumps([str(folder), asked.document], sort_keys=True, ensure_ascii=False)
        name = f"{question.slug}_{hashlib.sha256(told.encode()).hexdigest()[:_DIGITS]}"
    return Spoken(question, asked, folder, name)


def explain_question(spoken: Spoken) -> Explained:
    """Return the plan of a question, or raise what is wrong with it; no engine is started."""
    from dsgrid.operations.explain import explain

    with _told_by(spoken.asked.places):
        return explain(spoken.spec, registry=spoken.registry)


def answer(
    spoken: Spoken,
    *,
    folder: Path | None = None,
    engine: Engine | None = None,
    progress: Callable[[str], None] | None = None,
    how: How | None = None,
) -> Answer:
    """Answer a question, and publish the answer as the result of a query.

    Parameters
    ----------
    folder
        Where results are kept; by default the user's cache, where an answer stays for 30 days.
    how
        See `dsgrid.operations.query.query`.

    Raises
    ------
    SpecError
        For what means nothing.
    ConservationError
        If the answer does not add up to what went in.
    """
    from dsgrid.operations.query import query

    place = folder or cached_answers()
    with _told_by(spoken.asked.places):
        result = query(spoken.into(place), registry=spoken.registry, engine=engine, progress=progress, how=how)
    if folder is None:
        remember(place, spoken.name)
        forget_old(place)
    return Answer(result, spoken, _notes(spoken, result))


def quick_question(
    question: Question,
    *,
    registry: str | Path | None = None,
    keep: str = "",
    engine: str | None = None,
    master: str | None = None,
    memory: str | None = None,
    conf: Mapping[str, str] | None = None,
    progress: Callable[[str], None] | None = None,
    how: How | None = None,
) -> Answer:
    """Answer a question with the engine that the command line names.

    Parameters
    ----------
    keep
        The name under which the answer is kept in `KEPT`; without one it goes to the user's cache.
    engine, master, memory, conf
        See `dsgrid.operations.request.Request`.
    how
        See `dsgrid.operations.query.query`.
    """
    from dsgrid.engine import resolve, under_spark_submit
    from dsgrid.operations.submitted_question import submit_question

    spoken = speak(question, registry, keep)
    folder = Path(KEPT).absolute() if keep else None
    wanted = resolve(engine or ("spark" if master else None))
    if master and wanted != "spark":
        raise UsageError(f'a master belongs to the engine "spark", not to "{shown(wanted)}"')
    if wanted == "spark" and not under_spark_submit():
        explain_question(spoken)  # what is wrong is told by options, before Spark starts
        place = folder or cached_answers()
        options: dict[str, Any] = {"master": master, "memory": memory, "conf": conf, "progress": progress, "how": how}
        result = submit_question(spoken.into(place), place / spoken.name, **options)
        return Answer(result, spoken, _notes(spoken, result))
    os.environ["DSGRID_ENGINE"] = wanted
    if memory:
        os.environ["DSGRID_MEMORY"] = memory
    return answer(spoken, folder=folder, progress=progress, how=how)


def _notes(spoken: Spoken, result: Result) -> tuple[str, ...]:
    """Return what was added to a question, and whether the answer was there already."""
    return (*spoken.asked.notes, *((result.reused,) if result.reused else ()))


@contextlib.contextmanager
def _told_by(places: Places) -> Iterator[None]:
    """Let errors say where they are by what the user wrote."""
    try:
        yield
    except DsgridError as error:
        raise places.reworded(error) from None
