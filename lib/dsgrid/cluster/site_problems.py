"""What is wrong with the file of a site that no schema can say: what excludes each other, and what looks secret."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from dsgrid.errors import Problem, closest, did_you_mean
from dsgrid.spec.node import Node

VARIABLE: Final = re.compile(r"\$\{([^{}]*)\}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_PASSWORD: Final = re.compile(r"://[^/@\s]*:[^/@\s]+@")
_SECRET: Final = re.compile(
    r"(^|_)(API|ACCESS|PRIVATE|ACCOUNT)?_?KEYS?($|_)|(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL)S?($|_)"
)

# Options of sbatch that have a key of their own.
_KEYS: Final = {
    "account": "account",
    "array": "array_limit",
    "constraint": "constraint",
    "no-requeue": "requeue",
    "partition": "default_partition",
    "qos": "qos",
    "requeue": "requeue",
}
# Options that are chosen for each job: a cluster comes up only with what its script asks for.
_CHOSEN: Final = frozenset(
    {"chdir", "cpus-per-task", "dependency", "error", "job-name", "mem", "mem-per-cpu", "no-kill", "nodes", "ntasks"}
    | {"ntasks-per-node", "open-mode", "output", "parsable", "signal", "test-only", "time", "wait", "wrap"}
)
# Variables that have a key of their own.
_VARIABLES: Final = {
    "DSGRID_PYTHON": "python",
    "DSGRID_RUN_ROOT": "runs",
    "DSGRID_SCRATCH": "scratch",
    "JAVA_HOME": "java",
}
# Variables that each job sets itself.
_SET: Final = frozenset(
    {"DSGRID_SITE", "PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON", "SPARK_CONF_DIR", "SPARK_LOCAL_DIRS", "SPARK_LOCAL_IP"}
    | {"SPARK_LOG_DIR", "SPARK_WORKER_DIR", "TMPDIR"}
)


def other_problems(root: Node, environment: Mapping[str, str]) -> Iterator[Problem]:
    """Yield what is wrong with the file of a site although it keeps its schema.

    Parameters
    ----------
    environment
        What `runs` is filled from.
    """
    for node in _texts(root):
        if _CONTROL.search(node.value):
            yield node.problem("found a line break or another control character; expected one line of plain text")
        elif _PASSWORD.search(node.value):
            yield node.problem("found a URL with a password in it; the file of a site is read by many")
    yield from _of_default(root)
    for option in root.get("options") or ():
        yield from _of_option(option)
    for name, value in root["environment"].items() if "environment" in root else ():
        yield from _of_variable(name, value)
    for name, partition in root["partition"].items() if "partition" in root else ():
        if "max_time" in partition and minutes(partition.string("max_time")) == 0:
            yield partition["max_time"].problem(
                f'found "{partition.string("max_time")}" for {name}, expected a minute or more'
            )
    if "runs" in root:
        yield from _of_filled(root["runs"], environment)
    if "scratch" in root:
        yield from _of_scratch(root["scratch"])


def _texts(node: Node) -> Iterator[Node]:
    if isinstance(node.value, str):
        yield node
    elif isinstance(node.value, (dict, list)):
        for key in node.value if isinstance(node.value, dict) else range(len(node)):
            yield from _texts(node[key])


def _of_default(root: Node) -> Iterator[Problem]:
    names = [name for name, _ in root["partition"].items()] if "partition" in root else []
    default = root.get("default_partition")
    if default is not None and names and default.value not in names:
        yield default.problem(
            f"there is no [partition.{default.value}] in this file{did_you_mean(default.value, names)}"
        )


def _of_option(option: Node) -> Iterator[Problem]:
    name = option.value.removeprefix("--").partition("=")[0]
    if name in _KEYS:
        yield option.problem(f'found "--{name}", which has a key of its own here: {_KEYS[name]}')
    elif name in _CHOSEN:
        yield option.problem(f'found "--{name}", which is chosen for each job')


def _of_variable(name: str, value: Node) -> Iterator[Problem]:
    if name in _VARIABLES:
        yield value.problem(f"{name} has a key of its own: {_VARIABLES[name]}, above the first [table]")
    elif name in _SET or name.startswith(("SLURM_", "SBATCH_", "SRUN_")):
        yield value.problem(
            f"{name} is set for each job by {'Slurm' if name.startswith('S') and name not in _SET else 'dsgrid'}"
        )
    elif _SECRET.search(name.upper()):
        yield value.problem(
            f"{name} looks like a secret, and the file of a site is read by many; export it in the shell that submits"
        )


def _of_filled(node: Node, environment: Mapping[str, str]) -> Iterator[Problem]:
    for name in VARIABLE.findall(node.value):
        if not environment.get(name):
            near = closest(name, sorted(environment))
            hint = f'; did you mean "{near}"?' if near else ""
            yield node.problem(f"there is no {name} in the environment to fill ${{{name}}} from{hint}")


def _of_scratch(node: Node) -> Iterator[Problem]:
    if not node.value.startswith(("/", "${")):
        yield node.problem(
            f'found "{node.value}", expected an absolute path or "${{NAME}}": it is on each node\'s own disk'
        )
    for name in VARIABLE.findall(node.value):
        if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name):
            yield node.problem(f'found "${{{name}}}", expected the name of a variable between the braces')


def minutes(time: str) -> int:
    """Return the whole minutes of a time such as ``2-00:00:00``."""
    days, _, rest = time.rpartition("-")
    hours, minutes, _ = rest.split(":")
    return int(days or 0) * 1440 + int(hours) * 60 + int(minutes)
