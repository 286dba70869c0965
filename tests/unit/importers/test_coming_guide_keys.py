"""The guide "Coming from dsgrid-toolkit": what it says of our side exists, and it has a row for all of the other."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import click

import dsgrid
from dsgrid import errors, importers
from dsgrid.cli import commands
from dsgrid.operations.open_registry import OpenRegistry
from dsgrid.spec.schemas import JOBS, job_schema

ROOT = Path(__file__).parents[3]
GUIDE = ROOT / "docs" / "coming_from_dsgrid_toolkit.md"
LIBRARY = ROOT / "lib" / "dsgrid"

_CODE = re.compile(r"`([^`]+)`")
_KEY = re.compile(r"[a-z_]+(\.[A-Za-z_]+)*")
_TYPES = ("geography", "sector", "subsector", "metric", "scenario", "model_year", "weather_year")

# What the other system's commands are called, with the long names of their options.
PEER_COMMANDS = {
    "config create": "--thrift-server-url --backend-engine --use-absolute-db-path --no-use-absolute-db-path",
    "create-registry": "--data-path --overwrite --data-store-type",
    "download": "",
    "install-notebooks": "",
    "registry list": "",
    "registry bulk-register": "--data-base-dir --missing-associations-base-dir --repo-base-dir --journal-file",
    **{
        f"registry {kind} {command}": ""
        for kind in ("projects", "datasets", "dimensions", "dimension-mappings")
        for command in ("list", "register", "dump", "update", "remove")
    },
    "registry projects submit-dataset": (
        "--dataset-id --project-id --dimension-mapping-file --dimension-mapping-references-file"
        " --autogen-reverse-supplemental-mappings --log-message"
    ),
    "registry projects register-and-submit-dataset": "--dataset-config-file",
    "registry projects register-subset-dimensions": "--update-type",
    "registry projects register-supplemental-dimensions": "",
    "registry projects add-dataset-requirements": "",
    "registry projects replace-dataset-dimension-requirements": "",
    "registry projects list-dimension-names": "--exclude-base --exclude-subset --exclude-supplemental",
    "registry projects generate-config": "--metric-type --name --description --time-type --output --overwrite",
    "registry datasets generate-config": (
        "--schema-type --metric-type --pivoted-dimension-type --time-type --time-columns --project-id --no-prompts"
    ),
    "registry dimensions show": "",
    "registry dimension-mappings show": "",
    "query project create": "--filters --aggregation-function --query-file --default-result-aggregation --overwrite",
    "query project validate": "",
    "query project run": (
        "--checkpoint-file --persist-intermediate-table --no-persist-intermediate-table --zip-file --output"
        " --load-cached-table --no-load-cached-table --overwrite --remote-path"
    ),
    "query project map-dataset": "--mapping-plan --column-type",
    "query project create-derived-dataset-config": "--overwrite",
    "query dataset create-query": "",
    "query dataset run": "",
    "query composite-dataset create_dataset": "",
    "query composite-dataset run": "",
}
PEER_OPTIONS = (
    "--url --console-level --file-level --log-file --no-prompts --timings --no-timings --reraise-exceptions"
    " --scratch-dir --src-database-url --dst-database-url --mode --force --version --directory --filter"
    " --use-hive-metastore --dimension-id --dimension-mapping-id"
)


@dataclass(frozen=True)
class Row:
    """A row of a table: what is there, what is here, and further words; the jobs whose keys the second cell names."""

    line: int
    there: str
    here: str
    rest: str
    jobs: tuple[str, ...]


@dataclass(frozen=True)
class Guide:
    """The page: the rows of its tables that begin with `there`, and all other text."""

    rows: tuple[Row, ...]
    other: str


def read_guide() -> Guide:
    rows, other = [], []
    jobs: tuple[str, ...] = ()
    inside = False
    for number, line in enumerate(GUIDE.read_text("utf-8").splitlines(), start=1):
        named = re.fullmatch(r"<!-- keys: (.+) -->", line)
        if named:
            jobs = tuple(named[1].split())
        elif line.startswith("| there |"):
            inside = True
        elif inside and line.startswith("|---"):
            continue
        elif inside and line.startswith("|"):
            cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            rows.append(Row(number, cells[0], cells[1], " ".join(cells[2:]), jobs))
        else:
            if inside:
                inside, jobs = False, ()
            other.append(line)
    return Guide(tuple(rows), "\n".join(other))


GUIDE_READ = read_guide()


# Our side -------------------------------------------------------------------------------------------------------------


@cache
def schema_of(job: str) -> dict[str, Any]:
    return job_schema(job)


def node_at(schema: dict[str, Any], path: list[str]) -> list[dict[str, Any]]:
    """Return the parts of a schema at a key path; names in capitals stand for any key."""
    found = [schema]
    for key in path:
        found = [child for node in found for each in variants(node, schema) for child in children(each, key)]
    return [each for node in found for each in variants(node, schema)]


def variants(node: dict[str, Any], schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a part of a schema and the forms that it may have; what a reference stands for, and items of a list."""
    if "$ref" in node:
        target: Any = schema
        for part in node["$ref"].lstrip("#/").split("/"):
            target = target[part]
        yield from variants(target, schema)
        return
    yield node
    for key in ("anyOf", "oneOf", "allOf"):
        for each in node.get(key, ()):
            yield from variants(each, schema)
    if isinstance(node.get("items"), dict):
        yield from variants(node["items"], schema)


def children(node: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    """Yield what an object has under a key."""
    properties = node.get("properties", {})
    if key == "TYPE":
        yield from (properties[type_] for type_ in _TYPES[:1] if type_ in properties)
    elif key in properties:
        yield properties[key]
    elif key.isupper() or not properties:
        yield from node.get("patternProperties", {}).values()
        if isinstance(node.get("additionalProperties"), dict):
            yield node["additionalProperties"]
    else:
        yield from node.get("patternProperties", {}).values()


def wrong_key(said: str, jobs: tuple[str, ...]) -> str:
    """Return what is wrong with a key (perhaps with a value) that a row names; nothing if it exists."""
    path, _, value = (part.strip() for part in said.strip("[]").partition("="))
    if path == "job":
        return "" if value.strip('"') in JOBS else f"no job {value}"
    nodes = [node for job in jobs for node in node_at(schema_of(job), path.split("."))]
    if not nodes:
        return f"no key {path} in {', '.join(jobs) or 'any job that is named'}"
    allowed = [word for node in nodes for word in node.get("enum", ())]
    if value and allowed and any(word not in allowed for word in re.findall(r'"([^"]+)"', value)):
        return f"{path} is none of {value}; it is one of {allowed}"
    return ""


def words() -> frozenset[str]:
    """Return every word that a schema allows as a value."""
    found: set[str] = set()

    def collect(node: Any) -> None:
        if isinstance(node, dict):
            found.update(word for word in node.get("enum", ()) if isinstance(word, str))
            for child in node.values():
                collect(child)
        elif isinstance(node, list):
            for child in node:
                collect(child)

    for job in JOBS:
        collect(schema_of(job))
    return frozenset(found)


def wrong_command(line: str) -> str:
    """Return what is wrong with a command line of ours: a command, an option or an argument that is not there."""
    command: click.Command = commands
    context = click.Context(commands, info_name="dsgrid")
    parts = shlex.split(line, comments=True)[1:]
    while isinstance(command, click.Group) and parts and not parts[0].startswith("-"):
        inner = command.get_command(context, parts[0])
        if inner is None:
            return "" if command.invoke_without_command else f"{line}: there is no command {parts[0]}"
        command, context = inner, click.Context(inner, info_name=parts.pop(0), parent=context)
    takes = {name: option for option in command.params for name in (*option.opts, *option.secondary_opts)}
    given, named = 0, set()
    while parts:
        part = parts.pop(0)
        name, equals, value = part.partition("=")
        if not part.startswith("-") or re.match(r"-\d", part):
            given += 1
            continue
        option = takes.get(name)
        if option is None:
            return f"{line}: {command.name} has no option {name}"
        named.add(option.name)
        if isinstance(option, click.Option) and not option.is_flag:
            if not equals:
                value = parts.pop(0) if parts else ""
            if isinstance(option.type, click.Choice) and value not in option.type.choices and not value.isupper():
                return f"{line}: {name} takes no {value}"
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    if given > len(arguments) and all(one.nargs != -1 for one in arguments):
        return f"{line}: too many arguments"
    # A command that is only named needs nothing.
    if given and given < sum(one.required for one in arguments):
        return f"{line}: an argument is missing"
    lacking = [
        one.opts[-1] for one in command.params if one.required and one not in arguments and one.name not in named
    ]
    return f"{line}: {', '.join(lacking)} is missing" if given and lacking else ""


def wrong_name(said: str) -> str:
    """Return what is wrong with a function of Python that a row names."""
    owner, name = said.split("(")[0].split(".")[:2]
    there = hasattr(dsgrid, name) if owner == "dsgrid" else hasattr(OpenRegistry, name)
    return "" if there else f"no {said}"


_VARIABLES = frozenset(
    name for path in LIBRARY.rglob("*.py") for name in re.findall(r"DSGRID_[A-Z_]*[A-Z]", path.read_text("utf-8"))
)
_WORDS = words()


def wrong(said: str, jobs: tuple[str, ...]) -> str:
    """Return what is wrong with a piece of code in the column of our side."""
    if said.startswith("dsgrid "):
        return wrong_command(said)
    if said.startswith("--"):
        return "" if said.split()[0] in COMMON else f"no {said}"
    if said.startswith("DSGRID_"):
        return "" if said in _VARIABLES else f"nothing reads {said}"
    if said.startswith(("registry.", "dsgrid.")) and "/" not in said:
        return "" if said.endswith(".db") else wrong_name(said)
    if said.startswith('"'):
        value = said.strip('"')
        return "" if value in _WORDS or re.fullmatch(r"[-+]\d\d:\d\d|[A-Z][a-z]+/[A-Za-z_]+", value) else f"no {said}"
    if "/" in said or re.search(r"\.(toml|json|md|csv|parquet|db)$", said) or said in ("TMPDIR", "data", *JOBS):
        return ""
    if not _KEY.fullmatch(said.strip("[]").partition("=")[0].strip()):
        return f"{said} is neither a key, a command, a file nor a variable"
    return wrong_key(said, jobs)


COMMON = frozenset(
    name for command in ("run", "validate") for option in commands.commands[command].params for name in option.opts
)


def test_what_the_rows_say_of_our_side_exists() -> None:
    found = []
    for row in GUIDE_READ.rows:
        in_rest = [said for said in _CODE.findall(row.rest) if said.startswith("dsgrid ")]
        problems = [wrong(said, row.jobs) for said in _CODE.findall(row.here)] + [wrong_command(one) for one in in_rest]
        found += [f"{GUIDE.name}:{row.line}: {problem}" for problem in problems if problem]
    assert len(GUIDE_READ.rows) > 250
    assert found == []


def test_every_command_on_the_page_exists_with_the_options_that_are_shown() -> None:
    text = GUIDE_READ.other
    blocks = "".join(re.findall(r"```(?:console|sh)\n.*?```", text, re.DOTALL))
    shown = re.findall(r"^(?:\$ )?(dsgrid .+)$", blocks, re.MULTILINE)
    shown += [said for said in _CODE.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL)) if said[:7] == "dsgrid "]
    assert len(shown) > 10
    assert [problem for line in shown if (problem := wrong_command(line))] == []


def test_the_errors_that_the_page_names_exist() -> None:
    for name in re.findall(r"`([A-Z][A-Za-z]+Error)`", " ".join(row.rest for row in GUIDE_READ.rows)):
        assert hasattr(errors, name), name


def test_the_links_of_the_page_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", GUIDE.read_text("utf-8")):
        file, _, anchor = target.partition("#")
        page = GUIDE.parent / file if file else GUIDE
        assert page.is_file(), target
        if anchor:
            heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^a-z0-9_ -]", "", head.lower()).replace(" ", "-") for head in heads}, target


# Their side -----------------------------------------------------------------------------------------------------------


def known_keys() -> Iterator[tuple[str, str]]:
    """Yield every key that a translator knows: what it passes to `unknown`, with the module's name."""
    for found in pkgutil.walk_packages(importers.__path__, f"{importers.__name__}."):
        module = importlib.import_module(found.name)
        tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "unknown":
                yield from ((found.name, key) for key in evaluated(node.args[-1], module))


def evaluated(expression: ast.expr, module: Any) -> tuple[str, ...]:
    """Return the keys that an expression of constants stands for; none for what only a caller knows."""
    try:
        return tuple(eval(compile(ast.Expression(expression), "", "eval"), vars(module)))  # our own source
    except NameError:
        return ()


def named_there() -> frozenset[str]:
    """Return the keys that the first columns name; of a path, and of a key with its value, the last key."""
    found = [said for row in GUIDE_READ.rows for said in _CODE.findall(row.there)]
    return frozenset(said.partition("=")[0].strip().rpartition(".")[2] for said in found)


def test_every_key_that_a_translator_knows_has_a_row() -> None:
    known = {key: module for module, key in known_keys()}
    assert len(known) > 150
    assert {key: module for key, module in known.items() if key not in named_there()} == {}


def test_every_command_and_option_of_the_other_system_has_a_row() -> None:
    there = "\n".join(row.there for row in GUIDE_READ.rows)
    assert [name for name in PEER_COMMANDS if not re.search(rf"`dsgrid {re.escape(name)}[ `]", there)] == []
    options = set(" ".join([*PEER_COMMANDS.values(), PEER_OPTIONS]).split())
    assert sorted(options - set(_CODE.findall(there))) == []
    assert "`dsgrid-admin make-filtered-registry" in there
