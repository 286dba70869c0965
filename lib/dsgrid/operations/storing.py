"""The data of a dataset on their way into a registry: read, checked, and stored where nobody looks yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsgrid.bundle import bundle_sha256
from dsgrid.datasets.inputs import checksummed, find_inputs, reading_settings
from dsgrid.datasets.ledger import Ledger
from dsgrid.datasets.offending import named_files, write_rows
from dsgrid.engine import Engine, engine_errors
from dsgrid.errors import DataError
from dsgrid.operations.running import running
from dsgrid.registry.lineage import Lineage, find_lineage
from dsgrid.registry.model import DataFile, DataInput, Dataset
from dsgrid.registry.publish import discard, new_folder, write_manifest
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec
from dsgrid.spec.node import Node
from dsgrid.storage.location import Location, relative_name
from dsgrid.time.files import in_files
from dsgrid.time.tzdata import tzdata_version

if TYPE_CHECKING:
    from dsgrid.datasets.register import Placing


@dataclass(frozen=True)
class Stored:
    """A dataset whose data are safe in the registry's folder, where nobody looks before it is registered."""

    dataset: Dataset
    missing: list[dict[str, str]]
    inputs: tuple[DataInput, ...]
    summary: dict[str, Any]
    lineage: Lineage | None = None


@contextmanager
def stored_data(
    spec: Spec,
    draft: Dataset,
    registry: Registry,
    engine: Engine | None = None,
    progress: Callable[[str], None] | None = None,
    place: Placing | None = None,
) -> Iterator[Stored]:
    """Read, check and store the data of a dataset; what is inside the block registers it.

    Holds no lock while it works. With `place`, files that are as the registry would write them are taken over. When
    anything fails, inside the block too, the data are removed.
    """
    say = progress or (lambda _: None)
    where = new_folder(registry, draft.id, draft.version)
    try:
        lineage = _known_lineage(spec.root["data"].file("table"), registry, say)
        with running(engine) as used, engine_errors():
            from dsgrid.datasets.register import prepare

            time = in_files(spec.root["time"], draft.time)
            # Before the data are read: when a file changes meanwhile, what is kept is not that of the new one.
            say("computing checksums of the input")
            settings = reading_settings(spec.root["data"], time)
            inputs = (*checksummed(find_inputs(spec.root["data"]), used.spark), settings)
            ledger = Ledger()
            try:
                prepared = prepare(used.spark, spec.root, draft.dimensions, time, where, say, ledger, place)
            except DataError as error:
                raise _with_rows(error, spec.root["data"], ledger) from None
        dataset = replace(
            draft,
            layout=prepared.layout,
            folder=relative_name(where, registry.data),
            files=prepared.files,
            profile=prepared.profile,
        )
        missing = _missing(where, prepared.files)
        say("publishing")
        write_manifest(where, prepared.files, _manifest(spec, dataset, where, prepared.summary, used))
        yield Stored(dataset, missing, inputs, prepared.summary, lineage)
    except BaseException:
        discard(where)
        raise


def _with_rows(error: DataError, data: Node, ledger: Ledger) -> DataError:
    """Write all rows that break a check where the spec wants them; return the error with their place."""
    if "broken_rows" not in data:
        return error
    folder = Path(str(data["broken_rows"].resolve()))
    files = write_rows(folder, ledger.outcomes(), named_files(data))
    if not files:
        return error
    *others, last = error.problems
    said = f"  all rows: {', '.join(map(str, files))}"
    return DataError([*others, replace(last, detail="\n".join(part for part in (last.detail, said) if part))])


def _known_lineage(table: Location, registry: Registry, say: Callable[[str], None]) -> Lineage | None:
    """Return the query whose published result a table is, if the registry holds all that the query read."""
    found = find_lineage(table)
    if not isinstance(found, Lineage):
        if found:
            say(f"the lineage of these data is not kept: {found}")
        return None
    missing = registry.missing_sources(found)
    if missing:
        sources = ", ".join(map(str, missing))
        say(f"the lineage of these data is not kept: this registry lacks what query {found.query} read: {sources}")
        return None
    return found


def _missing(folder: Location, files: Sequence[DataFile]) -> list[dict[str, str]]:
    """Return the combinations that are declared to have no data, as the registry keeps them: ids by type."""
    from dsgrid.datasets import parquet

    rows: list[dict[str, str]] = []
    for file in files:
        if file.role == "missing":
            rows.extend(parquet.read(folder / file.path).to_pylist())
    return [{type_: str(id_) for type_, id_ in row.items() if id_ is not None} for row in rows]


def _schema(folder: Location, files: Sequence[DataFile]) -> dict[str, dict[str, str]]:
    """Return the columns of the files of each role (those that declare combinations aside), with their types."""
    from dsgrid.datasets import parquet

    first = {file.role: folder / file.path for file in reversed(files) if file.role not in ("missing", "expected")}
    return {role: {field.name: str(field.type) for field in parquet.schema(path)} for role, path in first.items()}


def _manifest(
    spec: Spec, dataset: Dataset, folder: Location, summary: dict[str, Any], engine: Engine
) -> dict[str, Any]:
    return {
        "dataset": dataset.id,
        "version": dataset.version,
        "layout": asdict(dataset.layout),
        "schema": _schema(folder, dataset.files),
        "spec_sha256": spec.sha256,
        "engine": {"name": engine.name, "version": engine.version},
        "bundle_sha256": bundle_sha256(),
        "tzdata": tzdata_version(),
        "summary": summary,
    }
