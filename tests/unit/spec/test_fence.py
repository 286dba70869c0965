"""What a spec may name that came to a server: files in roots, its own files, and nothing else."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.errors import NotFoundError, SpecError, UsageError
from dsgrid.operations.task import results_folder
from dsgrid.spec.fence import VARIABLE, Fence, FencedRoot, active, fenced, may_read
from dsgrid.spec.load import load_spec, parse_spec
from dsgrid.spec.node import Node, Source, missing, shown

ROOTS = "a path begins with the name of a root"


@pytest.fixture
def fence(tmp_path: Path) -> Fence:
    for name in ("attempt/files", "attempt/results", "inputs/sub", "scratch", "elsewhere", "jobs/j1/1/run"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("inputs/a.csv", "inputs/sub/b.csv", "scratch/c.csv", "elsewhere/secret.csv", "attempt/request.json"):
        (tmp_path / name).write_text("id\n1\n")
    (tmp_path / "jobs/j1/1/run/table.csv").write_text("id\n")
    return Fence(
        folder=tmp_path / "attempt",
        roots=(
            FencedRoot("inputs", str(tmp_path / "inputs")),
            FencedRoot("scratch", str(tmp_path / "scratch"), writable=True),
            FencedRoot("lake", "s3://bucket/loads"),
        ),
        home=tmp_path / "attempt/files",
        results=tmp_path / "attempt/results",
        known={"jobs/j1/result": tmp_path / "jobs/j1/1/run"},
        names={"registry": tmp_path / "registry"},
    )


def node(fence: Fence, value: str, file: Path | None = None) -> Node:
    """Return a path as it stands in a spec: in the one that was sent, or in a file."""
    folder = fence.folder if file is None else file.parent
    return Node(value, ("data", "table"), Source(file or folder / "spec.toml", "", folder, fence))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("inputs/a.csv", "inputs/a.csv"),
        ("inputs/sub/../a.csv", "inputs/a.csv"),
        ("inputs//sub/./b.csv", "inputs/sub/b.csv"),
        ("scratch/c.csv", "scratch/c.csv"),
        ("jobs/j1/result/table.csv", "jobs/j1/1/run/table.csv"),
        ("jobs/j1/result", "jobs/j1/1/run"),
    ],
)
def test_a_spec_that_was_sent_reads_what_is_in_a_root(fence: Fence, tmp_path: Path, text: str, place: str) -> None:
    assert node(fence, text).file() == tmp_path / place


@pytest.mark.parametrize("text", ["export", "files/export", "a/b/../../export"])
def test_what_a_job_writes_is_in_its_own_folder(fence: Fence, text: str) -> None:
    assert node(fence, text).resolve() == fence.home / "export"  # type: ignore[operator]


def test_what_a_job_writes_may_be_in_a_root_that_is_written_to(fence: Fence, tmp_path: Path) -> None:
    assert node(fence, "scratch/new/export").resolve() == tmp_path / "scratch/new/export"


def test_a_root_may_be_on_an_object_store(fence: Fence) -> None:
    assert str(node(fence, "lake/2018/load.parquet").resolve(to_read=True)) == "s3://bucket/loads/2018/load.parquet"
    with pytest.raises(SpecError, match="nothing is written to lake"):
        node(fence, "lake/2018/load.parquet").resolve()


OUTSIDE = [
    "/etc/passwd",
    "~/.ssh/id_rsa",
    "~root/x",
    "../elsewhere/secret.csv",
    "inputs/../../elsewhere/secret.csv",
    "inputs/../elsewhere/secret.csv",
    "inputs/../attempt/request.json",
    "inputs/../../../../../../etc/passwd",
    "..",
    ".",
    "./inputs/../..",
    "elsewhere/secret.csv",
    "request.json",
    "attempt/request.json",
    "inputs",
    "inputs/",
    "inputs/.hidden",
    "inputs/.git/config",
    "inputs/sub/.env",
    "inputsx/a.csv",
    "INPUTS/a.csv",
    "jobs/j2/result/table.csv",
    "jobs/j1/result/../../../../elsewhere/secret.csv",
    "jobs/j1",
    "file:///etc/passwd",
    "s3://bucket/loads/x",
    "s3a://other/x",
    "https://example.org/x.csv",
    "inputs/*.csv",
    "inputs/{a,../../elsewhere/secret}.csv",
    "inputs/[a].csv",
    "inputs/a\\..\\b",
    "inputs/a.csv\n",
    "inputs/a\x00.csv",
    "inputs/a\u202e.csv",
    "",
    "  ",
    "inputs/" + "a" * 300,
    "inputs/" + "a/" * 600,
]


@pytest.mark.parametrize("text", OUTSIDE)
def test_nothing_else_is_read(fence: Fence, text: str) -> None:
    with pytest.raises(SpecError) as raised:
        node(fence, text).file()
    assert raised.value.problems[0].key == "data.table"


@pytest.mark.parametrize(
    "text", [text for text in OUTSIDE if text not in ("elsewhere/secret.csv", "request.json", "attempt/request.json")]
)
def test_nothing_else_is_written(fence: Fence, text: str) -> None:
    try:
        place = node(fence, text).resolve()
    except SpecError:
        return
    assert isinstance(place, Path)
    assert place.is_relative_to(fence.home or "")


@pytest.mark.parametrize("text", ["inputs/new", "lake/new", "jobs/j1/result/new", "results/new"])
def test_nothing_is_written_where_things_are_only_read(fence: Fence, text: str) -> None:
    with pytest.raises(SpecError, match="a path of an output is relative, in the folder of the job's files"):
        node(fence, text).resolve()


def test_a_message_does_not_tell_whether_something_is_outside(fence: Fence, tmp_path: Path) -> None:
    def said(text: str) -> str:
        with pytest.raises(SpecError) as raised:
            node(fence, text).file()
        return raised.value.problems[0].message.replace(text, "TEXT")

    assert said(str(tmp_path / "elsewhere/secret.csv")) == said(str(tmp_path / "elsewhere/nothing.csv"))
    assert said("../elsewhere/secret.csv") == said("../elsewhere/nothing.csv")
    assert said("elsewhere/secret.csv") == said("elsewhere/nothing.csv")
    assert ROOTS in said("elsewhere/secret.csv")
    assert '"inputs", "scratch", "lake"' in said("elsewhere/secret.csv")


def test_the_closest_root_is_offered(fence: Fence) -> None:
    with pytest.raises(SpecError, match='did you mean "inputs"'):
        node(fence, "input/a.csv").file()


@pytest.mark.parametrize("target", ["../elsewhere", "../elsewhere/secret.csv", "/etc", "../attempt/request.json"])
def test_a_link_that_leads_out_is_not_followed(fence: Fence, tmp_path: Path, target: str) -> None:
    (tmp_path / "inputs/link").symlink_to(target)
    for text in ("inputs/link", "inputs/link/secret.csv", "inputs/link/../a.csv/../link/x"):
        with pytest.raises(SpecError, match="by a link"):
            node(fence, text).file()
    (tmp_path / "scratch/link").symlink_to(target)
    with pytest.raises(SpecError, match="by a link"):
        node(fence, "scratch/link/new").resolve()


def test_a_link_to_nothing_outside_is_not_written_through(fence: Fence, tmp_path: Path) -> None:
    (tmp_path / "scratch/link").symlink_to(tmp_path / "elsewhere/new.csv")
    with pytest.raises(SpecError, match="by a link"):
        node(fence, "scratch/link").resolve()


def test_a_link_that_stays_inside_is_followed(fence: Fence, tmp_path: Path) -> None:
    (tmp_path / "inputs/newest").symlink_to("sub")
    assert node(fence, "inputs/newest/b.csv").file().read_bytes()


def test_a_folder_with_a_link_that_leads_out_is_refused(fence: Fence, tmp_path: Path) -> None:
    (tmp_path / "inputs/sub/deep").mkdir()
    (tmp_path / "inputs/sub/deep/part.csv").symlink_to(tmp_path / "elsewhere/secret.csv")
    with pytest.raises(SpecError, match=r"inputs/sub/deep/part.csv leads out"):
        node(fence, "inputs/sub").file()


def test_a_root_that_is_itself_a_link_is_one(fence: Fence, tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to("inputs")
    linked = Fence(fence.folder, (FencedRoot("data", str(tmp_path / "linked")),))
    assert node(linked, "data/a.csv").file().read_bytes()


def test_a_spec_in_a_root_names_what_lies_beside_it(fence: Fence, tmp_path: Path) -> None:
    file = tmp_path / "inputs/sub/spec.toml"
    assert node(fence, "b.csv", file).file() == tmp_path / "inputs/sub/b.csv"
    assert node(fence, "../a.csv", file).file() == tmp_path / "inputs/a.csv"
    assert node(fence, "scratch/c.csv", file).file() == tmp_path / "scratch/c.csv"
    assert node(fence, "scratch/new", file).resolve() == tmp_path / "scratch/new"


@pytest.mark.parametrize(
    "text",
    [
        "../../elsewhere/secret.csv",
        "../../attempt/request.json",
        "/etc/passwd",
        "inputs/../../../elsewhere/secret.csv",
        "../.hidden",
    ],
)
def test_a_spec_in_a_root_does_not_lead_out(fence: Fence, tmp_path: Path, text: str) -> None:
    with pytest.raises(SpecError):
        node(fence, text, tmp_path / "inputs/sub/spec.toml").file()
    with pytest.raises(SpecError):
        node(fence, "new", tmp_path / "inputs/sub/spec.toml").resolve()


def test_a_spec_that_dsgrid_made_on_the_way_names_what_lies_beside_it(fence: Fence, tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    (made / "geography.csv").write_text("id\n")
    assert node(fence, "geography.csv", made / "register.toml").file() == made / "geography.csv"
    assert node(fence, "jobs/j1/result/table.csv", made / "register.toml").file()
    with pytest.raises(SpecError):
        node(fence, "../elsewhere/secret.csv", made / "register.toml").file()


def test_messages_call_places_by_their_roots(fence: Fence, tmp_path: Path) -> None:
    with fenced(fence):
        assert shown(tmp_path / "inputs/sub/b.csv") == "inputs/sub/b.csv"
        assert shown(tmp_path / "attempt/files/x") == "files/x"
        assert shown(tmp_path / "attempt/results/q/1") == "results/q/1"
        assert shown(tmp_path / "attempt/spec.toml") == "spec.toml"
        assert shown(tmp_path / "jobs/j1/1/run/table.csv") == "jobs/j1/result/table.csv"
        assert shown(tmp_path / "registry/registry.db") == "registry/registry.db"
        assert shown(tmp_path / "elsewhere/secret.csv") == "…"
        assert shown(Path.cwd() / "x") == "…"
        message = missing(tmp_path / "inputs/sub/c.csv", "c.csv")
    assert message == 'no file "c.csv" in inputs/sub; did you mean "b.csv"?'


def test_a_file_that_is_not_there_is_told_by_its_root(fence: Fence, tmp_path: Path) -> None:
    with fenced(fence), pytest.raises(NotFoundError) as raised:
        node(fence, "inputs/nowhere/x.csv").file()
    assert str(tmp_path) not in str(raised.value)
    assert "inputs/nowhere" in str(raised.value)


def test_a_spec_keeps_its_fence_in_other_threads(fence: Fence) -> None:
    with fenced(fence):
        spec = parse_spec(SPEC, path=fence.folder / "spec.toml", folder=fence.folder)
    found: list[BaseException] = []

    def resolving() -> None:
        try:
            spec.root["result"].resolve("path")
        except SpecError as error:
            found.append(error)

    thread = threading.Thread(target=resolving)
    thread.start()
    thread.join()
    assert found
    assert active() is None


SPEC = """\
spec_version = 1
job = "query"
name = "asked"
project = "project"
datasets = ["dataset"]

[result]
path = "/tmp/elsewhere"
"""


def test_results_go_where_the_fence_says(fence: Fence) -> None:
    from dsgrid.operations.asking import read_asked

    with fenced(fence):
        spec = parse_spec(SPEC, path=fence.folder / "spec.toml", folder=fence.folder)
    assert results_folder(read_asked(spec), spec) == fence.results


def test_a_process_has_the_fence_of_its_environment(fence: Fence, monkeypatch: pytest.MonkeyPatch) -> None:
    file = fence.folder / "request.json"
    file.write_text(json.dumps({"kind": "query", "fence": fence.document()}))
    monkeypatch.setenv(VARIABLE, str(file))
    assert active() == fence
    (fence.folder / "spec.toml").write_text(SPEC)
    assert load_spec(fence.folder / "spec.toml").root.source.fence == fence
    assert not may_read(Path("/etc/passwd"))


def test_a_fence_that_cannot_be_read_is_no_open_one(fence: Fence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(fence.folder / "nothing.json"))
    with pytest.raises(FileNotFoundError):
        active()
    (fence.folder / "empty.json").write_text("{}")
    monkeypatch.setenv(VARIABLE, str(fence.folder / "empty.json"))
    with pytest.raises(KeyError):
        active()


def test_without_a_fence_any_path_is_a_path(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("")
    source = Source(tmp_path / "spec.toml", "", tmp_path)
    assert Node(str(tmp_path / "a.csv"), (), source).file() == tmp_path / "a.csv"
    assert Node("../x", (), source).resolve() == tmp_path / "../x"
    assert may_read(Path("/etc/passwd"))


_PARTS = st.sampled_from(
    ["..", ".", "inputs", "scratch", "files", "results", "jobs", "j1", "result", "link", "sub", "a.csv", "elsewhere",
     "secret.csv", "attempt", "", "~", "etc", "passwd", "lake", ".x", "new"]
)  # fmt: skip


@given(
    parts=st.lists(_PARTS, min_size=1, max_size=8), absolute=st.booleans(), is_file=st.booleans(), to_read=st.booleans()
)
def test_whatever_is_put_together_stays_inside(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str], absolute: bool, is_file: bool, to_read: bool
) -> None:
    fence, top = _shared(tmp_path_factory)
    text = ("/" if absolute else "") + "/".join(parts)
    folder = top / "inputs/sub" if is_file else fence.folder
    try:
        place = fence.place(text, folder, is_file=is_file, to_read=to_read)
    except UsageError:
        return
    if not isinstance(place, Path):
        assert str(place).startswith("s3://bucket/loads/")
        assert to_read
        return
    real = os.path.realpath(place)
    read = [top / name for name in ("inputs", "scratch", "attempt/files", "attempt/results", "jobs/j1/1/run")]
    allowed = read if to_read else [top / "scratch", top / "attempt/files"]
    assert any(real == str(each) or real.startswith(f"{each}/") for each in allowed), text


_made: dict[str, tuple[Fence, Path]] = {}


def _shared(factory: pytest.TempPathFactory) -> tuple[Fence, Path]:
    if not _made:
        top = Path(os.path.realpath(factory.mktemp("fenced")))
        for name in ("attempt/files", "inputs/sub", "scratch", "elsewhere", "jobs/j1/1/run"):
            (top / name).mkdir(parents=True)
        for name in ("inputs/link", "scratch/link", "inputs/sub/link", "attempt/files/link"):
            (top / name).symlink_to(top / "elsewhere")
        _made["it"] = (
            Fence(
                top / "attempt",
                (
                    FencedRoot("inputs", str(top / "inputs")),
                    FencedRoot("scratch", str(top / "scratch"), writable=True),
                    FencedRoot("lake", "s3://bucket/loads"),
                ),
                top / "attempt/files",
                top / "attempt/results",
                {"jobs/j1/result": top / "jobs/j1/1/run"},
            ),
            top,
        )
    return _made["it"]


def test_a_pipe_is_no_file_that_is_read(fence: Fence, tmp_path: Path) -> None:
    (tmp_path / "inputs/parts").mkdir()
    os.mkfifo(tmp_path / "inputs/pipe.csv")
    os.mkfifo(tmp_path / "inputs/parts/pipe.csv")
    (tmp_path / "inputs/linked.csv").symlink_to("pipe.csv")
    for text in ("inputs/pipe.csv", "inputs/linked.csv", "inputs/parts"):
        with pytest.raises(SpecError, match="neither a file nor a folder"):
            node(fence, text).file()
