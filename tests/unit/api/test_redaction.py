"""What leaves the server names none of its folders, and what is useful in a message stays."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsgrid.api.problems.redaction import Redaction, redaction
from dsgrid.api.settings import Root, Settings

SETTINGS = Settings(
    registry=Path("/srv/grid data/registry"),
    state=Path("/var/lib/dsgrid/state"),
    roots=(Root("inputs", Path("/srv/inputs")), Root("deep", Path("/srv/inputs/deep")), Root("é", Path("/srv/é"))),
)
HIDDEN = Redaction(SETTINGS)
FOLDERS = [str(SETTINGS.registry), str(SETTINGS.state), *(str(root.folder) for root in SETTINGS.roots)]
FORMS = [form for folder in FOLDERS for form in (folder, quote(folder), quote(folder, safe=""))]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/srv/grid data/registry/registry.db: locked", "registry/registry.db: locked"),
        ("in /srv/grid data/registry; did you", "in registry; did you"),
        ("in the registry /srv/grid data/registry; did you", "in the registry; did you"),
        ("a registry /srv/inputs/x", "a registry inputs/x"),
        (
            "/var/lib/dsgrid/state/jobs/j1/1/spec.toml:7:13: datasets[0]: no",
            "jobs/j1/1/spec.toml:7:13: datasets[0]: no",
        ),
        ("/var/lib/dsgrid/state/server.db", "state/server.db"),
        ('"/srv/inputs/a b.csv" is no file', '"inputs/a b.csv" is no file'),
        ("/srv/inputs/deep/x.csv", "deep/x.csv"),
        ("file:///srv/inputs/x.csv", "inputs/x.csv"),
        ("PosixPath('/home/ada/x y/z')", "PosixPath('…')"),
        ("/home/ada/specs/q.toml:3: wrong", "…:3: wrong"),
        ("cannot open /etc/passwd, and /usr", "cannot open …, and …"),
        ("--registry=/opt/x", "--registry=…"),
        ("%2Fhome%2Fada%2Fx is wrong", "%E2%80%A6 is wrong"),
        ("s3://bucket/lake/x.parquet", "…"),
        ("//srv//inputs", "…"),
        ("/srv/inputs2/x", "…"),
        ("/srv/inputs-old", "…"),
    ],
)
def test_folders_become_names_and_other_paths_a_mark(text: str, shown: str) -> None:
    assert HIDDEN.text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "MWh/h and kWh / m2",
        "specs/a.toml:3:1: step[0].by: wrong",
        'did you mean "conus/comstock:2024@1.0.0"?',
        "GET /v1/openapi.json lists all",
        "/v1/jobs/j1/result",
        "https://lab.org/x/y",
        "application/json, text/csv",
        "10 % 2Files",
        "a / b",
        "homes /offices, and $ /MWh",
        "inputs/x.csv",
        "../x",
        "",
    ],
)
def test_what_is_no_path_of_the_server_stays(text: str) -> None:
    assert HIDDEN.text(text) == text


@given(
    st.lists(
        st.one_of(st.sampled_from([*FORMS, "/", "//", "%2F", ".", "..", '"', " ", ":", "file:"]), st.text(max_size=8))
    )
)
def test_no_text_leaves_with_a_folder_of_the_settings_in_it(parts: list[str]) -> None:
    shown = HIDDEN.text("".join(parts))

    for folder in FORMS:
        assert folder not in shown
    # Nor does it come back for who decodes it.
    for folder in FOLDERS:
        assert folder not in unquote(shown)


@given(
    st.recursive(
        st.sampled_from([*FORMS, 1, None, True]),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(FORMS), inner),
    )
)
def test_documents_lose_them_wherever_they_stand(value: object) -> None:
    assert not any(folder in str(HIDDEN.document(value)) for folder in FOLDERS)


def test_a_folder_behind_a_symbolic_link_is_known_by_both_names(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    hidden = Redaction(Settings(registry=link / "registry", state=tmp_path / "state"))

    for folder in (real, link):
        assert hidden.text(f"x{folder}/registry/data: gone") == "xregistry/data: gone"


def test_the_root_of_the_disk_as_a_root_hides_everything_all_the_same() -> None:
    hidden = Redaction(Settings(registry=Path("/r"), state=Path("/s"), roots=(Root("all", Path("/")),)))

    assert hidden.text("/etc/passwd and a/b") == "… and a/b"


def test_long_texts_take_no_long_time() -> None:
    # Quadratic behaviour would take minutes.
    began = time.process_time()
    for text in (
        "/" * 100_000,
        "/a" * 50_000,
        "%2F" * 30_000,
        '"/' * 50_000,
        "/srv/inputs" * 10_000,
        "'" * 100_000,
        "file:" * 20_000,
    ):
        HIDDEN.text(text)
    assert time.process_time() - began < 10


def test_one_redaction_is_made_for_settings_that_are_equal() -> None:
    assert redaction(SETTINGS) is redaction(SETTINGS)
    assert len(set(itertools.chain(FORMS))) > len(FOLDERS)
