"""The file of a server: every key is read, options win, and whatever is wrong is told with its place."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest

from dsgrid.api.limits import Limits
from dsgrid.api.server import configuration_problems
from dsgrid.api.server.configuration import default_state, load_settings
from dsgrid.api.settings import Root, Runners, Settings
from dsgrid.errors import DsgridError, NotFoundError, SpecError, UsageError
from dsgrid.spec.schemas.server import LIMITS, SERVER

ROOT = Path(__file__).resolve().parents[3]
RUNNERS = SERVER["properties"]["runners"]["properties"]


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write the file of a server in a folder with two more; messages name it ``server.toml``."""
    monkeypatch.chdir(tmp_path)
    for name in ("registry", "incoming", "outgoing"):
        (tmp_path / name).mkdir()

    def written(text: str, head: str = 'registry = "registry"\nstate = "state"\n') -> str:
        Path("server.toml").write_text(head + text)
        return "server.toml"

    return written


def said(write, text: str, **options: Any) -> str:
    with pytest.raises((SpecError, UsageError)) as error:
        load_settings(write(text), **options)
    return str(error.value)


# ---- the schema and the dataclasses are the same


def test_the_schema_has_each_limit_with_its_kind_and_default():
    assert list(LIMITS) == [field.name for field in fields(Limits)]
    for name, value in asdict(Limits()).items():
        assert LIMITS[name]["default"] == value, name
        assert type(LIMITS[name]["default"]) is type(value), name
        assert LIMITS[name]["type"] == ("integer" if isinstance(value, int) else "number"), name
        assert LIMITS[name]["minimum"] <= value <= LIMITS[name]["maximum"], name


def test_the_schema_has_each_setting_of_runners_with_its_default():
    assert set(RUNNERS) == {field.name for field in fields(Runners)}
    assert {name: key["default"] for name, key in RUNNERS.items() if "default" in key} == {
        name: value for name, value in asdict(Runners()).items() if value is not None
    }


def test_every_default_limit_keeps_the_rules_between_limits(write):
    assert load_settings(write("")).limits == Limits()


# ---- what is said, is read


def test_every_key_of_the_file_is_read(write, tmp_path, monkeypatch):
    monkeypatch.setattr(configuration_problems.shutil, "which", lambda *_a, **_k: "/usr/bin/it")
    settings = load_settings(
        write(
            """
url = "https://dsgrid.lab.org/grid"
hosts = ["dsgrid.lab.org", "dsgrid.lab.org:80", "[::1]"]
origins = ["https://viewer.lab.org"]
proxies = ["127.0.0.1", "10.0.0.0/8"]
anonymous = true
insecure = true

[listen]
host = "0.0.0.0"
port = 8080

[roots.in]
folder = "incoming"

[roots.out]
folder = "outgoing"
writable = true

[runners]
warm = 2
prewarm = false
warm_values = 1000
large = "slurm"
slurm_values = 10_000
embedded = 0
spark = 1
slurm = 3
memory = "3g"
master = "local[2]"
site = "kestrel"

[limits]
page = 7
job_time = 90
"""
        )
    )
    assert settings == Settings(
        registry=tmp_path / "registry",
        state=tmp_path / "state",
        host="0.0.0.0",
        port=8080,
        url="https://dsgrid.lab.org/grid",
        hosts=frozenset({"dsgrid.lab.org", "dsgrid.lab.org:80", "[::1]"}),
        origins=frozenset({"https://viewer.lab.org"}),
        proxies=("127.0.0.1", "10.0.0.0/8"),
        anonymous=True,
        roots=(Root("in", tmp_path / "incoming"), Root("out", tmp_path / "outgoing", writable=True)),
        runners=Runners(2, False, 1000, "slurm", 10_000, 0, 1, 3, "3g", "local[2]", "kestrel"),
        limits=Limits(page=7, job_time=90.0),
    )
    assert type(settings.limits.job_time) is float


def test_paths_of_the_file_are_relative_to_it_and_those_of_options_to_the_working_folder(write, tmp_path, monkeypatch):
    file = tmp_path / write('[listen]\nsocket = "dsgrid.sock"\n')
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert load_settings(file).socket == tmp_path / "dsgrid.sock"
    settings = load_settings(file, state="mine", socket="mine.sock")
    assert (settings.state, settings.socket) == (elsewhere / "mine", elsewhere / "mine.sock")
    assert settings.registry == tmp_path / "registry"


def test_options_win_over_the_file(write, tmp_path):
    file = write('anonymous = false\n[listen]\nsocket = "dsgrid.sock"\n')
    settings = load_settings(file, port=0, anonymous=True, registry=tmp_path / "other")
    assert (settings.socket, settings.port, settings.anonymous) == (None, 0, True)
    assert settings.registry == tmp_path / "other"
    assert load_settings(file, anonymous=None).anonymous is False


def test_without_a_file_the_server_is_on_this_machine_and_for_nobody_without_a_token(write, tmp_path, monkeypatch):
    monkeypatch.setenv("DSGRID_REGISTRY", str(tmp_path / "registry"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    settings = load_settings()
    assert settings == Settings(registry=tmp_path / "registry", state=tmp_path / "data/dsgrid/server")
    assert (settings.host, settings.anonymous, settings.roots, settings.origins) == (
        "127.0.0.1",
        False,
        (),
        frozenset(),
    )


def test_a_data_folder_that_is_relative_is_ignored_as_the_convention_says(monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", "data")
    monkeypatch.setenv("HOME", "/home/ada")
    assert default_state() == Path("/home/ada/.local/share/dsgrid/server")


def test_a_file_that_names_no_registry_means_the_one_of_the_environment(write, tmp_path, monkeypatch):
    monkeypatch.setenv("DSGRID_REGISTRY", str(tmp_path / "incoming"))
    assert load_settings(write("", 'state = "state"\n')).registry == tmp_path / "incoming"


def test_editors_refuse_an_unknown_key_and_accept_the_others(tmp_path):
    taplo = [Path(sys.executable).with_name("taplo"), "lint", "--no-auto-config"]
    file = tmp_path / "server.toml"
    head = f"#:schema file://{ROOT}/schemas/server.schema.json\n"
    file.write_text(head + '[listen]\nport = 80\n[limits]\npage = 3\n[roots.in]\nfolder = "x"\n')
    done = subprocess.run([*taplo, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    file.write_text(head + "[limits]\npages = 3\n")
    assert subprocess.run([*taplo, file], capture_output=True, check=False).returncode != 0


# ---- what is wrong, is told with its place


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('hots = ["a"]', 'server.toml:3:1: hots: unknown key; did you mean "hosts"?'),
        ('hosts = "a"', "server.toml:3:9: hosts: "),
        ('hosts = ["https://a"]', "server.toml:3:10: hosts[0]: "),
        ('origins = ["*"]', "server.toml:3:12: origins[0]: "),
        ('origins = ["https://a.org/path"]', "server.toml:3:12: origins[0]: "),
        ('url = "dsgrid.lab.org"', "server.toml:3:7: url: "),
        ('proxies = ["10.0.0.1/8"]', "server.toml:3:12: proxies[0]: "),
        ("anonymous = 1", "server.toml:3:13: anonymous: "),
        ("[listen]\nport = 70000", "server.toml:4:8: listen.port: "),
        ('[listen]\nport = 80\nsocket = "a"', "server.toml:5:10: listen.socket: found a socket besides"),
        ('[listen]\nsocket = "nowhere/a"', "server.toml:4:10: listen.socket: "),
        (f'[listen]\nsocket = "{"a" * 120}"', "a unix socket has 107 at most"),
        ('[listen]\nhost = "no.such.host.invalid"', "server.toml:4:8: listen.host: "),
        ('[tls]\ncertificate = "a"', 'missing key "key"'),
        ('[tls]\ncertificate = "a"\nkey = "b"', 'server.toml:4:15: tls.certificate: no file "a"'),
        ('[roots.in]\nfolder = "incomming"', 'did you mean "incoming"?'),
        ('[roots.in]\nfolder = "server.toml"', "found a file, expected a folder"),
        ('[roots.in]\nfolder = "."', "which holds the registry"),
        ('[roots.in]\nfolder = "registry/data"', "which lies in the registry"),
        ('[roots.a]\nfolder = "incoming"\n[roots.b]\nfolder = "incoming"', 'which is the root "a", too'),
        ('[roots."../x"]\nfolder = "incoming"', "server.toml:3"),
        ('[roots.files]\nfolder = "incoming"', '"files" is no name for a root'),
        ('[roots.jobs]\nfolder = "incoming"', '"jobs" is no name for a root'),
        ('[runners]\nlarge = "spark"', "server.toml:4:9: runners.large: "),
        ("[runners]\nslurm_values = 5", "server.toml:4:16: runners.slurm_values: "),
        ('[runners]\nlarge = "flink"', "server.toml:4:9: runners.large: "),
        ('[runners]\nsite = "kestre"', 'did you mean "kestrel"?'),
        ('[runners]\nmemory = "much"', "server.toml:4:10: runners.memory: "),
        ("[limits]\npage = 20_000", "expected no more page than page_most"),
        ("[limits]\npage_most = 10", "server.toml:4:13: limits.page_most: "),
        ("[limits]\nqueued = 5_000", "expected no more queued than queued_all"),
        ("[limits]\nresult_days = 100", "expected no more result_days than job_days"),
        ("[limits]\nbody = 0", "server.toml:4:8: limits.body: "),
        ("[limits]\nbody = 1.5", "server.toml:4:8: limits.body: "),
        ("[limits]\nheader_time = nan", "server.toml:4:15: limits.header_time: "),
        ("[limits]\nheader_time = inf", "server.toml:4:15: limits.header_time: "),
    ],
)
def test_what_is_wrong_is_told_with_its_place(write, text, message):
    if "registry/data" in text:
        Path("registry/data").mkdir()
    assert message in said(write, text)


def test_all_that_is_wrong_is_told_at_once(write):
    found = said(write, '[roots.in]\nfolder = "nowhere"\n[runners]\nlarge = "spark"\n[limits]\npage = 20_000\n')
    assert len(found.splitlines()) == 3


def test_a_state_folder_inside_the_registry_is_refused(write):
    assert "two folders" in said(write, "", state="registry/server")


def test_a_root_reaches_the_state_folder_by_no_link(write, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "innocent").symlink_to("state")
    assert "the server's state folder" in said(write, '[roots.in]\nfolder = "innocent"\n')


def test_proxies_have_addresses_and_clients_of_a_socket_have_none(write):
    assert "no address" in said(write, 'proxies = ["127.0.0.1"]\n', socket="a.sock")


def test_options_that_cannot_be_together_or_are_none_are_refused(write):
    with pytest.raises(UsageError, match="one of them"):
        load_settings(write(""), socket="a", port=1)
    with pytest.raises(UsageError, match='did you mean "registry"'):
        load_settings(write(""), registri="a")
    with pytest.raises(NotFoundError, match='no file "nowhere'):
        load_settings("nowhere.toml")


def test_the_absence_of_sail_java_and_slurm_is_told_before_anything_starts(write, monkeypatch):
    monkeypatch.setattr(configuration_problems, "find_spec", lambda _name: None)
    monkeypatch.setattr(configuration_problems.shutil, "which", lambda *_a, **_k: None)
    found = said(write, "[runners]\nspark = 1\nslurm = 1\n")
    for name in ("runners.warm", "runners.embedded", "runners.spark", "runners.slurm"):
        assert name in found
    file = write('[runners]\nwarm = 0\nembedded = 0\nslurm = 1\nlarge = "slurm"\n')
    monkeypatch.setattr(configuration_problems.shutil, "which", lambda *_a, **_k: "/usr/bin/sbatch")
    assert load_settings(file).runners.large == "slurm"


# ---- the network


def test_a_name_is_on_this_machine_only_where_all_its_addresses_are():
    assert configuration_problems.is_loopback("127.0.0.1")
    assert configuration_problems.is_loopback("127.9.9.9")
    assert configuration_problems.is_loopback("::1")
    assert configuration_problems.is_loopback("localhost")
    assert not configuration_problems.is_loopback("0.0.0.0")
    assert not configuration_problems.is_loopback("::")
    assert not configuration_problems.is_loopback("192.0.2.7")


def test_tokens_cross_no_network_unencrypted_unless_somebody_says_so(write):
    found = said(write, "", host="192.0.2.7")
    assert "--host" in found
    assert "unencrypted" in found
    assert load_settings(write("insecure = true\n"), host="192.0.2.7").host == "192.0.2.7"


def test_who_listens_everywhere_says_under_which_names(write):
    assert "hosts" in said(write, "insecure = true\n", host="0.0.0.0")
    assert "hosts" in said(write, "insecure = true\n", host="::")
    assert load_settings(write('insecure = true\nurl = "https://a.org"\n'), host="0.0.0.0").host == "0.0.0.0"
    assert load_settings(write('insecure = true\nhosts = ["a.org"]\n'), host="::").host == "::"


@pytest.fixture
def certificate(tmp_path) -> dict[str, Path]:
    """A certificate and its key, made by openssl."""
    files = {"certificate": tmp_path / "server.pem", "key": tmp_path / "server.key"}
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    subprocess.run(
        [*command.split(), "-keyout", files["key"], "-out", files["certificate"]], check=True, capture_output=True
    )
    files["key"].chmod(0o600)
    return files


def test_tls_takes_a_certificate_with_its_key_and_lets_the_server_onto_the_network(write, certificate):
    text = '[tls]\ncertificate = "server.pem"\nkey = "server.key"\n'
    settings = load_settings(write(text), host="192.0.2.7")
    assert {"certificate": settings.certificate, "key": settings.key} == certificate
    certificate["key"].chmod(0o644)
    assert "chmod 600" in said(write, text)
    certificate["key"].chmod(0o600)
    assert "certificate and its key" in said(write, text.replace("server.key", "server.pem"))
    assert "unix socket" in said(write, text, socket="a.sock")


def test_a_key_with_a_passphrase_is_refused_and_no_terminal_is_asked(write, certificate):
    locked = certificate["key"].with_name("locked.key")
    command = ["openssl", "ec", "-in", certificate["key"], "-aes256", "-passout", "pass:secret", "-out", locked]
    subprocess.run(command, check=True, capture_output=True)
    locked.chmod(0o600)
    assert "without a passphrase" in said(write, '[tls]\ncertificate = "server.pem"\nkey = "locked.key"\n')


# ---- whatever is written


@pytest.mark.parametrize("value", ["{}", "[]", "1", '""', "true", "[[]]", "{ a = 1 }", '"\\u0000"', "-1", "2020-01-01"])
def test_a_value_of_any_kind_for_any_key_is_read_or_refused_in_words(write, value):
    for key in SERVER["properties"]:
        head = "" if key in ("registry", "state") else 'registry = "registry"\nstate = "state"\n'
        file = write(f"{key} = {value}\n", head)
        told = ""
        try:
            load_settings(file, registry="registry", state="state")
        except DsgridError as error:
            told = str(error)
        assert not told or told.startswith(("server.toml", "--"))


def test_the_settings_of_a_file_do_not_depend_on_the_environment_besides_the_registry(write, monkeypatch):
    file = write("")
    before = load_settings(file)
    for name in ("HOST", "PORT", "UVICORN_PORT", "FORWARDED_ALLOW_IPS", "WEB_CONCURRENCY"):
        monkeypatch.setitem(os.environ, name, "3")
    assert load_settings(file) == before
    assert json.loads(json.dumps(asdict(before), default=str))["port"] == 8000
