"""Specs: TOML files (or mappings in Python) that say what a job has to do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dsgrid.errors import NotFoundError, Problem, SpecError, UsageError, did_you_mean, listing
from dsgrid.spec.json_text import parse_json
from dsgrid.spec.node import Node, Source, missing, shown
from dsgrid.spec.syntax import parse, refuse_odd, wrapped_tables
from dsgrid.spec.validate import check, jobs
from dsgrid.spec.variables import fill

SPEC_VERSION = 1


@dataclass(frozen=True)
class Spec:
    """A spec that keeps its schema.

    Parameters
    ----------
    root
        The values, with variables filled, and where they are in the file.
    text
        The TOML as it was written; JSON for a spec that was made in Python.
    sha256
        Of the text and of the variables' values: equal hashes ask for the same.
    path
        The file as it was named, or None.
    variables
        What ``${name}`` in the text stands for.
    """

    job: str
    root: Node
    text: str
    sha256: str
    path: Path | None
    variables: Mapping[str, str] = field(default_factory=dict)


def load_spec(
    spec: str | Path | Mapping[str, Any] | Spec, job: str | None = None, variables: Mapping[str, str] | None = None
) -> Spec:
    """Return a spec after checking its syntax and its schema.

    Parameters
    ----------
    spec
        The path of a TOML file (or of a JSON file, ``.json``), or a mapping with the same keys. A mapping may leave out
        `job` and `spec_version` where `job` is given, and its relative paths are relative to the working directory.
    job
        The job that the spec has to be for; None takes any.
    variables
        Values for ``${name}`` in strings.

    Raises
    ------
    SpecError
        With all problems of the file.
    NotFoundError
        When there is no such file.
    """
    if isinstance(spec, Spec):
        if job not in (None, spec.job):
            raise SpecError(_other_job(spec.root, str(job)))
        return spec
    if isinstance(spec, Mapping):
        return _from_mapping(spec, job, variables or {})
    path = Path(spec)
    return parse_spec(read_file(path), job, variables, path=path)


def parse_spec(
    text: str,
    job: str | None = None,
    variables: Mapping[str, str] | None = None,
    *,
    path: Path | None = None,
    folder: Path | None = None,
) -> Spec:
    """Return a spec from its TOML text, or from JSON where its file is called so; see `load_spec`.

    Parameters
    ----------
    path
        The file that messages name; None for a text that is in no file.
    folder
        What relative paths are relative to: by default the file's folder, or the working directory.
    """
    plain = text.replace("\r\n", "\n")
    # Absolute, because the working directory may change before the paths in the spec are used.
    file = path.absolute() if path is not None else None
    source = Source(file, plain, (folder or (path.parent if path is not None else Path())).absolute())
    values = parse_json(source) if source.is_json else parse(source)
    refuse_odd(values, source)
    spec = _checked(Node(values, (), source), text, job, variables or {})
    return replace(spec, path=path)


def _from_mapping(spec: Mapping[str, Any], job: str | None, variables: Mapping[str, str]) -> Spec:
    value = _plain(spec)
    if job is not None:
        value = {"job": job, **value}
    if value:
        # What is made in Python is of the format of the code that runs.
        value = {"spec_version": SPEC_VERSION, **value}
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return _checked(Node(value, (), Source(None, "", Path.cwd())), text, job, variables)


def _checked(root: Node, text: str, job: str | None, variables: Mapping[str, str]) -> Spec:
    found = _job(root, job)
    filled, problems = fill(root, variables)
    unfilled = {(problem.where, problem.key) for problem in problems}
    # Where a variable has no value, what the schema says about "${name}" is of no use.
    problems += [problem for problem in check(filled, found) if (problem.where, problem.key) not in unfilled]
    problems += [] if root.source.is_json else wrapped_tables(root.source)
    if problems:
        raise SpecError(problems)
    hashed = text + json.dumps(dict(variables), sort_keys=True) if variables else text
    sha256 = hashlib.sha256(hashed.encode()).hexdigest()
    return Spec(found, filled, text, sha256, None, dict(variables))


def _job(root: Node, wanted: str | None) -> str:
    """Return the job of a spec; without a known one there is no schema, and that is the only problem."""
    if "job" not in root:
        what = "missing key" if root.value else "the spec is empty; missing key"
        raise SpecError(root.problem(f'{what} "job", one of {listing(jobs(), limit=40)}'))
    job = root["job"]
    if not isinstance(job.value, str) or job.value not in jobs():
        hint = did_you_mean(str(job.value), jobs(), limit=20)
        raise job.error(f"found {json.dumps(job.value, default=str)}, which is no job{hint}")
    if wanted is not None and job.value != wanted:
        raise SpecError(_other_job(root, wanted))
    return job.value


def _other_job(root: Node, wanted: str) -> Problem:
    return root["job"].problem(f'found a spec for "{root["job"].value}", expected one for "{wanted}"')


def read_file(path: Path, what: str = "a spec") -> str:
    """Return the text of a spec, or of another TOML file; messages call it `what`."""
    name = shown(path)
    if path.is_dir():
        specs = sorted(entry.name for entry in path.glob("*.toml"))
        inside = f" in it: {listing(specs)}" if specs else ""
        raise UsageError(Problem(f"is a folder; expected {what}, a TOML file{inside}", name))
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(missing(path, path.name)) from None
    except OSError as error:
        raise UsageError(Problem(f"cannot be read: {error.strerror}", name)) from None
    try:
        return data.decode("utf-8-sig")  # editors on Windows put a byte order mark in front
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        message = f"the byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise SpecError(Problem(message, f"{name}:{line}:{column}")) from None


def _plain(value: Any) -> Any:
    """Return a value of Python as plain tables, arrays and scalars; paths become strings."""
    if isinstance(value, Mapping):
        return {str(key): _plain(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(child) for child in value]
    return str(value) if isinstance(value, Path) else value
