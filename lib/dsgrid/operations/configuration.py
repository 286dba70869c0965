"""The user's configuration: a small TOML file with what is the same in every project folder.

It stands where the desktop's convention puts it: ``$XDG_CONFIG_HOME/dsgrid/config.toml``, which is
``~/.config/dsgrid/config.toml`` where that variable is not set.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dsgrid.errors import NotFoundError, Problem, SpecError, UsageError, did_you_mean
from dsgrid.operations.reported import Reported
from dsgrid.registry import disk
from dsgrid.registry.home import DATABASE, database_folder
from dsgrid.spec.node import Node, Source
from dsgrid.spec.syntax import parse

KEYS: Final[Mapping[str, str]] = {"registry": "the folder of the registry that is used where nothing else names one"}


@dataclass(frozen=True, repr=False)
class Configuration(Reported):
    """What the user has set.

    Parameters
    ----------
    path
        The file, which need not exist.
    values
        A text for each key of `KEYS` that is set.
    """

    path: Path
    values: Mapping[str, str]

    def report(self) -> str:
        """Return what to tell the user."""
        lines = [
            f"{key} = {value}" + ("" if Path(value, DATABASE).is_file() else " (there is no registry yet)")
            for key, value in self.values.items()
        ]
        state = "" if self.path.exists() else " (not there yet)"
        unset = [f"{key} is not set: {KEYS[key]}" for key in KEYS if key not in self.values]
        return "\n".join([f"{self.path}{state}", *lines, *unset])


def configuration_file() -> Path:
    """Return where the configuration is, or would be."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(base):  # the convention: a relative one is ignored
        try:
            base = str(Path.home() / ".config")
        except RuntimeError:
            raise UsageError("no home folder is known, so there is no configuration; set XDG_CONFIG_HOME") from None
    return Path(base) / "dsgrid" / "config.toml"


def read_configuration() -> Configuration:
    """Return the user's configuration; an absent file is an empty one.

    Raises
    ------
    SpecError
        With the place, when the file is no TOML or has keys or values that mean nothing.
    """
    path = configuration_file()
    return Configuration(path, _values(path, _text(path)))


def set_key(key: str, value: str) -> Configuration:
    """Set a key in the configuration and return all of it; a folder is kept as an absolute path."""
    _require_key(key)
    if not value.strip():
        raise UsageError(f"{key} is a folder; to have none, `dsgrid config unset {key}`")
    path = Path(os.path.abspath(os.path.expanduser(value)))
    return _change(key, str(database_folder(path)))


def unset_key(key: str) -> Configuration:
    """Remove a key from the configuration and return what is left.

    Raises
    ------
    NotFoundError
        If it is not set.
    """
    _require_key(key)
    found = read_configuration()
    if key not in found.values:
        raise NotFoundError(f"{key} is not set in {found.path}")
    return _change(key, None)


def _change(key: str, value: str | None) -> Configuration:
    path = configuration_file()
    text = _text(path)
    wanted = {name: kept for name, kept in _values(path, text).items() if name != key}
    if value is not None:
        wanted[key] = value
    changed = _edited(text, key, value)
    try:
        kept = _values(path, changed) == wanted
    except SpecError:
        kept = False
    if not kept:  # a text over several lines, or the like: comments go, the values stay
        changed = "".join(_line(name, kept) for name, kept in wanted.items())
    _write(path, changed)
    return Configuration(path, wanted)


def _edited(text: str, key: str, value: str | None) -> str:
    """Return the text with one line changed, so that comments stay."""
    lines = [line for line in text.splitlines(keepends=True) if not re.match(rf'\s*"?{key}"?\s*=', line)]
    if value is not None:
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += "\n"
        lines.append(_line(key, value))
    return "".join(lines)


def _line(key: str, value: str) -> str:
    # A basic string of TOML has the escapes of JSON; what JSON leaves alone but TOML refuses is DEL.
    return f"{key} = {json.dumps(value, ensure_ascii=False)}\n".replace("\x7f", "\\u007f")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8").replace("\r\n", "\n")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except UnicodeDecodeError as error:
        raise SpecError(Problem(f"is not UTF-8 (byte {error.start})", str(path))) from None
    except OSError as error:
        raise SpecError(Problem(f"cannot be read: {error.strerror}", str(path))) from None


def _values(path: Path, text: str) -> dict[str, str]:
    source = Source(path, text, path.parent)
    root = Node(parse(source), (), source)
    problems = []
    for key, node in root.items():
        if key not in KEYS:
            where = source.where((key,), of_key=True)
            problems.append(Problem(f"there is no such setting{did_you_mean(key, KEYS)}", where, key))
        elif not isinstance(node.value, str) or not node.value.strip():
            problems.append(node.problem("expected the path of a folder, in quotes"))
    if problems:
        raise SpecError(problems)
    return {
        key: os.path.normpath(path.parent / os.path.expanduser(node.value)) for key, node in root.items() if key in KEYS
    }


def _write(path: Path, text: str) -> None:
    # Beside it and then in its place: a full disk leaves the old one.
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # What the name points to is replaced, not a link to it: configurations are often kept elsewhere and linked.
        target = Path(os.path.realpath(path))
        disk.write_file(new, text.encode("utf-8"))
        disk.sync(new)
        disk.swap_file(target, new)
    except OSError as error:
        with contextlib.suppress(OSError):
            disk.remove_file(new)
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None


def _require_key(key: str) -> None:
    if key not in KEYS:
        raise UsageError(f'there is no setting "{key}"{did_you_mean(key, KEYS)}')
