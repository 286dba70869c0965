"""The folders of a job: named after it, kept from others, and gone when they should be."""

from __future__ import annotations

import json
import os

import pytest

from dsgrid.cluster.folder import (
    Folder,
    forget_secrets_of_others,
    make_scratch,
    read_json,
    run_folder,
    scratch_folder,
    sweep,
    write_json,
)
from dsgrid.errors import ClusterError, UsageError


def test_a_run_has_a_folder_of_its_own_also_after_it_was_put_back_into_the_queue(tmp_path):
    environment = {"SLURM_JOB_ID": "12", "SLURM_SUBMIT_DIR": str(tmp_path)}
    assert run_folder(environment).path == tmp_path / "dsgrid-jobs/dsgrid-12"
    assert run_folder(environment | {"SLURM_RESTART_COUNT": "0"}).path.name == "dsgrid-12"
    assert run_folder(environment | {"SLURM_RESTART_COUNT": "2"}).path.name == "dsgrid-12.r2"


def test_the_environment_wins_over_the_site(tmp_path):
    environment = {"SLURM_JOB_ID": "12", "SLURM_SUBMIT_DIR": str(tmp_path)}
    assert run_folder(environment, tmp_path / "site").path.parent == tmp_path / "site"
    own = environment | {"DSGRID_RUN_ROOT": str(tmp_path / "own"), "DSGRID_SCRATCH": "/own/disk", "TMPDIR": "/t"}
    assert run_folder(own, tmp_path / "site").path.parent == tmp_path / "own"
    assert str(scratch_folder(own, "/site")) == "/own/disk/dsgrid-12"
    assert str(scratch_folder(environment | {"TMPDIR": "/t"}, None)) == "/t/dsgrid-12"
    assert str(scratch_folder(environment, None)) == "/tmp/dsgrid-12"


def test_the_place_of_a_nodes_disk_is_filled_from_the_nodes_environment():
    environment = {"SLURM_JOB_ID": "12", "SLURMD_NODENAME": "n3"}
    assert str(scratch_folder(environment, "/disk/${SLURMD_NODENAME}")) == "/disk/n3/dsgrid-12"
    with pytest.raises(UsageError, match="there is no NVME in the environment of this node"):
        scratch_folder(environment, "${NVME}/x")


def test_only_this_user_may_look_into_the_folder_of_a_run(tmp_path):
    folder = Folder(tmp_path / "runs/dsgrid-1")
    folder.make()
    for each in (folder.path, folder.conf, folder.log, folder.events, folder.usage):
        assert each.stat().st_mode & 0o077 == 0, each
    folder.make()


def test_what_an_earlier_job_of_the_same_number_has_left_is_kept_apart(tmp_path):
    folder = Folder(tmp_path / "dsgrid-1")
    for name in ("first", "second", "third"):
        folder.make()
        assert not folder.account.exists()
        write_json(folder.account, {"name": name})
    told = {path.name: read_json(path / "job.json")["name"] for path in tmp_path.iterdir()}
    assert told == {"dsgrid-1.before-1": "first", "dsgrid-1.before-2": "second", "dsgrid-1": "third"}


def test_a_folder_that_cannot_be_made_is_an_error_that_says_what_to_set(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ClusterError, match="DSGRID_RUN_ROOT names a folder that all nodes see"):
        Folder(tmp_path / "file/dsgrid-1").make()


def test_what_holds_a_secret_is_removed_and_nothing_else(tmp_path):
    folder = Folder(tmp_path / "dsgrid-1")
    folder.make()
    folder.client.mkdir()
    for file in (folder.conf / "spark-defaults.conf", folder.client / "x", folder.connection, folder.account):
        file.write_text("{}")
    folder.forget_secrets()
    assert sorted(path.name for path in folder.path.iterdir()) == ["events", "job.json", "log", "usage"]
    folder.forget_secrets()


def test_a_sweep_removes_what_dead_jobs_of_this_user_have_left_and_nothing_else(tmp_path):
    names = ("dsgrid-3", "dsgrid-4", "dsgrid-5", "dsgrid-6", "dsgrid-07x", "spark-2", "dsgrid-", "other")
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "data").write_text("x")
    (tmp_path / "dsgrid-1").write_text("a file is none of ours")
    os.symlink(tmp_path / "other", tmp_path / "dsgrid-2")
    assert sorted(path.name for path in sweep(tmp_path / "dsgrid-5", {"4"})) == ["dsgrid-3"]
    assert not (tmp_path / "dsgrid-3").exists()
    assert all((tmp_path / name).exists() for name in names[1:])
    assert (tmp_path / "other/data").exists()
    assert (tmp_path / "dsgrid-1").exists()


def test_only_this_user_may_look_into_what_is_on_a_nodes_disk(tmp_path):
    scratch = tmp_path / "disk/n1/dsgrid-1"
    make_scratch(scratch, "tmp", "worker/local")
    assert (scratch / "worker/local").is_dir()
    assert scratch.stat().st_mode & 0o077 == 0
    make_scratch(scratch, "tmp")
    (tmp_path / "file").write_text("")
    with pytest.raises(ClusterError, match="DSGRID_SCRATCH names"):
        make_scratch(tmp_path / "file/dsgrid-1")


def test_what_somebody_else_has_made_under_the_name_of_a_job_is_refused(tmp_path, monkeypatch):
    scratch, folder = tmp_path / "disk/dsgrid-1", Folder(tmp_path / "runs/dsgrid-1")
    for path in (scratch, folder.path):
        path.mkdir(parents=True)
        path.chmod(0o777)
    monkeypatch.setattr("os.getuid", lambda: scratch.stat().st_uid + 1)
    with pytest.raises(ClusterError, match="not a folder of yours; DSGRID_SCRATCH"):
        make_scratch(scratch, "tmp")
    with pytest.raises(ClusterError, match="not a folder of yours; DSGRID_RUN_ROOT"):
        folder.make()
    assert [*scratch.iterdir(), *folder.path.iterdir()] == []
    monkeypatch.undo()
    make_scratch(scratch, "tmp")
    folder.make()
    assert [path.stat().st_mode & 0o777 for path in (scratch, folder.path)] == [0o700, 0o700]
    link = tmp_path / "disk/dsgrid-2"
    link.symlink_to(tmp_path / "runs")
    with pytest.raises(ClusterError, match="not a folder of yours"):
        make_scratch(link, "tmp")


def test_a_link_under_the_name_of_an_unfinished_file_leads_nowhere(tmp_path):
    mine = tmp_path / "mine"
    mine.write_text("precious")
    (tmp_path / f".job.json.{os.getpid()}").symlink_to(mine)
    with pytest.raises(OSError, match="symbolic links"):
        write_json(tmp_path / "job.json", {})
    assert mine.read_text() == "precious"


def test_only_the_newest_runs_are_looked_at_for_secrets(tmp_path, monkeypatch):
    monkeypatch.setattr("dsgrid.cluster.folder._NEWEST", 2)
    for number in (8, 9, 10, 11):
        folder = Folder(tmp_path / f"dsgrid-{number}")
        folder.make()
        write_json(folder.account, {"cluster": "here"})
    gone = forget_secrets_of_others(Folder(tmp_path / "dsgrid-11"), "here", set())
    assert sorted(path.name for path in gone) == ["dsgrid-10", "dsgrid-9"]


def test_secrets_of_jobs_that_were_killed_are_removed_by_the_next_one(tmp_path):
    names = ("dsgrid-3", "dsgrid-4", "dsgrid-5.r1", "dsgrid-6", "dsgrid-7", "dsgrid-8", "other")
    folders = {name: Folder(tmp_path / name) for name in names}
    for name, folder in folders.items():
        folder.make()
        if name != "dsgrid-8":
            write_json(folder.account, {"cluster": "elsewhere" if name == "dsgrid-7" else "here"})
    gone = forget_secrets_of_others(folders["dsgrid-6"], "here", {"4", "6"})
    assert sorted(path.name for path in gone) == ["dsgrid-3", "dsgrid-5.r1"]
    kept = [name for name, folder in folders.items() if folder.conf.exists()]
    assert kept == ["dsgrid-4", "dsgrid-6", "dsgrid-7", "dsgrid-8", "other"]
    assert folders["dsgrid-3"].log.exists()


def test_a_sweep_of_a_disk_that_is_not_there_changes_nothing(tmp_path):
    assert sweep(tmp_path / "none/dsgrid-5", set()) == []
    assert sweep(tmp_path / "no-job-of-ours", set()) == []


def test_a_file_is_written_as_a_whole_and_a_damaged_one_reads_as_none(tmp_path):
    file = tmp_path / "job.json"
    write_json(file, {"a": "ü"}, mode=0o600)
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_json(file) == {"a": "ü"} == json.loads(file.read_text("utf-8"))
    assert [path.name for path in tmp_path.iterdir()] == ["job.json"]
    file.write_text("[1")
    assert read_json(file) == {} == read_json(tmp_path / "none.json")
