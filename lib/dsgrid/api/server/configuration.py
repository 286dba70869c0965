"""The file of a server, checked with its places as specs are, and what options of a command line put over it."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from dsgrid.api.limits import Limits
from dsgrid.api.server.configuration_problems import Said, other_problems
from dsgrid.api.settings import Root, Runners, Settings
from dsgrid.errors import Problem, SpecError, UsageError, did_you_mean
from dsgrid.operations.location import registry_folder
from dsgrid.spec.load import read_file
from dsgrid.spec.node import Node, Source
from dsgrid.spec.syntax import parse, wrapped_tables
from dsgrid.spec.validate import check_other

SCHEMA: Final = "server"
OPTIONS: Final = ("registry", "state", "host", "port", "socket", "anonymous", "viewer")


def load_settings(path: str | Path | None = None, **options: Any) -> Settings:
    """Return what a server is told.

    Parameters
    ----------
    path
        Its file; without one everything is by default.
    options
        What wins over the file: those of `OPTIONS`; None is not said. Their relative paths are relative to the working
        folder, those of the file to the file.

    Raises
    ------
    SpecError
        With all problems of the file, each with its place.
    UsageError
        When an option cannot be, or nothing names a registry.
    NotFoundError
        When there is no such file.
    """
    for name in options:
        if name not in OPTIONS:
            raise UsageError(f'there is no option "{name}" of a server{did_you_mean(name, OPTIONS)}')
    given = {name: value for name, value in options.items() if value is not None}
    if "socket" in given and given.keys() & {"host", "port"}:
        raise UsageError("found a socket besides a host or a port; a server listens at one of them")
    root = _root(path)
    problems = check_other(root, SCHEMA) + (wrapped_tables(root.source) if root.source.path else [])
    if problems:
        raise SpecError(problems)
    settings = _settings(root, given)
    # What else could be said about values of a wrong form would only be confusing.
    found = list(other_problems(settings, Said(root, frozenset(given))))
    if found:
        raise (SpecError if any(problem.where for problem in found) else UsageError)(_once(found))
    return settings


def default_state() -> Path:
    """Return the state folder of a server that is told none: ``dsgrid/server`` where the desktop keeps users' data.

    That is ``XDG_DATA_HOME``, or ``~/.local/share``.
    """
    base = os.environ.get("XDG_DATA_HOME", "")
    if not os.path.isabs(base):  # the convention: a relative one is ignored
        try:
            base = str(Path.home() / ".local" / "share")
        except RuntimeError:
            raise UsageError("no home folder is known, so name the state folder: --state FOLDER") from None
    return Path(base) / "dsgrid" / "server"


def _once(problems: list[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))


def _root(path: str | Path | None) -> Node:
    if path is None:
        return Node({}, (), Source(None, "", Path.cwd()))
    file = Path(path).expanduser().absolute()
    source = Source(file, read_file(file, "the file of a server").replace("\r\n", "\n"), file.parent)
    return Node(parse(source), (), source)


def _settings(root: Node, given: dict[str, Any]) -> Settings:
    listen = root.get("listen")
    values: dict[str, Any] = {}
    if listen is not None:
        values |= {key: listen.value[key] for key in ("host", "port") if key in listen}
        if "socket" in listen:
            values["socket"] = _place(listen["socket"])
    if given.keys() & {"host", "port"}:
        values.pop("socket", None)
    values |= {key: given[key] for key in ("host", "port") if key in given}
    if "socket" in given:
        values["socket"] = _absolute(given["socket"])
    tls = root.get("tls")
    if tls is not None:
        values |= {key: _place(tls[key]) for key in ("certificate", "key")}
    registry = given.get("registry", _place(root["registry"]) if "registry" in root else None)
    state = given.get("state", _place(root["state"]) if "state" in root else None)
    return Settings(
        registry=_absolute(registry_folder(registry=registry)),
        state=_absolute(state if state is not None else default_state()),
        url=root.scalar("url"),
        hosts=frozenset(root.scalar("hosts", ())),
        origins=frozenset(root.scalar("origins", ())),
        proxies=tuple(root.scalar("proxies", ())),
        anonymous=bool(given.get("anonymous", root.scalar("anonymous", False))),
        viewer=bool(given.get("viewer", root.scalar("viewer", False))),
        roots=_roots(root),
        runners=_runners(root),
        limits=_limits(root),
        **values,
    )


def _roots(root: Node) -> tuple[Root, ...]:
    tables = root["roots"].items() if "roots" in root else ()
    return tuple(
        Root(name, _place(node["folder"]), writable=bool(node.scalar("writable", False))) for name, node in tables
    )


def _runners(root: Node) -> Runners:
    node = root.get("runners")
    if node is None:
        return Runners()
    values = dict(node.value)
    # The name of a site that comes with dsgrid is no file here.
    if "site" in node and ("/" in node.string("site") or _place(node["site"]).exists()):
        values["site"] = str(_place(node["site"]))
    return Runners(**values)


def _limits(root: Node) -> Limits:
    node = root.get("limits")
    if node is None:
        return Limits()
    # A whole number of seconds is a number, too.
    kinds = {name: type(value) for name, value in asdict(Limits()).items()}
    return Limits(**{key: kinds[key](value) for key, value in node.value.items()})


def _place(node: Node) -> Path:
    return Path(os.path.normpath(node.source.folder / Path(node.value).expanduser()))


def _absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(Path(path).expanduser()))
