"""Specs on their way to a server: the text of a file as it is, a mapping as JSON."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dsgrid.errors import Problem, SpecError, UsageError
from dsgrid.spec.load import SPEC_VERSION, Spec, read_file
from dsgrid.spec.node import shown

AnySpec = str | Path | Mapping[str, Any] | Spec

TOML: Final = "application/toml"
JSON: Final = "application/json"


@dataclass(frozen=True)
class Posted:
    """A spec as it is sent.

    Parameters
    ----------
    name
        How messages name it; empty for one that is in no file.
    job
        The job that it says it is for; empty where that cannot be told without the server.
    """

    body: bytes
    media_type: str
    name: str = ""
    job: str = ""


def posted(spec: AnySpec, job: str | None = None) -> Posted:
    """Return a spec as it is sent.

    Parameters
    ----------
    spec
        The path of a TOML file, its text (which has several lines), or a mapping with the same keys.
    job
        The job that it has to be for; a mapping may leave it out. None takes any.

    Raises
    ------
    NotFoundError
        When there is no such file.
    SpecError
        If it is for another job.
    """
    if isinstance(spec, Spec):
        found = _of_text(spec.text, shown(spec.path)) if spec.path else _of_mapping(spec.root.value, job)
    elif isinstance(spec, Mapping):
        found = _of_mapping(spec, job)
    elif isinstance(spec, str) and "\n" in spec:
        found = _of_text(spec, "")
    else:
        found = _of_text(read_file(Path(spec)), shown(Path(spec)))
    if job is not None and found.job and found.job != job:
        raise SpecError(Problem(f'found a spec for "{found.job}", expected one for "{job}"', found.name, "job"))
    return found


def _of_text(text: str, name: str) -> Posted:
    return Posted(text.encode(), TOML, name, _job(text))


def _job(text: str) -> str:
    try:
        found = tomllib.loads(text).get("job")
    except (tomllib.TOMLDecodeError, RecursionError):
        return ""  # the server says what is wrong with it, and where
    return found if isinstance(found, str) else ""


def _of_mapping(spec: Mapping[str, Any], job: str | None) -> Posted:
    value = _plain(spec)
    if job is not None:
        value = {"job": job, **value}
    value = {"spec_version": SPEC_VERSION, **value}
    try:
        body = json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        raise UsageError("the spec holds a number that is none (NaN or infinite)") from None
    except TypeError as error:
        raise UsageError(f"the spec holds what no spec can: {error}") from None
    return Posted(body, JSON, "", str(value.get("job", "")))


def _plain(value: Any) -> Any:
    """Return a value of Python as plain tables, arrays and scalars; paths and dates become texts."""
    if isinstance(value, Mapping):
        return {str(key): _plain(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(child) for child in value]
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)
