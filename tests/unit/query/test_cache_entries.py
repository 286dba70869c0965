"""An entry of the cache is whole or not there, whatever happens to its folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dsgrid.errors import UsageError
from dsgrid.operations.cache import list_cache, prune_cache
from dsgrid.query.cache import entries
from dsgrid.query.cache.entries import NEW, PARTS, RESULTS, TABLES, Cache, open_cache, parse_size
from dsgrid.query.part_store import PartStore
from dsgrid.query.part_users import PartUser
from dsgrid.registry import disk
from dsgrid.registry.publish import MANIFEST

ABOUT = {"query": "asked", "project": "one@1.0.0", "rows": 3}


def kept(cache: Cache, key: str, text: str = "some text", kind: str = RESULTS) -> Path:
    """Keep an entry of one file; return its folder."""

    def write(folder: Path) -> None:
        (folder / "deep").mkdir()
        (folder / "deep/file").write_text(text, "utf-8")

    assert cache.keep(kind, key, write, ABOUT)
    return cache.folder / kind / key


def is_found(cache: Cache, key: str) -> bool:
    with cache.found(RESULTS, key) as found:
        return found is not None


def test_what_is_kept_is_found(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    assert not is_found(cache, "a")
    folder = kept(cache, "a")
    with cache.found(RESULTS, "a") as found:
        assert found is not None
        assert found[0] == folder
        assert (found[0] / "deep/file").read_text("utf-8") == "some text"
        assert found[1].extra["query"] == "asked"
    assert [(entry.kind, entry.key, entry.bytes) for entry in cache.entries()] == [(RESULTS, "a", 9)]


def _cut(folder: Path) -> None:
    (folder / "deep/file").write_text("some", "utf-8")


def _exchange(folder: Path) -> None:
    (folder / "deep/file").write_text("same size", "utf-8")


def _remove_file(folder: Path) -> None:
    (folder / "deep/file").unlink()


def _remove_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def _cut_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_bytes((folder / MANIFEST).read_bytes()[:40])


def _empty_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text("[]", "utf-8")


@pytest.mark.parametrize(
    "damage",
    [_cut, _exchange, _remove_file, _remove_manifest, _cut_manifest, _empty_manifest],
    ids=lambda one: one.__name__,
)
def test_an_entry_that_is_damaged_is_none_and_is_kept_anew(tmp_path: Path, damage: object) -> None:
    cache = Cache(tmp_path)
    folder = kept(cache, "a")
    damage(folder)  # type: ignore[operator]
    assert not is_found(cache, "a")
    assert not folder.exists()
    kept(cache, "a")
    assert is_found(cache, "a")


def test_two_that_keep_the_same_leave_one(tmp_path: Path) -> None:
    cache = Cache(tmp_path)

    def write(folder: Path) -> None:
        kept(cache, "a")
        (folder / "file").write_text("later", "utf-8")

    assert cache.keep(RESULTS, "a", write, ABOUT)
    assert [path.name for path in (tmp_path / RESULTS).iterdir()] == ["a"]
    assert is_found(cache, "a")


def test_a_process_that_is_killed_leaves_no_entry_and_is_swept_up_later(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    left = tmp_path / RESULTS / f"{NEW}1"
    left.mkdir(parents=True)
    (left / "file").write_text("half", "utf-8")
    assert cache.entries() == []
    cache.shrink()
    assert left.exists()
    os.utime(left, (0, 0))
    cache.shrink()
    assert not left.exists()


def test_what_was_not_used_for_the_longest_time_goes_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path, limit=20)
    for age, key in enumerate("abc"):
        os.utime(kept(cache, key) / MANIFEST, (1000 + age, 1000 + age))
    assert is_found(cache, "a")
    assert [entry.key for entry in cache.shrink()] == ["b"]
    assert {entry.key for entry in cache.entries()} == {"a", "c"}
    assert cache.shrink(0)
    assert cache.entries() == []


def test_a_cache_that_cannot_be_written_keeps_nothing_and_fails_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    cache = Cache(tmp_path / "file")
    assert not cache.keep(RESULTS, "a", lambda folder: None, ABOUT)
    assert not is_found(cache, "a")
    assert cache.entries() == []
    cache.point(tmp_path / "a-2")
    assert cache.shrink() == []


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def write(folder: Path) -> None:
        (folder / "file").write_text("half", "utf-8")
        raise OSError(28, "No space left on device")

    cache = Cache(tmp_path)
    assert not cache.keep(TABLES, "a", write, ABOUT)
    assert list((tmp_path / TABLES).iterdir()) == []


def test_parts_are_listed_where_they_are_and_unfinished_ones_stay(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", limit=0)
    for key, whole in (("a-2", True), ("b-3", False)):
        store = PartStore(tmp_path / "results" / key)
        store.describe({"query": "asked", "project": "one", "parts": 2, "whole": whole})
        cache.point(store.folder)
    found = {entry.key: entry for entry in cache.entries()}
    assert {key: entry.unfinished for key, entry in found.items()} == {"a-2": False, "b-3": True}
    assert all(entry.kind == PARTS for entry in found.values())
    assert [entry.key for entry in cache.shrink()] == ["a-2"]
    assert not (tmp_path / "results/a-2").exists()
    assert (tmp_path / "results/b-3").exists()
    cache.remove(cache.entries()[0])
    assert cache.entries() == []
    assert list((tmp_path / "results").iterdir()) == []


def test_a_pointer_to_parts_that_are_gone_or_to_nothing_is_no_entry(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    cache.point(tmp_path / "gone/a-2")
    (tmp_path / "cache" / PARTS / "b-2.json").write_text(json.dumps({"other": 1}), "utf-8")
    assert cache.entries() == []


def test_parts_that_a_query_reads_or_writes_just_now_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path / "cache", limit=0)
    store = PartStore(tmp_path / "results/a-2")
    store.describe({"query": "asked", "project": "one", "parts": 2, "whole": True})
    cache.point(store.folder)
    user = PartUser(store.folder)
    user.enter()
    monkeypatch.setenv("DSGRID_CACHE", str(cache.folder))
    assert cache.shrink() == []
    pruned = prune_cache(everything=True)
    assert "1 with parts that a query reads or writes just now, which stay" in pruned.report()
    assert "unfinished" not in pruned.report()
    assert "in use, 0 of 2 parts" in list_cache().report()
    assert store.folder.exists()
    user.leave()
    assert [entry.key for entry in cache.shrink()] == ["a-2"]
    assert not store.folder.exists()


def test_the_same_parts_beside_two_results_are_two_entries(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    for place in ("one", "other"):
        store = PartStore(tmp_path / place / "a-2")
        store.describe({"whole": True})
        cache.point(store.folder)
    assert {entry.folder for entry in cache.entries()} == {tmp_path / "one/a-2", tmp_path / "other/a-2"}
    cache.forget(tmp_path / "one/a-2")
    assert [entry.folder for entry in cache.entries()] == [tmp_path / "other/a-2"]


def test_an_entry_that_cannot_be_removed_fails_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path, limit=0)
    folder = kept(cache, "a")

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(disk, "remove_folder", refuse)
    assert cache.shrink() == []
    (folder / "deep/file").write_text("changed", "utf-8")
    assert not is_found(cache, "a")


def test_a_cache_that_may_not_be_looked_into_has_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path)
    kept(cache, "a")
    stat = os.stat

    def refuse(path: object, *given: object, **named: object) -> os.stat_result:
        if str(path).startswith(str(tmp_path)):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", refuse)
    assert not cache.has(RESULTS, "a")
    assert not is_found(cache, "a")
    assert cache.entries() == []


def test_what_a_killed_process_has_left_of_a_pointer_is_swept_up_later(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    left = tmp_path / PARTS / f"{NEW}1"
    left.parent.mkdir()
    left.write_text("{", "utf-8")
    cache.shrink()
    assert left.exists()
    os.utime(left, (0, 0))
    cache.shrink()
    assert not left.exists()


@pytest.mark.parametrize(("text", "size"), [("10g", 10**10), ("500 MB", 5 * 10**8), ("1.5k", 1500), ("7", 7)])
def test_sizes_are_read(text: str, size: int) -> None:
    assert parse_size(text, "--to") == size


@pytest.mark.parametrize("text", ["", "many", "10 q", "g", "2GiB", "inf", "nan", "-5g", "1e400"])
def test_what_is_no_size_is_refused_by_name(text: str) -> None:
    with pytest.raises(UsageError, match=r'--to is ".*"; expected a size such as 500m or 10g'):
        parse_size(text, "--to")


def test_the_environment_says_where_the_cache_is_and_how_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSGRID_CACHE", "off")
    assert open_cache() is None
    monkeypatch.setenv("DSGRID_CACHE", str(tmp_path))
    monkeypatch.setenv("DSGRID_CACHE_LIMIT", "2m")
    assert open_cache() == Cache(tmp_path, 2 * 10**6)
    monkeypatch.delenv("DSGRID_CACHE")
    monkeypatch.delenv("DSGRID_CACHE_LIMIT")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert open_cache() == Cache(tmp_path / "xdg/dsgrid", entries.LIMIT)
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert open_cache() == Cache(tmp_path / ".cache/dsgrid", entries.LIMIT)
    # A user without a home, as in some containers.
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert open_cache() is None


def test_a_process_that_finds_an_answer_loads_no_engine_and_nothing_else_that_is_heavy() -> None:
    program = (
        "import sys\n"
        "import dsgrid.operations.job, dsgrid.operations.query, dsgrid.operations.query_stages\n"
        "print(*({'numpy', 'pandas', 'pyarrow', 'pyspark', 'pysail'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
