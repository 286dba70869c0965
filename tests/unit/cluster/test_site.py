"""The file of a site: every key is read, whatever is wrong is told with its place, and a shell gets what it says."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from dsgrid.cluster.site import Partition, Site, environment_lines, load_site
from dsgrid.errors import DsgridError, NotFoundError, SpecError, UsageError
from dsgrid.spec.schemas.site import SITE

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = (ROOT / "slurm/site.toml", ROOT / "slurm/sites/kestrel.toml")
KEYS = SITE["properties"]
OF_PARTITION = next(iter(KEYS["partition"]["patternProperties"].values()))["properties"]
SOMEBODY = {"USER": "ada", "PATH": "/usr/bin"}


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Write the file of a site and load it; messages name it ``site.toml``."""
    monkeypatch.chdir(tmp_path)

    def load(text: str) -> Site:
        Path("site.toml").write_text(text)
        return load_site("site.toml", SOMEBODY)

    return load


@pytest.fixture
def nobody(tmp_path, monkeypatch):
    """Be somebody without any configuration, in an empty folder; return the folder of the configuration."""
    home = tmp_path / "config"
    (home / "dsgrid").mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    return home / "dsgrid"


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(child)}" for key, child in value.items()) + " }"
    return json.dumps(value)


def said(load, text: str) -> str:
    with pytest.raises(SpecError) as error:
        load(text)
    return str(error.value)


# ---- what is said, is read


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_files_that_come_with_dsgrid_are_right_and_name_their_schema(path):
    assert load_site(path, SOMEBODY).path == path
    schema = path.read_text().splitlines()[0].removeprefix("#:schema ")
    assert (path.parent / schema).resolve() == ROOT / "schemas/site.schema.json"


@pytest.mark.parametrize(("editor", "options"), [("taplo", ("--no-auto-config",)), ("tombi", ("--offline",))])
def test_editors_accept_the_files_that_come_with_dsgrid_and_refuse_an_unknown_key(editor, options, tmp_path):
    program = Path(sys.executable).with_name(editor)
    assert subprocess.run([program, "lint", *options, *SHIPPED], capture_output=True, check=False).returncode == 0
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(f'#:schema {ROOT}/schemas/site.schema.json\nacount = "loads"\n')
    assert subprocess.run([program, "lint", *options, wrong], capture_output=True, check=False).returncode != 0


def test_the_commented_keys_of_the_generic_file_are_right_too(site):
    lines = SHIPPED[0].read_text().splitlines()[1:]
    keys = [line.removeprefix("# ") for line in lines if line.startswith("# ") and (" = " in line or line[2] == "[")]
    assert len(keys) > 10
    found = site("\n".join(keys))
    assert found.partitions == (Partition("standard", 64, 256_000, 2880, 16, shared=False),)
    assert found.runs == Path("/scratch/ada/dsgrid-jobs")


def test_the_kestrel_like_file_asks_only_for_what_a_user_has_to_fill_in():
    kestrel = load_site("kestrel", SOMEBODY)
    assert (kestrel.account, kestrel.python) == (None, None)
    text = SHIPPED[1].read_text()
    assert text.count("fill in:") == 2
    standard = kestrel.partition("standard")
    assert standard == Partition("standard", 104, 240 * 1024, 2 * 24 * 60, 1000, shared=False)


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_read(site, key):
    assert site(f"{key} = {toml(KEYS[key]['examples'][0])}\n") != site("")


@pytest.mark.parametrize("key", OF_PARTITION)
def test_every_key_of_a_partition_is_read(site, key):
    (partition,) = site(f"[partition.p]\n{key} = {toml(OF_PARTITION[key]['examples'][0])}\n").partitions
    assert partition != Partition("p")


def test_nothing_else_is_in_a_site_than_its_file_says():
    assert {field.name for field in fields(Site)} == {*KEYS, "path", "partitions"} - {"partition"}
    assert {field.name for field in fields(Partition)} == {*OF_PARTITION, "name"}


def test_the_schema_tells_the_defaults_that_hold():
    for key, schema in KEYS.items():
        if "default" in schema and key != "partition":
            held = getattr(Site(), key)
            assert (list(held) if isinstance(held, tuple) else held) == schema["default"], key
    assert Partition("p").shared is OF_PARTITION["shared"]["default"]


def test_sizes_and_times_are_those_of_slurm(site):
    found = site('[partition.p]\nmemory = "1.5T"\nmax_time = "1-02:03:59"\n')
    assert found.partition("p") == Partition("p", memory=1536 * 1024, max_time=26 * 60 + 3)


def test_paths_are_relative_to_the_file_and_a_virtual_environment_stands_for_its_python(site, tmp_path):
    (tmp_path / "venv/bin").mkdir(parents=True)
    found = site('python = "venv"\njava = "jdk"\nruns = "../runs/${USER}/x"\nscratch = "${TMPDIR}/x"\n')
    assert found.python == tmp_path / "venv/bin/python"
    assert found.java == tmp_path / "jdk"
    assert found.runs == tmp_path.parent / "runs/ada/x"
    assert found.scratch == "${TMPDIR}/x", "each node has a TMPDIR of its own"


def test_a_user_whose_name_is_not_in_the_environment_is_known_all_the_same(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text('runs = "/scratch/${USER}"\n')
    assert load_site(path, {}).runs.name not in ("", "${USER}")


# ---- what is wrong, is told


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('acount = "x"', '1:1: acount: unknown key; did you mean "account"?'),
        ('job = "query"', "1:1: job: unknown key; the keys here are"),
        ('account = ""', 'account: found "", expected a name as Slurm knows it, without blanks and commas'),
        ('account = "a b"', 'account: found "a b", expected a name as Slurm knows it'),
        ('default_partition = "-p"', 'default_partition: found "-p", expected a name as Slurm knows it'),
        ('qos = "a,b"', 'qos: found "a,b", expected a name as Slurm knows it'),
        ('constraint = "--x"', 'constraint: found "--x", expected a text without blanks that does not begin with "-"'),
        ("account = 7", 'account: found the integer 7, expected a string; put it in quotes: "7"'),
        ('options = "--exclusive"', 'expected an array; put it in brackets: ["--exclusive"]'),
        ('options = ["-N 4"]', 'options[0]: found "-N 4", expected one option of sbatch in one text'),
        ('options = ["--gres gpu"]', 'options[0]: found "--gres gpu", expected one option of sbatch in one text'),
        ('options = ["--x=1", "--x=1"]', 'options: "--x=1" is there twice'),
        ('options = ["--nodes=4"]', '1:12: options[0]: found "--nodes", which is chosen for each job'),
        ('options = ["--account=x"]', 'options[0]: found "--account", which has a key of its own here: account'),
        ('options = ["--partition=x"]', "which has a key of its own here: default_partition"),
        ('options = ["--comment=a\\nb"]', "options[0]: found a line break or another control character"),
        ('modules = ["a b"]', 'modules[0]: found "a b", expected a text without blanks'),
        ('java = " "', 'java: found " ", expected a text that is not blank'),
        ('scratch = "tmp"', 'scratch: found "tmp", expected an absolute path or "${NAME}"'),
        ('scratch = "/tmp/${}"', 'scratch: found "${}", expected the name of a variable between the braces'),
        (
            'runs = "/x/${USERR}"',
            'runs: there is no USERR in the environment to fill ${USERR} from; did you mean "USER"?',
        ),
        ('runs = "/x/${QQQQ}"', "runs: there is no QQQQ in the environment to fill ${QQQQ} from"),
        ('engine = "sial"', 'engine: found "sial", expected one of "spark", "sail"; did you mean "sail"?'),
        ("memory_headroom = 0.6", "memory_headroom: found the number 0.6, expected at most 0.5"),
        ("memory_headroom = -1", "memory_headroom: found the integer -1, expected at least 0"),
        ("workers_wait = 1", "workers_wait: found the integer 1, expected at least 5"),
        ("requeue = 1.5", "requeue: found the number 1.5, expected an integer"),
        ("requeue = true", "requeue: found true, expected an integer"),
        ("array_limit = 0", "array_limit: found the integer 0, expected at least 1"),
        ('connect_address = "0.0.0.0"', 'found "0.0.0.0", expected one of "loopback", "node"'),
        ('ui = "on"', 'ui: found "on", expected one of "off", "loopback", "node"'),
        ('[environment]\n"A B" = "x"', '"A B" cannot be a key here, which is the name of an environment variable'),
        ("[environment]\nA = 1", 'environment.A: found the integer 1, expected a string; put it in quotes: "1"'),
        ('[environment]\nJAVA_HOME = "/x"', "JAVA_HOME has a key of its own: java, above the first [table]"),
        ('[environment]\nSLURM_CONF = "/x"', "SLURM_CONF is set for each job by Slurm"),
        ('[environment]\nSPARK_CONF_DIR = "/x"', "SPARK_CONF_DIR is set for each job by dsgrid"),
        ('[environment]\nA = "http://me:word@proxy:80"', "environment.A: found a URL with a password in it"),
        ("[[partition]]\ncores = 4", "partition: found an array of 1 item, expected a table"),
        ('[partition.p]\nmemory = "240"', 'partition.p.memory: found "240", expected a size such as "240G"'),
        ('[partition.p]\nmemory = "0G"', 'partition.p.memory: found "0G", expected a size such as "240G"'),
        ('[partition.p]\nmax_time = "2d"', 'expected a time such as "04:00:00" or "2-00:00:00" (two days)'),
        ('[partition.p]\nmax_time = "0:00:30"', 'found "0:00:30" for p, expected a minute or more'),
        ("[partition.p]\ncores = 0", "partition.p.cores: found the integer 0, expected at least 1"),
        ("[partition.p]\nnodes = 4", 'partition.p.nodes: unknown key; did you mean "max_nodes"?'),
        ('[partition.p]\naccount = "x"', "it belongs at the top of the file, above the first [table]"),
        (
            'default_partition = "sort"\n[partition.short]',
            'there is no [partition.sort] in this file; did you mean "short"?',
        ),
        ("account =", "no valid TOML"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(site, text, message):
    told = said(site, text)
    assert message in told
    assert told.startswith("site.toml:")


def test_all_that_is_wrong_is_told_at_once(site):
    assert said(site, 'acount = "x"\nui = "on"\nrequeue = -1\n').count("site.toml:") == 3
    assert said(site, 'scratch = "x"\noptions = ["--mem=1G"]\n').count("site.toml:") == 2


@pytest.mark.parametrize(
    "name",
    [
        *("TOKEN", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "DB_PASSWORD", "MY_PASSWD", "API_KEY"),
        *("APIKEY", "KEY", "Service_Credentials", "PRIVATE_KEYS", "X_PASSPHRASE", "mytoken", "STORAGE_ACCOUNT_KEY"),
    ],
)
def test_what_looks_like_a_secret_is_refused_without_showing_it(site, name):
    told = said(site, f'[environment]\n{name} = "hunter2"\n')
    assert f"environment.{name}: {name} looks like a secret" in told
    assert "hunter2" not in told


def test_a_password_in_a_url_is_not_shown(site):
    assert "hunter2" not in said(site, 'options = ["--comment=http://me:hunter2@host"]\n')


def test_ordinary_variables_are_no_secrets(site):
    names = ("AWS_DEFAULT_REGION", "KEYBOARD", "MONKEY", "TOKENIZERS_PARALLELISM", "SSL_CERT_FILE", "OMP_NUM_THREADS")
    assert set(site("[environment]\n" + "".join(f'{name} = "1"\n' for name in names)).environment) == set(names)


# ---- which file


def test_the_file_that_is_named_wins_then_that_of_the_environment_of_the_user_of_the_folder_and_of_dsgrid(nobody):
    assert load_site(environment=SOMEBODY).path.resolve() == SHIPPED[0]
    Path("slurm").mkdir()
    for path, name in ((Path("slurm/site.toml"), "folder"), (nobody / "site.toml", "user")):
        path.write_text(f'name = "{name}"')
        assert load_site(environment=SOMEBODY).name == name
    for name in ("named", "given"):
        Path(f"{name}.toml").write_text(f'name = "{name}"')
    named = {**SOMEBODY, "DSGRID_SITE": "named.toml"}
    assert load_site(environment=named).name == "named"
    assert load_site("given.toml", named).name == "given"
    assert load_site(environment={**SOMEBODY, "DSGRID_SITE": ""}).name == "user"


def test_a_site_has_an_absolute_path_whatever_it_was_called(nobody):
    Path("mine.toml").write_text("")
    assert load_site("mine.toml").path == Path.cwd() / "mine.toml"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("kestrell", 'no file and no site "kestrell"; did you mean "kestrel"?'),
        ("other", 'no file and no site "other"; there are: "kestrel"'),
        ("mime.toml", 'no file "mime.toml" in .; did you mean "mine.toml"?'),
        ("gone/site.toml", 'no file "site.toml": there is no folder'),
    ],
)
def test_a_file_that_is_missing_is_named_with_the_closest(nobody, name, message):
    Path("mine.toml").write_text("")
    with pytest.raises(NotFoundError) as error:
        load_site(name)
    assert message in str(error.value)
    with pytest.raises(NotFoundError, match=r"^DSGRID_SITE: "):
        load_site(environment={"DSGRID_SITE": name})


def test_a_folder_or_another_encoding_is_no_file_of_a_site(nobody):
    with pytest.raises(UsageError, match="is a folder; expected the file of a site, a TOML file"):
        load_site(nobody)
    Path("latin.toml").write_bytes(b'name = "M\xfcnchen"')
    with pytest.raises(DsgridError, match="save the file as UTF-8"):
        load_site("latin.toml")


# ---- what a shell gets

BASH = shutil.which("bash") or "bash"
ODD = 'it\'s "$(id)" `x` $HOME \\ ${A}; #'


def shell(lines: str, then: str, before: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    script = f'set -euo pipefail\n{before}\neval "$LINES_OF_SITE"\n{then}\n'
    given = {"PATH": "/usr/bin:/bin", "LINES_OF_SITE": lines, **environment}
    return subprocess.run([BASH, "-c", script], env=given, capture_output=True, text=True, check=False, timeout=20)


def test_a_shell_gets_exactly_what_the_file_says():
    site = Site(java=Path("/opt/my java"), scratch="/local/${SLURM_JOB_ID}", environment={"ODD": ODD})
    ran = shell(environment_lines(site, {}), 'printf "%s\\n" "$JAVA_HOME" "$DSGRID_SCRATCH" "$ODD"')
    assert ran.stdout.splitlines() == ["/opt/my java", "/local/${SLURM_JOB_ID}", ODD], ran.stderr


def test_what_the_user_has_set_for_dsgrid_wins():
    site = Site(python=Path("/site/python"), scratch="/site", runs=Path("/site/runs"))
    assert "export DSGRID_SCRATCH=/site\n" in environment_lines(site, {})
    given = {"DSGRID_PYTHON": "/p", "DSGRID_SCRATCH": "/s", "DSGRID_RUN_ROOT": "/r"}
    assert environment_lines(site, given) == ""
    assert environment_lines(Site(), {}) == ""


def test_modules_are_loaded_by_scripts_that_know_no_strictness_and_strictness_comes_back():
    module = 'module() { echo "$unset_variable$*"; false; true; }'
    lines = environment_lines(Site(modules=("java/17", "gcc")), {})
    ran = shell(lines, 'echo "$-"; echo "$unset_variable"; echo never', module)
    loaded, strictness = ran.stdout.splitlines()[:2], ran.stdout.splitlines()[2]
    assert loaded == ["load java/17", "load gcc"]
    assert {"e", "u"} <= set(strictness)
    assert "never" not in ran.stdout


def test_a_module_that_does_not_load_ends_the_job_with_its_name():
    lines = environment_lines(Site(modules=("java/99",)), {})
    ran = shell(lines, "echo never", "module() { return 1; }")
    assert (ran.returncode, ran.stdout) == (64, "")
    assert "error: the site asks for module java/99" in ran.stderr
