"""The user's configuration, and which registry is used when several places name one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dsgrid.errors import DsgridError, NotFoundError, SpecError, UsageError
from dsgrid.operations.configuration import configuration_file, read_configuration, set_key, unset_key
from dsgrid.operations.location import registry_folder, registry_place
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import load_spec


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("DSGRID_REGISTRY", raising=False)
    return tmp_path / "config" / "dsgrid" / "config.toml"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def test_it_stands_where_the_convention_says(monkeypatch: pytest.MonkeyPatch, config: Path, tmp_path: Path) -> None:
    assert configuration_file() == config
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for value in ("", "relative/folder"):
        monkeypatch.setenv("XDG_CONFIG_HOME", value)
        assert configuration_file() == tmp_path / "home" / ".config" / "dsgrid" / "config.toml"


def test_an_absent_file_is_an_empty_configuration(config: Path) -> None:
    found = read_configuration()
    assert found.values == {}
    assert found.report().startswith(f"{config} (not there yet)")


def test_what_is_set_is_kept_and_can_be_unset(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    odd = 'a "quoted" \\ folder\x7f with ünïcode'
    for value in ("registry", odd):
        assert set_key("registry", value).values == {"registry": str(tmp_path / value)}
        assert read_configuration().values == {"registry": str(tmp_path / value)}
    assert unset_key("registry").values == {}
    assert read_configuration().values == {}
    with pytest.raises(NotFoundError, match="registry is not set in"):
        unset_key("registry")
    assert [path.name for path in config.parent.iterdir()] == ["config.toml"]


def test_comments_stay_when_a_key_changes(config: Path) -> None:
    write(config, "# mine\nregistry = '/old'  # since May\n# the end")
    set_key("registry", "/new")
    assert config.read_text("utf-8") == '# mine\n# the end\nregistry = "/new"\n'


def test_a_value_over_several_lines_is_replaced_as_a_whole(config: Path) -> None:
    write(config, 'registry = """\\\n  /old\\\n  """\n')
    assert read_configuration().values == {"registry": "/old"}
    set_key("registry", "/new")
    assert read_configuration().values == {"registry": "/new"}


def test_a_linked_configuration_stays_a_link(config: Path, tmp_path: Path) -> None:
    write(tmp_path / "dotfiles" / "dsgrid.toml", "")
    config.parent.mkdir(parents=True)
    config.symlink_to(tmp_path / "dotfiles" / "dsgrid.toml")
    set_key("registry", "/new")
    assert config.is_symlink()
    assert (tmp_path / "dotfiles" / "dsgrid.toml").read_text("utf-8") == 'registry = "/new"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("regstry = '/x'", r"config\.toml:1:1: regstry: there is no such setting; did you mean \"registry\"\?"),
        ("\n[registry]\nx = 1", r"config\.toml:\d+:\d+: registry: expected the path of a folder, in quotes"),
        ("registry = 3", r"config\.toml:1:12: registry: expected the path of a folder, in quotes"),
        ("registry = ' '", "expected the path of a folder"),
        ("registry = /x", r"config\.toml:1:12: no valid TOML: found /x, expected a value; texts need quotes"),
    ],
)
def test_a_file_that_is_wrong_is_told_with_the_place_and_left_alone(config: Path, text: str, message: str) -> None:
    write(config, text)
    for read in (read_configuration, registry_folder, lambda: set_key("registry", "/new")):
        with pytest.raises(SpecError, match=message):
            read()
    assert config.read_text("utf-8") == text


def test_a_file_that_is_no_text_is_told(config: Path) -> None:
    write(config, "")
    config.write_bytes(b"registry = '\xff'")
    with pytest.raises(SpecError, match="is not UTF-8"):
        read_configuration()


def test_a_key_that_there_is_not_is_told() -> None:
    for change in (lambda: set_key("regisrty", "/x"), lambda: unset_key("regisrty")):
        with pytest.raises(UsageError, match='there is no setting "regisrty"; did you mean "registry"'):
            change()
    with pytest.raises(UsageError, match="dsgrid config unset registry"):
        set_key("registry", " ")


def test_the_nearest_place_that_names_a_registry_wins(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = load_spec({"registry": str(tmp_path / "of_spec")}, "create_registry")
    silent = load_spec({}, "create_registry")
    with pytest.raises(UsageError, match="dsgrid config set registry FOLDER"):
        registry_place(silent)
    write(config, "registry = 'of_config'\n")
    assert registry_place(silent).folder == config.parent / "of_config"
    assert str(registry_place(silent)) == f"{config.parent / 'of_config'} (from {config})"
    monkeypatch.setenv("DSGRID_REGISTRY", "/of/environment")
    assert str(registry_place(silent)) == "/of/environment (from DSGRID_REGISTRY)"
    assert str(registry_place(spec)) == str(tmp_path / "of_spec")
    assert str(registry_place(spec, "/of/command")) == "/of/command"


def test_a_broken_configuration_is_no_matter_when_something_else_names_the_registry(config: Path) -> None:
    write(config, "=")
    assert registry_folder(registry="/of/command") == Path("/of/command")


def test_the_database_may_be_named_instead_of_its_folder(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "registry"
    Registry.create(folder).close()
    named = folder / "registry.db"
    spec = load_spec({"registry": str(named)}, "create_registry")
    assert registry_folder(registry=named) == registry_folder(spec) == folder
    set_key("registry", str(named))
    assert registry_folder() == folder
    assert "there is no registry yet" not in read_configuration().report()
    monkeypatch.setenv("DSGRID_REGISTRY", str(named))
    assert registry_folder() == folder


def test_a_configuration_that_cannot_be_written_is_told(config: Path) -> None:
    config.parent.parent.write_text("a file where a folder has to be")
    with pytest.raises(DsgridError, match=re.escape(f"{config} cannot be written")):
        set_key("registry", "/x")
