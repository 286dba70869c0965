"""The file of a site: what is the same for all jobs on one Slurm cluster, checked with its places as specs are."""

from __future__ import annotations

import os
import pwd
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dsgrid.cluster.site_problems import VARIABLE, minutes, other_problems
from dsgrid.engine import parse_memory
from dsgrid.errors import NotFoundError, Problem, SpecError, did_you_mean
from dsgrid.operations.configuration import configuration_file
from dsgrid.spec.assets import asset_names, asset_path
from dsgrid.spec.load import read_file
from dsgrid.spec.node import Node, Source, missing
from dsgrid.spec.syntax import parse, wrapped_tables
from dsgrid.spec.validate import check_other

NAME: Final = "site.toml"


@dataclass(frozen=True)
class Partition:
    """What the nodes of a partition have, and how much of it a job may take; None where nothing is said.

    Parameters
    ----------
    cores
        What Slurm counts on a node.
    memory
        MiB of a node that jobs may have.
    max_time
        The longest time limit of a job, in minutes.
    max_nodes
        How many nodes a job may have.
    shared
        Whether several jobs run on one node.
    """

    name: str
    cores: int | None = None
    memory: int | None = None
    max_time: int | None = None
    max_nodes: int | None = None
    shared: bool = True


@dataclass(frozen=True)
class Site:
    """What is the same for all jobs on one cluster; the keys of ``schemas/site.schema.json``.

    Parameters
    ----------
    path
        The file that says so; None for what holds without any.
    java, python
        A folder, and a program.
    scratch
        As it is written: each node fills ``${NAME}`` from an environment of its own.
    runs
        The folder for the folders of runs, with its variables filled.
    partitions
        In the order of the file.
    """

    path: Path | None = None
    name: str | None = None
    account: str | None = None
    default_partition: str | None = None
    qos: str | None = None
    constraint: str | None = None
    options: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    java: Path | None = None
    python: Path | None = None
    scratch: str | None = None
    runs: Path | None = None
    engine: str = "spark"
    memory_headroom: float | None = None
    workers_wait: int = 120
    requeue: int = 0
    array_limit: int | None = None
    connect_address: str = "loopback"
    ui: str = "off"
    environment: Mapping[str, str] = field(default_factory=dict)
    partitions: tuple[Partition, ...] = ()

    def partition(self, name: str | None = None) -> Partition | None:
        """Return the partition of this name, by default the default one; None where the site does not tell of it."""
        wanted = name or self.default_partition
        return next((each for each in self.partitions if each.name == wanted), None)


def load_site(path: str | Path | None = None, environment: Mapping[str, str] | None = None) -> Site:
    """Return what the file of a site says.

    Parameters
    ----------
    path
        The file, or the name of one that comes with dsgrid, such as ``kestrel``. By default the file that
        ``DSGRID_SITE`` names, else ``site.toml`` beside the user's configuration, else ``slurm/site.toml`` of the
        working folder, else that of dsgrid.
    environment
        What ``${NAME}`` in `runs` stands for; by default that of this process.

    Raises
    ------
    SpecError
        With all problems of the file, each with its place.
    NotFoundError
        When there is no such file.
    """
    given = _with_user(os.environ if environment is None else environment)
    found = _file(path, given)
    if found is None:
        return Site()
    source = Source(
        found.absolute(), read_file(found, "the file of a site").replace("\r\n", "\n"), found.absolute().parent
    )
    root = Node(parse(source), (), source)
    problems = check_other(root, "site") + wrapped_tables(source)
    # What else could be said about values of a wrong form would only be confusing.
    problems = problems or list(other_problems(root, given))
    if problems:
        raise SpecError(problems)
    return _site(root, found, given)


def environment_lines(site: Site, environment: Mapping[str, str] | None = None) -> str:
    """Return what a batch script evaluates so that its job has the environment that the site asks for.

    Parameters
    ----------
    environment
        What is set already; ``DSGRID_PYTHON``, ``DSGRID_SCRATCH`` and ``DSGRID_RUN_ROOT`` win over the site.
    """
    given = os.environ if environment is None else environment
    exports = dict(site.environment)
    if site.java is not None:
        exports["JAVA_HOME"] = str(site.java)
    own = {"DSGRID_PYTHON": site.python, "DSGRID_SCRATCH": site.scratch, "DSGRID_RUN_ROOT": site.runs}
    exports |= {name: str(value) for name, value in own.items() if value is not None and not given.get(name)}
    lines = _module_lines(site.modules) if site.modules else []
    lines += [f"export {name}={shlex.quote(value)}" for name, value in exports.items()]
    return "".join(f"{line}\n" for line in lines)


def _module_lines(modules: tuple[str, ...]) -> list[str]:
    # The scripts of environment modules use variables that are not set, and commands that fail.
    before = ["dsgrid_was=$-", "set +eu"]
    # A batch script is no login shell: it has the command only where the user's shell has handed it on.
    found = "command -v module >/dev/null || for file in /etc/profile.d/*lmod*.sh /etc/profile.d/*modules*.sh; do"
    define = f'{found} if [ -r "$file" ]; then . "$file"; fi; done'
    load = [
        f"module load {shlex.quote(name)} || {{ echo {shlex.quote(f'error: the site asks for module {name}')} >&2; "
        "exit 64; }"
        for name in modules
    ]
    after = ["case $dsgrid_was in *e*) set -e ;; esac", "case $dsgrid_was in *u*) set -u ;; esac"]
    return [*before, define, *load, *after]


def _file(path: str | Path | None, environment: Mapping[str, str]) -> Path | None:
    if path is not None:
        return _named(str(path), "")
    if environment.get("DSGRID_SITE"):
        return _named(environment["DSGRID_SITE"], "DSGRID_SITE")
    for candidate in (configuration_file().with_name(NAME), Path("slurm", NAME)):
        if candidate.is_file():
            return candidate
    return asset_path(f"slurm/{NAME}")


def _named(name: str, variable: str) -> Path:
    path = Path(name).expanduser()
    if path.exists():
        return path
    known = [file.removesuffix(".toml") for file in asset_names("slurm/sites") if file.endswith(".toml")]
    found = asset_path(f"slurm/sites/{name}.toml") if name in known else None
    if found is not None:
        return found
    is_name = path.name == name and not path.suffix
    message = f'no file and no site "{name}"{did_you_mean(name, known)}' if is_name else missing(path, path.name)
    raise NotFoundError(Problem(message, key=variable))


def _with_user(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment with the user's name, which some ways to start a process leave out."""
    if environment.get("USER"):
        return environment
    try:
        return {**environment, "USER": pwd.getpwuid(os.getuid()).pw_name}
    except KeyError:  # a container that knows only the number
        return environment


def _site(root: Node, path: Path, environment: Mapping[str, str]) -> Site:
    values: dict[str, Any] = dict(root.value)
    values["path"] = Path(os.path.abspath(path))
    for key in ("options", "modules"):
        values[key] = tuple(values.get(key, ()))
    for key in ("java", "python", "runs"):
        if key in root:
            values[key] = _place(root[key], environment if key == "runs" else {})
    if "python" in root and values["python"].is_dir():
        values["python"] = values["python"] / "bin" / "python"
    tables = root.get("partition")
    values.pop("partition", None)
    values["partitions"] = tuple(_partition(name, node) for name, node in tables.items()) if tables is not None else ()
    return Site(**values)


def _place(node: Node, environment: Mapping[str, str]) -> Path:
    text = VARIABLE.sub(lambda match: environment.get(match[1], match[0]), node.value)
    return Path(os.path.normpath(node.source.folder / Path(text).expanduser()))


def _partition(name: str, node: Node) -> Partition:
    values: dict[str, Any] = dict(node.value)
    if "memory" in values:
        values["memory"] = parse_memory(values["memory"]) >> 20
    if "max_time" in values:
        values["max_time"] = minutes(values["max_time"])
    return Partition(name, **values)
