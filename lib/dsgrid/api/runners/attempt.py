"""An attempt to carry out a job: ``python -m dsgrid.api.runners.attempt FOLDER``; everything else is in the folder."""

from __future__ import annotations

import contextlib
import json
import re
import sys
import time
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from dsgrid.api.job import CANCELLED, FAILED, SUCCEEDED, Outcome, failed
from dsgrid.api.jobs.attempt_folder import FILES, LOG, OUTPUT, Order, read_request, reserve, write_outcome
from dsgrid.api.jobs.claim import claim
from dsgrid.api.runners.surroundings import captured, flush, heedless, surroundings, yield_to_others
from dsgrid.cluster.processes import ALWAYS
from dsgrid.errors import BY_CODE, DsgridError, EngineError, Problem, StorageError, class_name
from dsgrid.operations.ending import INTERRUPTED, REFUSED, TERMINATED, code_of, exit_code, refusal

STOPPED: Final = frozenset({INTERRUPTED, TERMINATED})
# What a defect looks like, for whoever runs the server; nothing of it is served.
DEFECT: Final = "defect.txt"
_PROGRESS: Final = re.compile(r"\[ *[0-9.]+ s\] ")
_RUN_SPEC: Final = "run.json"
_MOST_FILES: Final = 10_000
_VARIABLE: Final = re.compile(r"(\$+\{[^{}]*\})")


def carry_out(folder: Path) -> Outcome | None:
    """Do what an attempt's folder says, and write there how it ended; None if somebody else does it, such as Slurm.

    Whatever goes wrong becomes an outcome. This is for the main thread of a process, which a SIGTERM ends in order.
    """
    folder = folder.absolute()
    if not claim(folder):
        return None
    began = time.monotonic()
    done = _carried_out(folder)
    if done is None:
        return None
    # From here on there is an end, which nothing may take back.
    with heedless():
        outcome = replace(done, seconds=round(time.monotonic() - began, 3))
        write_outcome(folder, outcome)
    return outcome


def _carried_out(folder: Path) -> Outcome | None:
    made: list[Outcome | None] = []
    failures: list[BaseException] = []
    try:
        with captured(folder), exit_code():
            try:
                reserve(folder)
                made.append(_performed(folder, read_request(folder)))
            except BaseException as error:
                failures.append(error)
                raise
    except BaseException as error:  # a signal before and after, or a disk that does not even take the message
        failures.append(error)
    return made[0] if made else _failed(folder, failures[0])


def _performed(folder: Path, order: Order) -> Outcome | None:
    # Imported here: who only looks at attempts needs none of it.
    from dsgrid.operations.job import perform
    from dsgrid.operations.progress import LineProgress, closed
    from dsgrid.operations.request import Request
    from dsgrid.spec.fence import Fence, fenced

    options = order.options
    with surroundings(folder, order), fenced(Fence.of(order.fence)):
        spec, variables, at = folder / order.spec, options.variables, options.at
        if order.engine != "sail" and (variables or at is not None):
            # These would be arguments of a command.
            spec, variables, at = _filled(folder, order), {}, None
        if order.engine == "slurm":
            from dsgrid.api.runners.slurm_submission import hand_in

            hand_in(folder, order, spec)
            return None
        request = Request(
            spec=spec,
            job=order.kind,
            variables=variables,
            registry=order.registry,
            engine=order.engine,
            master=order.master,
            memory=order.memory,
            at=at,
            apply=options.apply,
            allow=options.allow,
            cache=options.cache,
            resume=options.resume,
            parts=options.parts,
            log=folder / LOG,
        )
        printed = _size_of_output(folder)
        with closed(LineProgress(True)) as progress:
            done = perform(request, progress)
        with contextlib.suppress(OSError):  # a full disk takes back nothing of what is done
            sys.stdout.write(done.report)
    # A job under spark-submit has told its report itself.
    return outcome_of(folder, done.code, done.report or _printed_since(folder, printed))


def outcome_of(folder: Path, code: int, report: str) -> Outcome:
    """Return the outcome of a run that has said the rest in the attempt's folder.

    Parameters
    ----------
    code
        Its exit code.
    report
        What it has told the user.
    """
    ended = run_ended(folder)
    if code in STOPPED:
        return Outcome(CANCELLED, code, "ended by a signal", report)
    if code and ended.get("outcome") != "succeeded":
        said = str(ended.get("error") or report.strip().partition("\n")[0] or f"exit code {code}")
        return failed(code, said, BY_CODE[code].__name__ if code in BY_CODE else "", report.strip())
    return Outcome(SUCCEEDED, code, report=report, result=_result(folder, ended), files=_files(folder))


def _size_of_output(folder: Path) -> int:
    flush()
    return (folder / OUTPUT).stat().st_size


def _printed_since(folder: Path, size: int) -> str:
    """Return what was printed since the output had a size, without the progress, and what Java always says."""
    flush()
    with (folder / OUTPUT).open("rb") as file:
        file.seek(size)
        lines = file.read().decode("utf-8", "replace").splitlines(keepends=True)
    return "".join(line for line in lines if not _PROGRESS.match(line) and not line.startswith(ALWAYS))


def run_ended(folder: Path) -> dict[str, Any]:
    """Return the line of the log about the end of the run; nothing where there is none."""
    try:
        with (folder / LOG).open("rb") as file:
            lines = [line for line in file if b'"run_ended"' in line]
    except OSError:
        return {}
    for line in reversed(lines):
        with contextlib.suppress(ValueError):
            told = json.loads(line)
            if isinstance(told, dict) and told.get("event") == "run_ended":
                return told
    return {}


def _result(folder: Path, ended: dict[str, Any]) -> str | None:
    """Return the folder of the result, relative to that of the attempt."""
    told = ended.get("result")
    if not isinstance(told, str):
        return None
    with contextlib.suppress(ValueError):
        return str(Path(told).relative_to(folder))
    with contextlib.suppress(ValueError, OSError):
        return str(Path(told).resolve().relative_to(folder.resolve()))
    return None


def _files(folder: Path) -> tuple[str, ...]:
    """Return what the job has written besides, relative to the attempt's folder."""
    found = sorted(str(path.relative_to(folder)) for path in (folder / FILES).rglob("*") if path.is_file())
    return tuple(found[:_MOST_FILES])


def _failed(folder: Path, error: BaseException) -> Outcome:
    """Return the outcome of an attempt that an error has ended."""
    if isinstance(error, MemoryError):
        error = EngineError("there is not enough memory for this job on the server")
    code = code_of(error)
    if code in STOPPED:
        # It may have come when all was done.
        ended = run_ended(folder)
        if ended.get("outcome") == "succeeded":
            return outcome_of(folder, 0, "")
        return Outcome(CANCELLED, code, "ended by a signal")
    name = type(error).__name__
    if isinstance(error, DsgridError):
        problems, name = error.problems, class_name(error)
    elif isinstance(error, OSError) and code == REFUSED:
        problems, name = (Problem(refusal(error)),), StorageError.__name__
    else:
        with contextlib.suppress(OSError):
            (folder / DEFECT).write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        problems = (Problem(f"a defect in dsgrid: {name}"),)
    documents = tuple(
        {"message": one.message, "where": one.where, "key": one.key, "detail": one.detail, "error": name}
        for one in problems
    )
    return Outcome(FAILED, code, str(problems[0]).partition("\n")[0], problems=documents)


def _filled(folder: Path, order: Order) -> Path:
    """Write the spec with the values of its variables, and the moment that it asks about; return the file."""
    from dsgrid.spec.load import load_spec

    value = dict(load_spec(folder / order.spec, order.kind, order.options.variables).root.value)
    if order.options.at is not None:
        value["at"] = order.options.at
    # What is left of the form ${name} was written as $${name}, and is read once more.
    path = folder / _RUN_SPEC
    path.write_text(json.dumps(_escaped(value), ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return _VARIABLE.sub(r"$\1", value)
    if isinstance(value, dict):
        return {key: _escaped(child) for key, child in value.items()}
    return [_escaped(child) for child in value] if isinstance(value, list) else value


def main(arguments: list[str]) -> int:
    """Carry out the attempt whose folder is the one argument, and return the exit code of its job."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m dsgrid.api.runners.attempt FOLDER\n")
        return 2
    yield_to_others()
    try:
        outcome = carry_out(Path(arguments[0]))
    except OSError as error:  # not even a claim, or an outcome, can be written
        with contextlib.suppress(OSError):
            sys.stderr.write(f"{refusal(error)}\n")
        return REFUSED
    # Not what another one's outcome is.
    return 0 if outcome is None else outcome.code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
