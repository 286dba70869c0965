"""The addresses of results: who sees them, what there is of them, and what is said where there is nothing."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.unit.api.made_results import RUN, ended_job, hourly_table, until, write_result

from dsgrid.api.job import Job, NewJob, Outcome
from dsgrid.api.limits import Limits
from dsgrid.api.results import made_tables
from dsgrid.api.server.app import make_app
from dsgrid.api.settings import Settings
from dsgrid.registry.publish import data_file, write_manifest

ClientOf = Callable[..., TestClient]


def two_files(run: Path) -> None:
    write_result(run, [hourly_table(10), hourly_table(14, 10)])


def with_further(run: Path) -> None:
    write_result(run, [hourly_table(24)], results=["peaks"], variables={"where": "/srv/secret/inputs"})
    write_result(run / "peaks", [hourly_table(2)], "csv", query="peaks")


@pytest.fixture(scope="module")
def app(small_registry: Path, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """One application for all of these tests: each adds jobs of its own, and an application takes long to be made."""
    state = tmp_path_factory.mktemp("results") / "state"
    limits = Limits(requests=1_000_000, burst=1_000_000)
    return make_app(Settings(small_registry, state, hosts=frozenset({"testserver"}), limits=limits), {})


@pytest.fixture(scope="module")
def client_of(app: FastAPI) -> Iterator[ClientOf]:
    """Makes clients of it."""
    with ExitStack() as stack, TestClient(app):

        def made(role: str | None, name: str = "") -> TestClient:
            headers = {}
            if role is not None:
                _, text = app.state.context.tokens.make(name or role, role, expires_at=None, by="")
                headers["Authorization"] = f"Bearer {text}"
            client = TestClient(app, headers=headers, raise_server_exceptions=False)
            stack.callback(client.close)
            return client

        yield made


@pytest.fixture(scope="module")
def anna(client_of: ClientOf) -> TestClient:
    return client_of("analyst", "anna")


@pytest.fixture
def job(app: FastAPI, anna: TestClient) -> Job:
    return ended_job(app, with_further)


def address(job: Job, rest: str = "") -> str:
    return f"/v1/jobs/{job.id}/result{rest}"


def folder_of(app: FastAPI, job: Job) -> Path:
    return Path(app.state.context.dispatcher.attempt(job).folder)


# Who -----------------------------------------------------------------------------------------------------------------


def paths(app: FastAPI) -> list[str]:
    """Return all addresses of results, with something for each of their parts."""
    fitting = {"name": "peaks", "path": "table.parquet", "export": "load"}
    found = [path for path in app.openapi()["paths"] if "/result" in path]
    return [re.sub(r"{(\w+)}", lambda each: fitting.get(each[1], "{job}"), one) for one in found]


def test_the_results_of_others_are_not_there(shared_app: FastAPI, client_of: ClientOf, job: Job) -> None:
    assert len(paths(shared_app)) > 20
    bert, admin = client_of("contributor", "bert"), client_of("admin", "root")
    reader, nobody = client_of("reader"), client_of(None)
    for path in paths(shared_app):
        own = path.replace("{job}", job.id)
        nobodys = path.replace("{job}", "0" * 16)
        refused, unknown = bert.get(own, params=with_of(path, job)), bert.get(nobodys, params=with_of(path, job))
        assert refused.status_code == unknown.status_code == 404, path
        # Nothing tells a job of somebody else from none.
        assert refused.json()["detail"].replace(job.id, "") == unknown.json()["detail"].replace("0" * 16, "")
        assert bert.head(own, params=with_of(path, job)).status_code == 404
        assert reader.get(own, params=with_of(path, job)).status_code == 403
        assert nobody.get(own, params=with_of(path, job)).status_code == 401
    assert admin.get(address(job)).status_code == 200


def with_of(path: str, job: Job) -> dict[str, str]:
    return {"/diff": {"with": job.id}, "/sums": {"by": "state"}}.get(path[path.rfind("/") :], {})


def test_a_result_is_not_compared_with_that_of_somebody_else(app: FastAPI, anna: TestClient, job: Job) -> None:
    of_bert = ended_job(app, two_files, user="bert")
    assert anna.get(address(job, f"/diff?with={of_bert.id}")).status_code == 404


# Nothing there -------------------------------------------------------------------------------------------------------


def test_a_job_that_has_not_ended_has_no_result_yet(app: FastAPI, anna: TestClient) -> None:
    new = NewJob("anna", "analyst", "query", "load", "{}", "application/json", "spark")
    store = app.state.context.dispatcher.store
    waiting = store.add(new)[0]
    answer = anna.get(address(waiting))
    store.cancel_queued(waiting.id, "anna")
    assert (answer.status_code, answer.json()["type"]) == (409, "/v1/problems/conflict")
    assert "queued" in answer.json()["detail"]
    assert answer.headers["link"].startswith(f"</v1/jobs/{waiting.id}>")


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_job_that_has_failed_says_why(app: FastAPI, anna: TestClient, state: str) -> None:
    place = str(app.state.context.settings.registry / "data")
    problems = ({"message": f"no column in {place}", "key": "where[0]", "where": "spec.toml:1:2", "detail": ""},)
    failed = ended_job(app, outcome=Outcome(state, 2, "the reason", problems=problems))
    answer = anna.get(address(failed, "/table"))
    assert answer.status_code == 409
    assert "the reason" in answer.json()["detail"]
    assert [one["key"] for one in answer.json()["problems"]] == ["where[0]"]
    assert place not in answer.text


def test_a_registration_has_no_result(app: FastAPI, anna: TestClient) -> None:
    answer = anna.get(address(ended_job(app, kind="register_dataset")))
    assert answer.status_code == 404
    assert "register_dataset" in answer.json()["detail"]


def test_what_was_removed_is_gone(app: FastAPI, anna: TestClient, job: Job) -> None:
    assert anna.get(address(job, "/files/table.parquet")).status_code == 200  # and is known
    shutil.rmtree(folder_of(app, job) / "results")
    for rest in ("", "/table.csv", "/table.parquet", "/files/table.parquet", "/results/peaks", "/plot"):
        assert anna.get(address(job, rest)).status_code == 410


def test_a_result_outside_of_its_folder_is_none(app: FastAPI, anna: TestClient, tmp_path: Path) -> None:
    write_result(tmp_path / "outside", [hourly_table(1)])
    outcome = Outcome("succeeded", result=f"../../../../{tmp_path.name}/outside")
    assert anna.get(address(ended_job(app, outcome=outcome))).status_code == 404


def test_a_damaged_result_is_the_fault_of_the_server(
    app: FastAPI, anna: TestClient, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(app.state.context.settings.state.parent)
    path = folder_of(app, job) / RUN / "table.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    answer = anna.get(address(job))
    assert answer.status_code == 502
    assert "table.parquet" in answer.json()["detail"]
    for path in (str(app.state.context.settings.state), RUN):
        assert path not in answer.text


def test_a_query_without_a_table_of_its_own_names_its_results(app: FastAPI, anna: TestClient) -> None:
    def make(run: Path) -> None:
        run.mkdir(parents=True)
        told = {
            "query": "load",
            "table": None,
            "rows": 0,
            "columns": [],
            "datasets": [],
            "sums": [],
            "results": ["peaks"],
        }
        write_manifest(run, [], told)
        write_result(run / "peaks", [hourly_table(2)], query="peaks")

    job = ended_job(app, make)
    told = anna.get(address(job)).json()
    assert "table" not in told["links"]
    assert list(told["results"]) == ["peaks"]
    answer = anna.get(address(job, "/table.csv"))
    assert answer.status_code == 404
    assert "peaks" in answer.json()["detail"]
    assert anna.get(told["results"]["peaks"] + "/table.csv").text.count("\n") == 3


# What there is -------------------------------------------------------------------------------------------------------


def test_the_summary_leads_to_everything(anna: TestClient, job: Job) -> None:
    told = anna.get(address(job)).json()
    assert (told["rows"], told["units"], told["sums"]) == (24, ["MWh"], [{"unit": "MWh", "sum": 1.5}])
    assert told["columns"][3] == {"name": "value", "type": "value", "holds": "float64", "unit": "MWh"}
    for where in (*told["links"].values(), *told["results"].values()):
        assert anna.get(where).status_code == 200
        assert anna.head(where).status_code == 200
    assert "/" not in told["report"].replace("/v1", "").replace("peaks/", "")


def test_nothing_tells_where_the_server_keeps_it(
    app: FastAPI, anna: TestClient, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Paths below the working directory are shown without what stands before them.
    monkeypatch.chdir(app.state.context.settings.state.parent)
    for rest in ("", "?format=text", "/manifest", "/files", f"/diff?with={job.id}", f"/diff?with={job.id}&format=text"):
        answer = anna.get(address(job, rest))
        assert answer.status_code == 200
        for path in (app.state.context.settings.state, app.state.context.settings.registry, "/srv/secret"):
            assert str(path) not in answer.text
        assert RUN not in answer.text


@pytest.mark.parametrize("make", [two_files, with_further])
def test_every_form_is_the_same_table(app: FastAPI, anna: TestClient, make: Callable[[Path], None]) -> None:
    job, table = ended_job(app, make), hourly_table(24)
    for rest, accept in (("/table", "application/vnd.apache.parquet"), ("/table.parquet", "*/*")):
        answer = anna.get(address(job, rest), headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/vnd.apache.parquet"
        assert pq.read_table(pa.BufferReader(answer.content)).equals(table)
    for rest, accept in (("/table", "application/vnd.apache.arrow.stream"), ("/table.arrow", "text/html")):
        answer = anna.get(address(job, rest), headers={"Accept": accept})
        assert pa.ipc.open_stream(answer.content).read_all().equals(table)
    for rest, accept in (("/table", "text/csv;q=0.9, application/json;q=0.1"), ("/table?format=csv", "*/*")):
        answer = anna.get(address(job, rest), headers={"Accept": accept})
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.text.splitlines()[:2] == ["state,hourly,days,value", "CO,2018-07-01 00:00:00Z,0,0.25"]
        assert answer.text.count("\n") == 25
    assert anna.get(address(job, "/table"), headers={"Accept": "image/png"}).status_code == 406
    rows: list[Any] = []
    where = address(job, "/table.json?limit=5&shape=objects")
    while where is not None:
        page = anna.get(where)
        rows += page.json()["rows"]
        where = page.json()["next"]
        assert ("link" in page.headers) == (where is not None)
    assert rows == [{**row, "hourly": row["hourly"].strftime("%Y-%m-%dT%H:%M:%SZ")} for row in table.to_pylist()]


def test_files_are_as_the_query_wrote_them(app: FastAPI, anna: TestClient) -> None:
    job = ended_job(app, two_files)
    listed = anna.get(address(job, "/files")).json()
    assert listed["total"] == 2
    for one in listed["items"]:
        answer = anna.get(one["href"])
        assert hashlib.sha256(answer.content).hexdigest() == one["sha256"] == answer.headers["etag"].strip('"')
        assert len(answer.content) == one["bytes"]
    assert "part-0.parquet" in anna.get(listed["items"][0]["href"]).headers["content-disposition"]
    for name in ("manifest.json", "table.parquet", "../request.json", "%2e%2e/manifest.json", "/etc/passwd", "a%00"):
        assert anna.get(address(job, f"/files/{name}")).status_code in (400, 404)


TAGGED = (
    *("", "?format=text", "/manifest", "/plot", "/table.parquet", "/table.csv", "/table.arrow", "/table.json"),
    *("/table.json?limit=2", "/table.csv?where=state=CO", "/table.csv?columns=value"),
)


def test_every_answer_is_known_by_its_tag(app: FastAPI, anna: TestClient, job: Job) -> None:
    many = ended_job(app, two_files)
    seen = set()
    for one in (job, many):
        for rest in TAGGED:
            answer = anna.get(address(one, rest))
            tag = answer.headers["etag"]
            assert "no-cache" in answer.headers["cache-control"]
            assert "private" in answer.headers["cache-control"]
            again = anna.get(address(one, rest), headers={"If-None-Match": tag})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
            assert anna.get(address(one, rest), headers={"If-Match": '"other"'}).status_code == 412
            assert tag not in seen
            seen.add(tag)


def test_a_made_file_has_ranges_and_stays_the_same(app: FastAPI, anna: TestClient) -> None:
    job = ended_job(app, two_files)
    head = anna.head(address(job, "/table.parquet"))
    assert head.headers["accept-ranges"] == "bytes"
    whole = anna.get(address(job, "/table.parquet"))
    assert whole.headers["etag"] == head.headers["etag"]
    assert int(head.headers["content-length"]) == len(whole.content)
    part = anna.get(address(job, "/table.parquet"), headers={"Range": "bytes=-8", "If-Range": head.headers["etag"]})
    assert (part.status_code, part.content) == (206, whole.content[-8:])


def test_a_file_that_takes_long_to_make_is_asked_for_again(
    app: FastAPI, anna: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    from dsgrid.api.routes import result_orders

    go = threading.Event()
    own = made_tables.write_parquet
    monkeypatch.setattr(made_tables, "write_parquet", lambda *given: (go.wait(5), own(*given)))
    monkeypatch.setattr(result_orders, "_PATIENCE", 0.001)
    job = ended_job(app, two_files)
    answer = anna.get(address(job, "/table.parquet"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    go.set()
    until(lambda: anna.get(address(job, "/table.parquet")).status_code == 200)


def test_a_full_disk_is_told_and_nothing_is_left(
    app: FastAPI, anna: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    job = ended_job(app, two_files)
    monkeypatch.setattr(made_tables, "write_parquet", full)
    answer = anna.get(address(job, "/table.parquet"))
    assert (answer.status_code, answer.json()["type"]) == (507, "/v1/problems/full")
    assert list((folder_of(app, job) / "forms").iterdir()) == []


def test_cursors_belong_to_one_table(app: FastAPI, anna: TestClient, job: Job) -> None:
    following = anna.get(address(job, "/table.json?limit=5")).json()["next"]
    other = ended_job(app, two_files)
    for wrong in (following.replace(job.id, other.id), f"{following}&where=state=CO", f"{following}x"):
        assert anna.get(wrong).status_code == 400
    assert anna.get(address(job, "/table.json?limit=0")).status_code in (400, 422)
    assert anna.get(address(job, "/table.json?limit=1000000")).status_code == 400


def test_places_are_free_again_after_every_download(app: FastAPI, anna: TestClient, job: Job) -> None:
    gate = app.state.context.gates.downloads
    before = gate._free
    for rest in ("/table.csv", "/table.arrow", "/plot", f"/diff?with={job.id}", "/plot?kind=bar&x=nothing"):
        anna.get(address(job, rest))
        anna.head(address(job, rest))
    assert gate._free == before


# In another order ----------------------------------------------------------------------------------------------------


def walked(anna: TestClient, where: str | None) -> list[list[Any]]:
    """Return the rows of all pages from an address on."""
    rows: list[list[Any]] = []
    while where is not None:
        answer = anna.get(where)
        assert answer.status_code == 200, answer.text
        rows += answer.json()["rows"]
        where = answer.json()["next"]
    return rows


@pytest.mark.parametrize("make", [two_files, with_further])
def test_a_table_comes_in_the_order_that_is_asked_for(
    app: FastAPI, anna: TestClient, make: Callable[[Path], None]
) -> None:
    job = ended_job(app, make)
    named = ["CA", "CO", "NY"]
    frame = hourly_table(24).to_pandas().sort_values(["state", "value"], ascending=[True, False])
    values = frame["value"].to_list()
    order = "sort=state,-value"
    assert [row[-1] for row in walked(anna, address(job, f"/table.json?{order}&limit=5"))] == values
    first = anna.get(address(job, f"/table?{order}&limit=1&shape=objects")).json()
    assert first["rows"] == [{"state": "CA", "hourly": "2018-07-01T23:00:00Z", "days": 0, "value": 23.25}]
    assert first["total"] == 24
    # Columns and tests are about the sorted rows, and one may sort by what is not shown.
    found = walked(anna, address(job, f"/table.json?{order}&columns=value&where=state=NY&limit=3"))
    assert found == [[row.value] for row in frame.itertuples() if row.state == "NY"]
    text = anna.get(address(job, f"/table.csv?{order}&columns=state")).text
    assert text.split() == ["state", *(name for name in named for _ in range(8))]
    for rest in ("/table.parquet?", "/table?format=parquet&"):
        answer = anna.get(address(job, f"{rest}{order}"))
        assert pq.read_table(pa.BufferReader(answer.content)).column("value").to_pylist() == values
    stream = anna.get(address(job, f"/table.arrow?{order}")).content
    assert pa.ipc.open_stream(stream).read_all().column("value").to_pylist() == values
    # The files of the result stay as they are.
    assert [row[-1] for row in walked(anna, address(job, "/table.json?limit=9"))] == sorted(values)


@pytest.mark.parametrize("chosen", ["", "&sort=-value", "&where=state=NY", "&where=state=NY&sort=-value"])
def test_rows_are_passed_over_from_any_page_on(app: FastAPI, anna: TestClient, chosen: str) -> None:
    job = ended_job(app, two_files)
    own = address(job, f"/table.json?columns=value{chosen}")
    whole = walked(anna, own)
    for offset in (0, 1, 5, len(whole) - 1, len(whole), 9_000, 2**53):
        assert walked(anna, f"{own}&limit=3&offset={offset}") == whole[offset:]
    following = anna.get(f"{own}&limit=2&offset=1").json()["next"]
    assert "offset" not in following
    assert walked(anna, f"{following}&offset=2") == whole[5:]
    tags = {anna.get(f"{own}&limit=2&offset={offset}").headers["etag"] for offset in (0, 1)}
    assert len(tags) == 2
    assert anna.get(f"{own}&offset=-1").status_code in (400, 422)


def test_pages_of_an_order_go_on_after_its_copy_has_gone(app: FastAPI, anna: TestClient, job: Job) -> None:
    wanted = [[number + 0.25] for number in range(23, -1, -1)]
    page = anna.get(address(job, "/table.json?sort=-value&columns=value&limit=7")).json()
    (copy,) = (folder_of(app, job) / "forms").iterdir()
    copy.unlink()
    assert page["rows"] + walked(anna, page["next"]) == wanted
    # A cursor belongs to one order.
    assert anna.get(page["next"].replace("sort=-value", "sort=value")).status_code == 400


def test_further_results_have_orders_of_their_own(anna: TestClient, job: Job) -> None:
    for rest, values in (("", list(range(24))), ("/results/peaks", [0, 1])):
        found = walked(anna, address(job, f"{rest}/table.json?sort=-value&columns=value"))
        assert found == [[number + 0.25] for number in reversed(values)]


def test_every_order_has_a_tag_of_its_own(anna: TestClient, job: Job) -> None:
    seen = set()
    for form in ("csv", "arrow", "json", "parquet"):
        for order in ("", "?sort=value", "?sort=-value", "?sort=state,value"):
            answer = anna.get(address(job, f"/table.{form}{order}"))
            tag = answer.headers["etag"]
            again = anna.get(address(job, f"/table.{form}{order}"), headers={"If-None-Match": tag})
            assert (again.status_code, again.headers["etag"]) == (304, tag)
            seen.add(tag)
    assert len(seen) == 16
    whole = anna.get(address(job, "/table.parquet?sort=value"))
    headers = {"Range": "bytes=-8", "If-Range": whole.headers["etag"]}
    part = anna.get(address(job, "/table.parquet?sort=value"), headers=headers)
    assert (part.status_code, part.content) == (206, whole.content[-8:])


def test_an_order_that_there_cannot_be_is_refused_in_every_form(
    app: FastAPI, anna: TestClient, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dsgrid.api.results import row_order

    for form in ("csv", "arrow", "json", "parquet"):
        answer = anna.get(address(job, f"/table.{form}?sort=-valeu"))
        assert (answer.status_code, answer.json()["problems"][0]["key"]) == (400, "sort")
        assert 'did you mean "value"' in answer.json()["detail"]
    assert anna.get(address(job, "/table.json?sort=value&sort=state")).status_code == 400
    monkeypatch.setattr(row_order, "MOST_ROWS", 23)
    answer = anna.get(address(job, "/table.json?sort=value"))
    assert (answer.status_code, "sorts 23 at most" in answer.json()["detail"]) == (422, True)
    assert not (folder_of(app, job) / "forms").exists()


def test_a_table_that_takes_long_to_sort_is_asked_for_again(
    app: FastAPI, anna: TestClient, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    from dsgrid.api.routes import result_orders

    go = threading.Event()
    own = made_tables.write_parquet
    monkeypatch.setattr(made_tables, "write_parquet", lambda *given: (go.wait(5), own(*given)))
    monkeypatch.setattr(result_orders, "_PATIENCE", 0.001)
    answer = anna.get(address(job, "/table.json?sort=value"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "sorted" in answer.json()["detail"]
    # Whoever wants it as it is does not wait.
    assert anna.get(address(job, "/table.json")).status_code == 200
    go.set()
    until(lambda: anna.get(address(job, "/table.json?sort=value")).status_code == 200)


# Pictures and comparisons --------------------------------------------------------------------------------------------


def test_a_picture_may_run_its_own_scripts_and_nothing_else(anna: TestClient, job: Job) -> None:
    answer = anna.get(address(job, "/plot?kind=line&title=<script>alert(1)</script>"))
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    allowed = dict(part.strip().split(" ", 1) for part in policy.split(";") if " " in part.strip())
    assert allowed["default-src"] == "'none'"
    assert allowed["sandbox"] == "allow-scripts allow-downloads"  # and not allow-same-origin
    scripts = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in scripts}
    assert set(allowed["script-src"].split()) == hashes
    assert "<script>alert(1)" not in answer.text
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?https?:""", answer.text.replace(max(scripts, key=len), ""))


def test_a_picture_that_cannot_be_drawn_says_why(anna: TestClient, job: Job) -> None:
    for rest, status in (("?x=stat", 404), ("?kind=pie", 422), ("?where=state=XX", 404), ("?unit=kg", 400)):
        assert anna.get(address(job, f"/plot{rest}")).status_code == status, rest


def test_two_results_are_compared(app: FastAPI, anna: TestClient, job: Job) -> None:
    same, other = ended_job(app, two_files), ended_job(app, lambda run: write_result(run, [hourly_table(23)]))
    assert anna.get(address(job, f"/diff?with={same.id}")).json()["verdict"] == "equal"
    told = anna.get(address(job, f"/diff?with={other.id}")).json()
    assert (told["verdict"], told["rows"]) == ("different", {"both": 23, "only_a": 1, "only_b": 0})
    assert (told["a"]["name"], told["b"]["name"]) == (job.id, other.id)
    text = anna.get(address(job, f"/diff?with={other.id}"), headers={"Accept": "text/plain"}).text
    assert job.id in text
    assert text.endswith("different\n")
    further = anna.get(address(job, f"/results/peaks/diff?with={job.id}")).json()
    assert further["a"]["name"] == further["b"]["name"] == f"{job.id}/peaks"
    assert anna.get(address(job, f"/results/peaks/diff?with={job.id}&result=")).json()["verdict"] == "different"
    assert anna.get(address(job, f"/diff?with={job.id}&ignore=nothing")).status_code == 400


def test_tables_that_take_minutes_are_not_drawn(anna: TestClient, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    from dsgrid.api.routes import result_pictures

    monkeypatch.setattr(result_pictures, "_ROWS_MOST", 23)
    for rest in ("/plot", f"/diff?with={job.id}"):
        answer = anna.get(address(job, rest))
        assert answer.status_code == 422
        assert "24 rows" in answer.json()["detail"]


# Further results and exports -----------------------------------------------------------------------------------------


def test_further_results_have_all_that_the_first_has(anna: TestClient, job: Job) -> None:
    table = hourly_table(2)
    assert anna.get(address(job, "/results/peaks")).json()["query"] == "peaks"
    assert anna.get(address(job, "/results/peaks/files/table.csv")).text.count("\n") == 3
    assert pq.read_table(io.BytesIO(anna.get(address(job, "/results/peaks/table.parquet")).content)).equals(table)
    assert len(anna.get(address(job, "/results/peaks/table")).json()["rows"]) == 2
    answer = anna.get(address(job, "/results/peak"))
    assert (answer.status_code, 'did you mean "peaks"?' in answer.json()["detail"]) == (404, True)


def test_exports_are_sent(app: FastAPI, anna: TestClient) -> None:
    def make(run: Path) -> None:
        write_result(run, [hourly_table(3)], exports=[{"name": "rows", "folder": "rows"}])
        folder = run / "rows"
        folder.mkdir()
        (folder / "a.csv").write_text("x\n1\n")
        files = [data_file(folder, "a.csv", "export", 1)]
        write_manifest(
            folder, files, {"name": "rows", "tables": [{"path": "a.csv", "rows": 1}], "sums": [], "adds_up": False}
        )

    job = ended_job(app, make)
    told = anna.get(anna.get(address(job)).json()["exports"]["rows"]).json()
    (file,) = told["files"]
    answer = anna.get(file["href"])
    assert (answer.text, answer.headers["etag"]) == ("x\n1\n", f'"{file["sha256"]}"')
    assert anna.get(file["href"], headers={"Range": "bytes=2-2"}).text == "1"
    assert anna.get(address(job, "/exports/row")).status_code == 404
    assert anna.get(address(job, "/exports/rows/files/manifest.json")).status_code == 404


def test_a_manifest_is_the_one_that_was_written(app: FastAPI, anna: TestClient, job: Job) -> None:
    written = json.loads((folder_of(app, job) / RUN / "manifest.json").read_text("utf-8"))
    told = anna.get(address(job, "/manifest")).json()
    assert told["variables"]["where"] != written["variables"]["where"]
    assert {**told, "variables": {}} == {**written, "variables": {}}
