"""The folder of an attempt: what is to be done goes in before it begins, how it ended comes out as the last."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from dsgrid.api.job import EMBEDDED, FAILED, SLURM, SPARK, WARM, Attempt, Options, Outcome
from dsgrid.api.settings import Settings
from dsgrid.spec import fence

REQUEST: Final = "request.json"
LOG: Final = "log.jsonl"
OUTPUT: Final = "output.txt"
OUTCOME: Final = "outcome.json"
RESULTS: Final = fence.RESULTS
FILES: Final = fence.HOME
FORMS: Final = "forms"  # other forms of a result, made for who downloads it
SPECS: Final[Mapping[str, str]] = {"application/json": "spec.json", "application/toml": "spec.toml"}
# Room on the disk that is kept for the outcome: how a job failed can be told also where the disk is full.
RESERVE: Final = ".reserve"
_RESERVED: Final = 16 << 10
# What a reason, and the report of a job, may take at most.
_REASON: Final = 1_000
_REPORT: Final = 64 << 10
_ENGINES: Final[Mapping[str, str]] = {WARM: "sail", EMBEDDED: "sail", SPARK: "spark", SLURM: "slurm"}


@dataclass(frozen=True)
class Order:
    """What is to be done in an attempt, as `request.json` says it.

    Parameters
    ----------
    job, kind, user
        Of whose job it is an attempt.
    spec
        The file with the spec, in the attempt's folder.
    registry
        The registry that it works on; None where the spec names the one that it makes.
    engine
        ``sail``, ``spark`` or ``slurm``.
    memory, master, site
        See `dsgrid.api.settings.Runners`.
    fence
        Which files it may read and write; see `dsgrid.spec.fence`.
    """

    job: str
    kind: str
    user: str
    spec: str
    registry: Path | None
    engine: str
    memory: str | None = None
    master: str | None = None
    site: str | None = None
    options: Options = field(default_factory=Options)
    fence: Mapping[str, Any] = field(default_factory=dict)


def write_request(attempt: Attempt, settings: Settings) -> None:
    """Make the folder of an attempt, with the request and the spec; whoever carries it out needs nothing else."""
    from dsgrid.api.jobs.fencing import fence_of
    from dsgrid.api.jobs.kinds import KINDS

    job, runners = attempt.job, settings.runners
    folder = attempt.folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    order = Order(
        job=job.id,
        kind=job.kind,
        user=job.user,
        spec=SPECS[job.media_type],
        registry=None if KINDS[job.kind].names_registry else settings.registry,
        engine=_ENGINES[job.runner],
        memory=runners.memory,
        master=runners.master if job.runner == SPARK else None,
        site=runners.site if job.runner == SLURM else None,
        options=job.options,
        fence=fence_of(job, settings, folder=folder).document(),
    )
    _write_private(folder / order.spec, job.spec.encode())
    document = asdict(order) | {"registry": None if order.registry is None else str(order.registry)}
    document["options"]["variables"] = dict(order.options.variables)
    _write_private(folder / REQUEST, json.dumps(document, ensure_ascii=False, indent=1).encode())


def read_request(folder: Path) -> Order:
    """Return what is to be done in an attempt.

    Raises
    ------
    ValueError
        The file is damaged.
    """
    told = json.loads((folder / REQUEST).read_bytes())
    if not isinstance(told, dict) or not isinstance(told.get("options"), dict):
        raise ValueError(f"{REQUEST} is no request")
    known = {each.name for each in fields(Order)}
    if told.keys() != known:
        raise ValueError(f"{REQUEST} has other keys than expected: {', '.join(sorted(told.keys() ^ known))}")
    registry = told["registry"]
    return Order(
        **{**told, "options": Options(**told["options"]), "registry": None if registry is None else Path(registry)}
    )


def reserve(folder: Path) -> None:
    """Keep some room for the outcome.

    Raises
    ------
    OSError
        There is none; the attempt would fail, and could not say so.
    """
    with _open_private(folder / RESERVE) as file:
        os.posix_fallocate(file.fileno(), 0, _RESERVED)


def write_outcome(folder: Path, outcome: Outcome) -> None:
    """Write how an attempt ended: whole or not at all, and safe from a power cut.

    Where the disk is full the room that was kept for it is used; what does not fit is left out.
    """
    short = replace(outcome, reason=_cut(outcome.reason, _REASON), report=_cut(outcome.report, _REPORT))
    new = folder / f".{OUTCOME}.{secrets.token_hex(4)}"
    try:
        with _open_private(new) as file:
            file.write(_encoded(short))
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, folder / OUTCOME)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        _write_reserved(folder, short)
    else:
        with contextlib.suppress(OSError):
            (folder / RESERVE).unlink()


def _write_reserved(folder: Path, outcome: Outcome) -> None:
    shortened = replace(outcome, report=_cut(outcome.report, 2_000), files=())
    for candidate in (shortened, replace(shortened, problems=shortened.problems[:1]), replace(shortened, problems=())):
        if len(_encoded(candidate)) <= _RESERVED:
            break
    kept = folder / RESERVE
    # Into the blocks that it has already.
    with kept.open("r+b") as file:
        written = file.write(_encoded(candidate))
        file.flush()
        file.truncate(written)
        os.fsync(file.fileno())
    os.replace(kept, folder / OUTCOME)


def read_outcome(folder: Path) -> Outcome | None:
    """Return how an attempt ended; None while it has not said so.

    Raises
    ------
    OSError
        It cannot be told now, as with too many open files.
    """
    try:
        told = json.loads((folder / OUTCOME).read_bytes())
        return Outcome(**{**told, "problems": tuple(told["problems"]), "files": tuple(told["files"])})
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):
        return Outcome(FAILED, 1, "lost: what the job said of its end cannot be read")


def _encoded(outcome: Outcome) -> bytes:
    return json.dumps(asdict(outcome), ensure_ascii=False, default=str).encode("utf-8", "backslashreplace")


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"


def _write_private(path: Path, data: bytes) -> None:
    with _open_private(path) as file:
        file.write(data)


def _open_private(path: Path) -> Any:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb")
