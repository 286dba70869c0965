"""The tables in the guide of the server say what the code says: roles, limits, problems, keys of the file."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest
from fastapi import FastAPI
from tests.demo_project import DEMO
from tests.unit.api.test_roles_of_routes import OPEN, role_of, routes_of

from dsgrid.api.jobs.kinds import of_role
from dsgrid.api.limits import Limits
from dsgrid.api.problems.types import TYPES
from dsgrid.api.roles import READER, ROLES
from dsgrid.api.server.configuration import SCHEMA
from dsgrid.spec.node import Node, Source
from dsgrid.spec.schemas.server import SERVER
from dsgrid.spec.syntax import parse
from dsgrid.spec.validate import check_other

ROOT = DEMO.parents[1]
GUIDE = (ROOT / "docs" / "server.md").read_text("utf-8")
SECONDS = {"s": 1, "min": 60, "h": 3_600, "day": 86_400}
BYTES = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def table(head: str) -> list[list[str]]:
    """Return the cells of the rows of the table that begins with a line."""
    rows = GUIDE.partition(f"| {head} |")[2].partition("\n\n")[0].splitlines()[2:]
    assert rows, head
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]


def section(title: str) -> str:
    return GUIDE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def names(text: str, begin: str = "") -> set[str]:
    return {name for name in re.findall(r"`([^`]+)`", text) if name.startswith(begin)}


def first(path: str) -> str:
    """Return the first part of an address behind the version."""
    return "/".join(path.partition("?")[0].split("/")[:3])


def test_each_role_has_the_jobs_that_the_server_takes_of_it() -> None:
    found = {row[0]: names(row[2] if len(row) > 2 else "") for row in table("role")}
    assert found == {role: set(of_role(role)) for role in ROLES}


def test_each_role_has_the_addresses_that_ask_for_it(shared_app: FastAPI) -> None:
    said = {row[0]: names(row[1], "/v1/") for row in table("role")}
    said[READER] |= {first(each) for each in names(section("Looking into the registry"), "/v1/")}
    needs = {(first(path), role_of(route)) for _, path, route in routes_of(shared_app)}
    for role in ROLES:
        assert said[role] == {path for path, needed in needs if needed == role}, role


def test_what_needs_no_token_is_named(shared_app: FastAPI) -> None:
    (sentence,) = re.findall(r"^(`/v1`.*?)\sneed\sno\stoken", GUIDE, re.MULTILINE | re.DOTALL)
    free = {first(path) for _, path, route in routes_of(shared_app) if role_of(route) is None}
    assert names(sentence) == free | {"/v1/openapi.json"} == {first(path) for path in OPEN}


def test_every_address_that_is_named_is_there(shared_app: FastAPI) -> None:
    paths = [re.sub(r"\{\w+\}", ".+", path) for _, path, _ in routes_of(shared_app)]
    for text in re.findall(r"/v1[\w/.]*", GUIDE):
        address = text.rstrip("./").replace("/ID", "/x").replace("/NAME", "/x")
        address += "/x" if address.endswith("/problems") else ""
        known = address == "/v1/openapi.json" or any(re.fullmatch(path, address) for path in paths)
        assert known or any(path.startswith(f"{address}/") for path in paths), text


def as_number(text: str) -> float:
    """Return a limit that is written for people."""
    number, _, unit = text.replace(",", "").partition(" ")
    return float(number) * {**SECONDS, **BYTES, "": 1, "days": 1}[unit]


def test_the_limits_are_those_of_the_server() -> None:
    said = {row[0].strip("`"): as_number(row[1]) for row in table("limit")}
    assert said == asdict(Limits())
    for name in re.findall(r"`limits\.(\w+)`", GUIDE):
        assert name in said


def test_every_kind_of_problem_has_a_line() -> None:
    said = [(int(row[0]), row[1].strip("`")) for row in table("status")]
    assert said == [(each.status, each.name) for each in TYPES]


@pytest.mark.parametrize("block", re.findall(r"^```toml\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL))
def test_the_files_of_servers_in_the_guide_are_some(block: str) -> None:
    source = Source(None, block, ROOT)
    assert check_other(Node(parse(source), (), source), SCHEMA) == []


def test_every_key_of_the_file_stands_in_the_guide() -> None:
    text = section("The file of a server")
    properties = SERVER["properties"]
    tables = [properties[name]["properties"] for name in ("listen", "tls", "runners")]
    for name in {*properties, *(key for each in tables for key in each), "folder", "writable"}:
        assert re.search(rf"^(?:# )?{name} = |^\[{name}[\].]", text, re.MULTILINE), name
