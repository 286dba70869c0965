"""Submitting: nothing wrong is queued, what is queued is as it was said, and a refusal says where its value is from.

Slurm's commands are small programs here that write down what they were called with.
"""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from dsgrid.cli import commands
from dsgrid.cluster import ledger
from dsgrid.cluster.site import Partition, Site
from dsgrid.cluster.submission import submit
from dsgrid.errors import ClusterError, NotFoundError, SpecError, UsageError
from dsgrid.operations.create_registry import create_registry
from dsgrid.operations.ending import Ended

ROOT = Path(__file__).resolve().parents[3]
DIMENSIONS = """\
spec_version = 1
job = "register_dimensions"
owner = "census"
[dimension.county]
type = "geography"
class = "county"
records = [{ id = "06037", name = "Los Angeles" }]
"""
SBATCH = """\
#!/bin/sh
printf '%s\\n' "$@" > "$FAKE/called"
env > "$FAKE/environment"
if [ -f "$FAKE/refusal" ]; then cat "$FAKE/refusal" >&2; exit 1; fi
echo 'welcome to the cluster'
echo '77;here'
"""
SINFO = "#!/bin/sh\necho 'debug*|4|6000|infinite|3|up|NO'\n"
SCONTROL = """\
#!/bin/sh
case "$*" in
*config) echo 'ClusterName             = here' ;;
*"job 12"*) echo 'JobId=12 JobState=RUNNING' ;;
*) echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1 ;;
esac
"""


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """The folder of a Slurm that takes everything."""
    fake = tmp_path / "fake"
    fake.mkdir()
    for name, text in (("sbatch", SBATCH), ("sinfo", SINFO), ("scontrol", SCONTROL)):
        (fake / name).write_text(text)
        (fake / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake}:/usr/bin:/bin")
    monkeypatch.setenv("FAKE", str(fake))
    return fake


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A project's folder, in which a registry is."""
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    monkeypatch.setenv("DSGRID_STATE", str(tmp_path / "state"))
    for name in ("SBATCH_PARTITION", "SBATCH_ACCOUNT", "DSGRID_RUN_ROOT", "DSGRID_PYTHON"):
        monkeypatch.delenv(name, raising=False)
    create_registry({"registry": str(project / "registry")})
    (project / "counties.toml").write_text(DIMENSIONS)
    return project


def called(slurm: Path) -> list[str]:
    return (slurm / "called").read_text().splitlines()


def test_a_job_is_submitted_as_its_script_says(slurm, folder):
    done = submit("counties.toml", site=Site(), registry=Path("registry"), requeue=3, after="12")
    assert done.id == "77"
    script = Path(called(slurm)[-1])
    assert script == done.script
    assert script.parent == folder / "dsgrid-jobs"
    text = script.read_text()
    header = [shlex.split(line.removeprefix("#SBATCH "))[0] for line in text.splitlines() if line.startswith("#SBATCH")]
    assert called(slurm)[1:-1] == header
    assert {"--requeue", "--dependency=afterok:12", "--cpus-per-task=1", f"--output={done.output}"} <= {
        each.replace("%j", "77") for each in header
    }
    assert f"export DSGRID_SLURM={ROOT / 'slurm'}\n" in text
    assert "export DSGRID_REQUEUE=3\n" in text
    lead = shlex.split(text.splitlines()[-1])
    options = ["--registry", str(folder / "registry"), "--engine", "sail"]
    assert lead == ["lead", "single", "--", str(folder / "counties.toml"), *options]
    assert script.stat().st_mode & 0o077 == 0


def test_two_submissions_at_once_have_scripts_of_their_own(slurm, folder, monkeypatch):
    (folder / "dsgrid-jobs").mkdir()
    taken, free = folder / "dsgrid-jobs/a.sbatch", folder / "dsgrid-jobs/b.sbatch"
    names = iter((taken, taken, free))
    # The other one writes its script when ours has chosen its name.
    monkeypatch.setattr("dsgrid.cluster.submission.free_name", lambda root, name: next(names))
    taken.write_text("of another job")
    done = submit("counties.toml", site=Site(), registry=Path("registry"))
    assert (done.script, called(slurm)[-1]) == (free, str(free))
    assert taken.read_text() == "of another job"
    assert ledger.entries()[0].script == str(free)


def test_what_was_submitted_is_in_the_ledger(slurm, folder):
    done = submit("counties.toml", site=Site(), registry=Path("registry"))
    (entry,) = ledger.entries()
    assert (entry.id, entry.cluster, entry.by, entry.kind, entry.nodes) == ("77", "here", "submit", "single", 1)
    assert (entry.spec, entry.folder) == (str(folder / "counties.toml"), str(folder))
    assert (entry.run, entry.output) == (str(folder / "dsgrid-jobs/dsgrid-77"), done.output)
    assert entry.script == str(done.script)


def test_a_job_that_is_submitted_from_another_one_takes_nothing_over_from_it(slurm, monkeypatch):
    of_the_outer = {"SLURM_JOB_ID": "5", "SLURM_ARRAY_TASK_ID": "3", "SLURM_MEM_PER_CPU": "300", "SLURM_HET_SIZE": "2"}
    of_the_user = {"SLURM_CONF": "/etc/here.conf", "SBATCH_QOS": "high"}
    for name, value in (of_the_outer | of_the_user).items():
        monkeypatch.setenv(name, value)
    submit("counties.toml", site=Site(), registry=Path("registry"))
    lines = (slurm / "environment").read_text().splitlines()
    seen = dict(line.split("=", 1) for line in lines if line.startswith(("SLURM_", "SBATCH_")))
    assert seen == of_the_user


def test_a_job_that_cannot_be_kept_in_the_list_is_submitted_with_a_warning(slurm, monkeypatch):
    monkeypatch.setenv("DSGRID_STATE", "/dev/full")
    done = submit("counties.toml", site=Site(), registry=Path("registry"))
    assert done.id == "77"
    assert "warning: `dsgrid jobs` cannot keep it in /dev/full; DSGRID_STATE names another folder" in done.report()


def test_several_specs_are_an_array_with_an_entry_for_each_task(slurm, folder):
    (folder / "more.toml").write_text(DIMENSIONS.replace("06037", "08031"))
    site = Site(array_limit=1)
    done = submit(["counties.toml", "more.toml"], site=site, registry=Path("registry"), name="two of them")
    assert "--array=0-1%1" in called(slurm)
    first, second = ledger.entries()
    assert [first.id, second.id] == ["77_0", "77_1"]
    assert second.spec == str(folder / "more.toml")
    assert second.output == str(folder / "dsgrid-jobs/two_of_them-77_1.out")
    assert second.run == ""
    assert "the tasks of an array run in any order" in done.report()
    assert "  next       dsgrid jobs wait 77\n" in done.report()


def test_a_rehearsal_needs_no_slurm_and_writes_nothing(folder, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    before = sorted(folder.rglob("*"))
    done = submit("counties.toml", site=Site(), registry=Path("registry"), dry_run=True)
    assert done.id is None
    assert done.text in done.report() + "\n"
    assert "nothing was submitted" in done.report()
    assert sorted(folder.rglob("*")) == before
    assert ledger.entries() == []


def test_without_slurm_it_says_what_to_do_here(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ClusterError, match=r"no sbatch here.*`dsgrid run SPEC` runs a spec here, --dry-run shows"):
        submit("counties.toml", site=Site())


def test_what_is_wrong_with_any_spec_is_said_before_anything_is_queued(slurm, folder):
    (folder / "wrong.toml").write_text(DIMENSIONS.replace("records =", "rekords ="))
    (folder / "worse.toml").write_text("job = 1\n")
    with pytest.raises(SpecError) as refused:
        submit(["counties.toml", "wrong.toml", "worse.toml"], site=Site(), registry=Path("registry"))
    assert "rekords" in str(refused.value)
    assert "worse.toml" in str(refused.value)
    with pytest.raises(NotFoundError, match='no file "count'):
        submit("count.toml", site=Site())
    with pytest.raises(UsageError, match="only a query looks back"):
        submit("counties.toml", site=Site(), registry=Path("registry"), at="1.0.0")
    with pytest.raises(UsageError, match="no registry is named"):
        submit("counties.toml", site=Site())
    assert not (slurm / "called").exists()


def test_a_job_that_slurm_does_not_know_is_not_waited_for(slurm):
    with pytest.raises(UsageError, match='Slurm does not know a job "13", or not any more; where it has ended well'):
        submit("counties.toml", site=Site(), registry=Path("registry"), after="12:13")
    assert not (slurm / "called").exists()


@pytest.mark.parametrize(
    ("said", "site", "expected"),
    [
        ("Invalid account or account/partition combination specified", {}, "no account was named; give --account"),
        ("Invalid account", {"account": "loads"}, "the account was loads, from the key account in /sites/here.toml"),
        ("Invalid qos specification", {"qos": "high"}, "was high, from the key qos in /sites/here.toml"),
        ("invalid partition specified", {"default_partition": "debug"}, "key default_partition in /sites/here.toml"),
        ("Requested time limit is invalid", {}, "the time limit was 00:10:00; give --time"),
        ("Memory specification can not be satisfied", {}, "asked for were 1 node of 1 core and 2048 MiB; give --nodes"),
        (
            "Invalid license specification",
            {"options": ("--licenses=x",)},
            "--licenses=x comes from `options` in /sites",
        ),
        ("Job dependency problem", {}, "--after was 12"),
        ("something else", {}, "something else"),
    ],
)
def test_a_refusal_says_which_value_it_is_and_where_that_is_from(slurm, folder, said, site, expected):
    (slurm / "refusal").write_text(f"sbatch: error: {said}\nsbatch: error: Batch job submission failed: {said}\n")
    with pytest.raises(ClusterError) as refused:
        submit("counties.toml", site=Site(path=Path("/sites/here.toml"), **site), registry=Path("registry"), after="12")
    assert expected in str(refused.value)
    assert "error:" not in str(refused.value)
    assert list((folder / "dsgrid-jobs").iterdir()) == [], "nothing stays of a job that there is not"
    assert ledger.entries() == []


def test_a_job_that_slurm_did_not_answer_for_may_be_there_all_the_same(slurm, folder):
    (slurm / "refusal").write_text(
        "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation"
    )
    with pytest.raises(ClusterError, match=r"perhaps it is in the queue.*`squeue --me --name=counties` before trying"):
        submit("counties.toml", site=Site(), registry=Path("registry"))
    (script,) = (folder / "dsgrid-jobs").iterdir()
    assert str(script) == called(slurm)[-1], "a job that is there has its script"


def test_what_the_command_says_wins_over_the_environment_and_that_over_the_site(slurm, monkeypatch):
    site = Site(account="of-site", default_partition="debug", partitions=(Partition("debug"), Partition("long")))
    monkeypatch.setenv("SBATCH_ACCOUNT", "of-user")
    monkeypatch.setenv("SBATCH_PARTITION", "long")
    submit("counties.toml", site=site, registry=Path("registry"))
    assert {"--account=of-user", "--partition=long"} <= set(called(slurm))
    submit("counties.toml", site=site, registry=Path("registry"), account="own", partition="debug")
    assert {"--account=own", "--partition=debug"} <= set(called(slurm))


def test_the_registry_of_the_environment_is_named_in_the_job(slurm, folder, monkeypatch):
    monkeypatch.setenv("DSGRID_REGISTRY", "registry")
    text = submit("counties.toml", site=Site()).text
    assert f"--registry {folder / 'registry'}" in text


def test_jobs_that_need_no_registry_need_none_and_a_bulk_gets_the_one_that_is_given(slurm, folder):
    (folder / "look.toml").write_text('spec_version = 1\njob = "generate_dataset"\ntable = "x.csv"\noutput = "made"\n')
    (folder / "x.csv").write_text("county,value\n06037,1\n")
    assert "--registry" not in submit("look.toml", site=Site()).text
    (folder / "bulk.toml").write_text('spec_version = 1\njob = "bulk"\nspecs = ["counties.toml"]\n')
    assert f"--registry {folder / 'registry'}" in submit("bulk.toml", site=Site(), registry=Path("registry")).text


def test_places_that_other_nodes_do_not_see_are_said(slurm, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (warning,) = submit("counties.toml", site=Site(), registry=Path("registry"), dry_run=True).warnings
    assert f"the registry ({folder / 'registry'})" in warning
    assert f"the folder for runs ({folder / 'dsgrid-jobs'})" in warning


def test_a_folder_that_cannot_be_written_is_said_before_slurm_is_asked(slurm, folder):
    (folder / "file").write_text("")
    site = Site(runs=folder / "file/runs")
    with pytest.raises(ClusterError, match="Not a directory; `runs` of the site's file"):
        submit("counties.toml", site=site, registry=Path("registry"))
    assert not (slurm / "called").exists()


def test_a_percent_sign_in_a_folder_is_no_pattern_of_slurms(slurm, folder):
    done = submit("counties.toml", site=Site(runs=folder / "100%job"), registry=Path("registry"))
    assert f"--output={folder}/100%%job/counties-%j.out" in called(slurm)
    assert done.output == f"{folder}/100%job/counties-77.out"


def test_what_is_too_little_for_spark_is_refused_with_what_would_do(slurm):
    with pytest.raises(UsageError, match=r"--memory [0-9.]+[GM]"):
        submit("counties.toml", site=Site(), registry=Path("registry"), memory="100m")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"time": "2x"}, '--time "2x" is no time'),
        ({"time": "0:30"}, "Slurm counts in minutes"),
        ({"memory": "16"}, "did you mean 16g?"),
        ({"memory": "much"}, "no size such as 16g, 900m, or all"),
        ({"nodes": 0}, "--nodes is 0; expected 1 or more"),
        ({"nodes": 4, "cores": 99}, "needs no engine and runs on one node"),
        ({"cores": 99}, '"debug" has 4 cores a node, and 99 are wanted'),
        ({"partition": "a,b"}, "is not a name as Slurm knows it"),
        ({"partition": "debugg"}, 'did you mean "debug"?'),
        ({"account": "x\n#SBATCH"}, "is not a name as Slurm knows it"),
        ({"after": "12; rm"}, "is no number of a job"),
        ({"requeue": -1}, "expected 0 to 100 times"),
        ({"engine": "sale"}, 'did you mean "sail"?'),
        ({"engine": "sail", "conf": {"a": "b"}}, "--conf is for Spark"),
        ({"conf": {"spark.hadoop.fs.s3a.secret.key": "x"}}, "looks like a secret"),
    ],
)
def test_options_that_mean_nothing_are_refused_with_what_is_expected(slurm, options, message):
    with pytest.raises(UsageError) as refused:
        submit("counties.toml", site=Site(), registry=Path("registry"), **options)
    assert message in str(refused.value)
    assert not (slurm / "called").exists()


def test_the_command_hands_everything_on(slurm, folder):
    arguments = ["--nodes", "1", "--time", "1-0", "--registry", "registry", "--no-cache", "--no-resume", "--quiet"]
    arguments += ["--log", "run.jsonl", "--name", "x", "--parsable"]
    done = CliRunner().invoke(commands, ["submit", "counties.toml", *arguments], obj=Ended(), catch_exceptions=False)
    assert done.stdout == "77\n"
    script = Path(called(slurm)[-1]).read_text()
    lead = shlex.split(script.splitlines()[-1])
    assert lead[4:] == [
        *("--registry", str(folder / "registry"), "--log", str(folder / "run.jsonl"), "--quiet"),
        *("--no-cache", "--no-resume", "--engine", "sail"),
    ]
    assert "#SBATCH --time=1-00:00:00" in script
    assert "#SBATCH --job-name=x" in script
    assert json.dumps(os.getcwd()) in (Path(os.environ["DSGRID_STATE"]) / "jobs.jsonl").read_text()
