"""What a spec demands of a job: what it reads, sends between nodes and writes, as far as that is known before.

Of a query everything follows from its plan, which needs no engine. Of what reads files their sizes are known. Of the
rest nothing is: no number is made up for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dsgrid.datasets.offenders import counted
from dsgrid.errors import DsgridError
from dsgrid.operations.asking import ASKING, inputs_of, plans_of, read_asked
from dsgrid.operations.job import NEEDS_ENGINE
from dsgrid.operations.location import registry_folder
from dsgrid.operations.progress import in_bytes
from dsgrid.spec.load import Spec, load_spec
from dsgrid.storage.location import Location, files_below

if TYPE_CHECKING:
    from dsgrid.query.inputs import Inputs
    from dsgrid.query.model import Query
    from dsgrid.query.plan import Plan, Plans

ENGINES: Final = ("spark", "sail")
# What a dataset is registered from; Parquet with zstd takes about two to three bytes for a value, CSV about ten.
BYTES_PER_VALUE: Final = 2.5
BYTES_PER_VALUE_AS_TEXT: Final = 10.0
_TEXTS: Final = frozenset({".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson"})
_BYTES_PER_CELL: Final = 8


@dataclass(frozen=True)
class Demand:
    """What a spec reads, sends and writes; all of it is about so much.

    Parameters
    ----------
    job
        The spec's job.
    values, rows_read, bytes_read
        What is read of facts; of a registration the values are told from its files' sizes.
    shuffle_bytes
        What the tasks of an engine send to each other.
    rows, bytes
        What is written.
    says
        All of it in words.
    known
        False where it is not known what is read, or not of all.
    registers
        Whether the facts are checked and stored, which takes longer than to sum them.
    asks
        Whether it is a query, which can be divided into parts.
    engine
        Whether it needs an engine at all.
    place
        Where results go, if it is a query.
    begun
        Into how many parts an earlier run has divided it that was ended, by the engine of that run: what is finished of
        them is kept only for as many.
    """

    job: str
    values: int = 0
    rows_read: int = 0
    bytes_read: int = 0
    shuffle_bytes: int = 0
    rows: int = 0
    bytes: int = 0
    says: str = ""
    known: bool = True
    registers: bool = False
    asks: bool = False
    engine: bool = True
    place: Location | None = None
    begun: Mapping[str, int] = field(default_factory=dict)


def demand(
    spec: str | Path | Mapping[str, Any] | Spec,
    *,
    registry: str | Path | None = None,
    variables: Mapping[str, str] | None = None,
    at: str | None = None,
) -> Demand:
    """Return what a spec demands; starts no engine.

    Parameters
    ----------
    at
        A version of the project, or a date; of a query.

    Raises
    ------
    DsgridError
        What is wrong with the spec, or what it names that is not there.
    """
    loaded = load_spec(spec, None, variables)
    if loaded.job == "bulk":
        return _of_bulk(loaded, registry)
    if loaded.job not in NEEDS_ENGINE:
        return Demand(loaded.job, says="reads no facts, which takes seconds", engine=False)
    if loaded.job in ASKING:
        return _of_query(loaded, registry, at)
    return _of_files(loaded, registry)


def of_plans(job: str, plans: Plans, place: Location | None = None, begun: Mapping[str, int] | None = None) -> Demand:
    """Return what a query demands whose plans are known."""
    from dsgrid.query.size import work

    todo = work(plans)
    sent = sum(_sent(plan) for plan in plans.contractions)
    most = "" if todo.exact else "at most "
    says = (
        f"reads about {counted(todo.values_read, 'value')} ({counted(todo.rows_read, 'row')}, "
        f"{in_bytes(todo.bytes_read)}), shuffles about {in_bytes(sent)}, "
        f"and writes {most}{counted(todo.rows, 'row')} (about {in_bytes(todo.bytes)})"
    )
    return Demand(
        job,
        values=todo.values_read,
        rows_read=todo.rows_read,
        bytes_read=todo.bytes_read,
        shuffle_bytes=sent,
        rows=todo.rows,
        bytes=todo.bytes,
        says=says,
        asks=True,
        place=place,
        begun=begun or {},
    )


def _of_query(spec: Spec, registry: str | Path | None, at: str | None) -> Demand:
    from dsgrid.operations.task import results_folder
    from dsgrid.registry.registry import Registry

    asked = read_asked(spec, at)
    with Registry.open(registry_folder(spec, registry), at=asked.at) as opened:
        inputs = inputs_of(asked, opened)
        plans = plans_of(asked, inputs, opened)
    if spec.job == "map_dataset":
        return of_plans(spec.job, plans)
    place = results_folder(asked, spec)
    return of_plans(spec.job, plans, place, _begun(asked, inputs, place / asked.name))


def _begun(asked: Query, inputs: Inputs, results: Location) -> dict[str, int]:
    from dsgrid.query.cache.keys import parts_key, surroundings
    from dsgrid.query.part_store import FOLDER, stores
    from dsgrid.query.part_users import names_in

    found: dict[str, int] = {}
    with contextlib.suppress(DsgridError, OSError):
        for engine in ENGINES if names_in(results / FOLDER) else ():
            kept = stores(results / FOLDER, parts_key(asked, inputs, surroundings(engine)))
            if kept:
                found[engine] = kept[-1][0]
    return found


def _sent(plan: Plan) -> int:
    """Return about how many bytes are sent between tasks: what contractions leave, and what each stage is made of."""
    from dsgrid.query.explained_source import shuffle_bytes

    sources = [one for one in plan.sources if one.group_first and one.bounds is not None and one.time is not None]
    # The table before a stage is what it sorts by its keys.
    before = sum(rows for rows, _ in plan.stage_rows[:-1]) if plan.stages else 0
    return sum(map(shuffle_bytes, sources)) + before * _BYTES_PER_CELL * (1 + len(plan.columns))


def _of_files(spec: Spec, registry: str | Path | None) -> Demand:
    """Return what a job demands of which only the files that it reads are known."""
    from dsgrid.operations import check_dataset, filter_registry, register_composite

    if spec.job == "import_registry":
        return Demand(spec.job, says="it is not known before how much an import reads", known=False, registers=True)
    if spec.job == "filter_registry":
        return _of_bytes(spec.job, filter_registry.bytes_to_read(spec, registry))
    if spec.job == "check_dataset":
        return _of_bytes(spec.job, check_dataset.bytes_to_read(spec, registry))
    if spec.job == "register_composite":
        return _of_bytes(spec.job, register_composite.bytes_to_read(spec))
    data = spec.root["data"]
    files = [file for key in ("table", "lookup") if key in data for file in _files(data[key].file())]
    return _of_bytes(
        spec.job, sum(size for _, size in files), sum(size for path, size in files if path.suffix.lower() in _TEXTS)
    )


def _files(place: Location) -> list[tuple[Location, int]]:
    if place.is_dir():
        return [(path, size) for path, size, _ in files_below(place)]
    return [(place, place.stat().st_size)]


def _of_bytes(job: str, bytes_: int, as_text: int = 0) -> Demand:
    values = round((bytes_ - as_text) / BYTES_PER_VALUE + as_text / BYTES_PER_VALUE_AS_TEXT)
    says = f"reads {in_bytes(bytes_)} of files (perhaps {counted(values, 'value')}), checks and writes them"
    return Demand(job, values=values, bytes_read=bytes_, shuffle_bytes=bytes_, bytes=bytes_, says=says, registers=True)


def _of_bulk(spec: Spec, registry: str | Path | None) -> Demand:
    """Return the sum of what the specs of a bulk demand, as far as their data are there already."""
    from dsgrid.operations.bulk import check_bulk

    found: list[Demand] = []
    unknown = 0
    left, _ = check_bulk(spec, registry)
    for step in left:
        if step.spec.job not in NEEDS_ENGINE:
            continue
        try:
            one = demand(step.spec, registry=step.registry)
        except DsgridError:
            # Most often because a spec before it registers what it asks.
            unknown += 1
            continue
        found.append(one)
        unknown += not one.known
    return _summed(spec.job, found, len(left), unknown)


def _summed(job: str, found: Iterable[Demand], specs: int, unknown: int) -> Demand:
    total = Demand(job)
    for one in found:
        total = replace(
            total,
            **{
                name: getattr(total, name) + getattr(one, name)
                for name in ("values", "rows_read", "bytes_read", "rows")
            },
            bytes=total.bytes + one.bytes,
            # They run one after the other.
            shuffle_bytes=max(total.shuffle_bytes, one.shuffle_bytes),
            registers=total.registers or one.registers,
        )
    told = f"reads about {counted(total.values, 'value')} ({in_bytes(total.bytes_read)})"
    if unknown:
        told += f", and what {counted(unknown, 'spec')} of it will read is not known yet"
    says = f"{counted(specs, 'spec')} in order; {told}"
    needs = bool(unknown or total.values or total.registers)
    if not needs:
        says = f"{counted(specs, 'spec')} in order, which read no facts"
    return replace(total, says=says, known=not unknown, engine=needs)
