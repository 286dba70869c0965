"""What a client writes is data and nothing else, through every text of every kind of spec."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.api.server import Server, running_server
from tests.spec_strings import Place, places
from tests.unit.api.work_served import Served, serving

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.spec.validate import jobs

MARK = "INJECTED"
PAYLOADS = (
    f"$(touch {MARK})",
    f"; touch {MARK} #",
    f"`touch {MARK}`",
    f"| tee {MARK}",
    f"--conf=spark.driver.extraJavaOptions=-D{MARK}=1",
    f"-e {MARK}",
    f"a\nb {MARK}",
    f"a\r\nX-{MARK}: 1",
    "a\x00b",
    "a\u202eb",
    "'\"",
    "../../../../../../../../etc/passwd",
    "inputs/../../elsewhere/canary.csv",
    "/etc/passwd",
    "{ELSEWHERE}/canary.csv",
    "inputs/link/canary.csv",
    "file:///etc/passwd",
    "s3://bucket/key",
    "${HOME}",
    "$${x}",
    "{{7*7}}{x!r}%s%n",
    "'; DROP TABLE jobs; --",
    "<script>alert(1)</script>",
    "x" * 100_000,
    "\U0001f4a9 é \ufffd",
    "~root/.ssh/id_rsa",
    "CON",
    ".",
    "",
    "offices",
    "inputs/places.csv",
)
# Texts that no file and no name of the server may ever be opened by.
FORBIDDEN = ("/etc/passwd", "/etc/shadow", "elsewhere", "id_rsa")
WATCHED = (
    "open",
    "os.listdir",
    "os.scandir",
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.symlink",
    "os.link",
)
COMMANDS = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork", "pty.spawn")


class Spy:
    """Sees every file that this process opens by name, and every process that it starts."""

    def __init__(self) -> None:
        self.is_on = False
        self.opened: list[str] = []
        self.started: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.is_on:
            return
        if event in WATCHED:
            names = [os.fsdecode(each) for each in arguments if isinstance(each, (str, bytes, Path))]
            self.opened += [name for name in names if any(word in name for word in FORBIDDEN)]
        elif event in COMMANDS:
            self.started.append(f"{event} {arguments}")


SPY = Spy()
sys.addaudithook(SPY)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outside") / "elsewhere"
    folder.mkdir()
    (folder / "canary.csv").write_text("id,name\nsecret,Secret\n")
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, elsewhere: Path) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("injected")) as found:
        (found.inputs / "places.csv").write_text("id,name,state\n06037,A,CA\n")
        (found.inputs / "link").symlink_to(elsewhere)
        yield found


@pytest.fixture
def spied(served: Served, elsewhere: Path) -> Iterator[Spy]:
    before = _state(elsewhere, served)
    SPY.opened.clear()
    SPY.started.clear()
    SPY.is_on = True
    yield SPY
    SPY.is_on = False
    assert SPY.opened == []
    assert SPY.started == []
    assert _state(elsewhere, served) == before
    assert not list(Path.cwd().glob(f"*{MARK}*"))


def _state(elsewhere: Path, served: Served) -> list[tuple[str, int, bytes]]:
    """Return what is in the folders that nothing may change."""
    found = []
    for folder in (elsewhere, served.inputs, served.scratch, served.settings.registry):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.name.endswith(("-journal", "-wal", "-shm")):
                found.append((str(path), path.stat().st_mtime_ns, path.read_bytes()))
    return found


def _check(answer: Any, served: Served, elsewhere: Path, sent: str) -> None:
    """Check that an answer is no failure of the server's, and says nothing of its folders."""
    assert answer.status_code < 500, answer.text
    said = answer.text
    for folder in (served.settings.registry.parent, elsewhere.parent):
        # What was sent may come back; more than that may not.
        assert said.count(str(folder)) <= sent.count(str(folder)) * 4, said[:2_000]
    assert "secret,Secret" not in said
    assert "root:x:0" not in said
    assert all("\n" not in value and "\r" not in value for value in answer.headers.values())
    assert MARK not in " ".join(f"{name}" for name in answer.headers)


def _payloads(place: Place, elsewhere: Path, most: int) -> list[str]:
    """Return what is written at a place: all that its pattern takes, and one text that it does not."""
    every = [text.replace("{ELSEWHERE}", str(elsewhere)) for text in PAYLOADS]
    taken = [text for text in every if place.takes(text)]
    refused = [text for text in every if not place.takes(text)]
    if place.schema.get("enum"):
        return every[:1]
    # Of what others have in all the same way, a part at each place; together they have all.
    start = sum(map(ord, place.key)) % max(len(taken), 1)
    turned = taken[start:] + taken[:start]
    return [*turned[: max(most - 1, 1)], *refused[:1]][:most]


def test_whatever_a_spec_says_is_only_data(served: Served, elsewhere: Path, spied: Spy) -> None:
    # What several jobs have alike is tried in one of them; the test below tries everything everywhere.
    tried: set[str] = set()
    for job in jobs():
        for place in places(job):
            kind = f"{place.key.rpartition('.')[2]} {json.dumps(place.schema, sort_keys=True)}"
            if kind not in tried:
                tried.add(kind)
                _try(served, elsewhere, place, most=1)
    assert len(tried) > 100


@pytest.mark.slow
@pytest.mark.parametrize("job", jobs())
def test_whatever_a_spec_says_anywhere_is_only_data(served: Served, elsewhere: Path, spied: Spy, job: str) -> None:
    for place in places(job):
        _try(served, elsewhere, place, most=5)


def _try(served: Served, elsewhere: Path, place: Place, most: int) -> None:
    for text in _payloads(place, elsewhere, most):
        spec = json.dumps(place.spec(text))
        headers = {"Content-Type": "application/json"}
        answer = served.client("admin").post("/v1/validate", content=spec, headers=headers)
        assert answer.status_code == 200, (place.key, text[:100], answer.text)
        _check(answer, served, elsewhere, spec)


# Keys whose texts are paths; `registry` and `result.path` are overruled where they are not what is made.
PATHS = re.compile(
    r"(?:^|[.])(?:table|lookup|records|selectors|holidays|broken_rows)$"
    r"|^(?:data[.])?(?:missing|expected|queries|specs)[.]0$|^spec[.]0[.]path$"
    r"|^(?:source|data_path|output|target|rows|journal|data_root)$"
)
MORE = {
    "import_project": ("data", "missing"),
    "create_registry": ("registry",),
    "generate_project": tuple(f"records.{type_}" for type_ in RECORD_TYPES),
    "export_result": ("result",),
    "create_derived_dataset": ("result",),
    "register_composite": ("result",),
}


def _paths(job: str) -> Iterator[Place]:
    for place in places(job):
        if (PATHS.search(place.key) or place.key in MORE.get(job, ())) and not place.schema.get("enum"):
            yield place


def test_every_text_that_is_said_to_be_a_path_is_known_as_one() -> None:
    said = re.compile(r"relative to this (file|spec)|[Tt]he path of a (CSV|Parquet)|folder to write", re.IGNORECASE)
    unknown = {
        f"{job} {place.key}"
        for job in jobs()
        for place in places(job)
        if said.search(str(place.schema.get("description", ""))) and place not in tuple(_paths(job))
    }
    overruled = {f"{job} registry" for job in jobs()} | {
        f"{job} result.path" for job in ("query", "query_dataset", "map_dataset")
    }
    assert unknown <= overruled


@pytest.mark.parametrize("job", jobs())
def test_no_path_of_a_spec_leads_out(served: Served, elsewhere: Path, spied: Spy, job: str) -> None:
    client, before = served.client("admin"), served.count()
    for place in _paths(job):
        for text in (str(elsewhere / "canary.csv"), "../elsewhere/canary.csv", "inputs/link/canary.csv", "/etc/passwd"):
            spec = json.dumps(place.spec(text))
            answer = client.post("/v1/jobs", content=spec, headers={"Content-Type": "application/json"})
            _check(answer, served, elsewhere, spec)
            assert answer.status_code in (409, 422), (place.key, text, answer.text)
    assert served.count() == before


@pytest.mark.parametrize("text", PAYLOADS)
def test_whatever_stands_beside_a_spec_is_only_data(served: Served, elsewhere: Path, spied: Spy, text: str) -> None:
    client = served.client("admin")
    text = text.replace("{ELSEWHERE}", str(elsewhere))[:3_000]
    query = {"spec_version": 1, "job": "query_dataset", "name": "asked", "dataset": "offices"}
    for key in ("at", "runner", "allow", "set", "parts", "cache", "other"):
        answer = client.post("/v1/jobs", params={key: f"a={text}" if key == "set" else text}, json=query)
        _check(answer, served, elsewhere, str(answer.request.url))
    for name in ("Prefer", "Idempotency-Key", "Accept", "Content-Type", "X-Request-Id"):
        value = text.encode("utf-8", "replace")
        if not re.fullmatch(rb"[\x21-\x7e\x80-\xff]([\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?", value):
            continue
        headers = {"Content-Type": b"application/json", name: value}
        answer = client.post("/v1/explain", content=json.dumps(query), headers=headers)  # type: ignore[arg-type]
        _check(answer, served, elsewhere, text)
    question = {"project": text, "datasets": [text], "by": [text], "where": [f"state={text}"], "name": text}
    answer = client.post("/v1/questions", json=question)
    _check(answer, served, elsewhere, json.dumps(question))


def test_no_process_of_a_job_has_a_text_of_its_client_on_its_command_line(demo_registry: Path, tmp_path: Path) -> None:
    # What passes every check: a filter compares with any text, and a variable stands for any.
    text = f"--conf=x;$(touch {MARK})"
    spec = {
        "spec_version": 1,
        "job": "query_dataset",
        "name": "asked",
        "dataset": "commercial_2018",
        "where": [{"dimension": "commercial_county", "not_contains": "${text}"}],
        "step": [{"by": ["commercial_county", "commercial_end_use", "annual"]}],
    }
    with running_server(demo_registry, tmp_path / "server") as server:
        client = server.client("analyst")
        job = client.post("/v1/queries", params={"runner": "embedded", "set": f"text={text}"}, json=spec).json()
        lines = set[str]()
        while job["state"] in ("queued", "running"):
            lines |= _command_lines(server)
            job = client.get(job["links"]["self"]).json()
            time.sleep(0.1)
        assert job["state"] == "succeeded", job
        assert any("dsgrid.api.runners.attempt" in line and str(server.state) in line for line in lines)
        assert not [line for line in lines if MARK in line]
        assert not list((tmp_path / "server").rglob(MARK))


def _command_lines(server: Server) -> set[str]:
    """Return the command lines and environments of the server and of what it has started, and what these have."""
    assert server.process is not None
    state = str(server.state)
    found = set()
    for folder in Path("/proc").iterdir():
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if folder.name == str(server.process.pid) or state in line or "dsgrid.api" in line:
                around = (folder / "environ").read_bytes().decode("utf-8", "replace")
                found.add(f"{line} {around if state in around else ''}")
        except OSError:
            continue
    return found
