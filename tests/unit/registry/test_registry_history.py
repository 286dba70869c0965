"""``dsgrid registry history``: every version says when, who, why, by which job, and submissions what became of them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from registry_values import example_project, register
from story import GEOGRAPHY, tell
from tests.old_registry import old_registry

from dsgrid.cli import run
from dsgrid.errors import NotFoundError
from dsgrid.operations.history import history
from dsgrid.operations.open_registry import open_registry
from dsgrid.registry.history import Event, History
from dsgrid.registry.registry import Registry


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tell(tmp_path_factory.mktemp("told") / "registry")


def past(folder: Path, reference: str) -> History:
    return history(folder, reference).history


def happened(event: Event) -> tuple[str, str, str]:
    return event.action, "@".join(event.dataset), event.project[1]


def test_every_version_says_what_update_it_was_and_who_made_it_why_by_which_job(told: Path) -> None:
    found = past(told, "conus_2022")
    assert (found.kind, found.id) == ("project", "conus_2022")
    assert [(each.version, each.level) for each in found.versions] == [
        ("1.0.0", "new"),
        ("1.1.0", "minor"),
        ("2.0.0", "major"),
        ("3.0.0", "major"),
        ("3.0.1", "patch"),
    ]
    made = found.versions[2].registered
    assert (made.submitter, made.job, made.log_message) == ("ann", "submit_dataset", "Half of Los Angeles")
    moments = [each.registered.registered_at for each in found.versions]
    assert moments == sorted(moments)


@pytest.mark.parametrize(
    ("reference", "levels"),
    [
        ("comstock", ["new", "patch"]),
        ("conus_2022/county", ["new", "minor", "major"]),
        (GEOGRAPHY, ["new", "minor", "major"]),
        ("conus_2022/time_est", ["new"]),
    ],
)
def test_datasets_dimensions_mappings_and_times_have_a_history(told: Path, reference: str, levels: list[str]) -> None:
    assert [each.level for each in past(told, reference).versions] == levels


def test_a_projects_history_says_what_became_of_its_datasets(told: Path) -> None:
    events = past(told, "conus_2022").events
    assert [happened(event) for event in events] == [
        ("submitted", "comstock@1.0.0", "1.0.0"),
        ("submitted", "resstock@1.0.0", "1.0.0"),
        ("carried", "comstock@1.0.0", "1.1.0"),
        ("carried", "resstock@1.0.0", "1.1.0"),
        # With another mapping, which made the new version; the other dataset went along.
        ("carried", "resstock@1.0.0", "2.0.0"),
        ("submitted", "comstock@1.0.0", "2.0.0"),
        ("carried", "resstock@1.0.0", "3.0.0"),
        ("invalidated", "comstock@1.0.0", "3.0.0"),
    ]
    assert '"08001"' in events[-1].reason
    assert events[-1].registered.log_message == "Adams County was a mistake"


def test_a_datasets_history_says_to_which_projects_it_was_submitted(told: Path) -> None:
    assert [happened(event) for event in past(told, "resstock").events] == [
        ("submitted", "resstock@1.0.0", "1.0.0"),
        ("carried", "resstock@1.0.0", "1.1.0"),
        ("carried", "resstock@1.0.0", "2.0.0"),
        ("carried", "resstock@1.0.0", "3.0.0"),
        ("carried", "resstock@1.0.0", "3.0.1"),
        ("removed", "resstock@1.0.0", "3.0.1"),
    ]


def test_what_was_removed_still_has_its_history(told: Path, tmp_path: Path) -> None:
    removed = past(told, "conus_2022").versions[-1]
    assert removed.removed is not None
    assert (removed.version, removed.registered.log_message) == ("3.0.1", "Say it")
    assert (removed.removed.submitter, removed.removed.log_message) == ("cyd", "Nobody needs it")

    with Registry.create(tmp_path / "registry") as registry:
        register(registry, example_project())
        with registry.registration("No more", "cyd", "remove") as registration:
            registration.remove(["conus_2022"], False, registry.removal(["conus_2022"]))
    (version,) = past(tmp_path / "registry", "conus_2022").versions
    assert version.removed is not None
    assert version.removed.log_message == "No more"


def test_an_invalidation_is_told_once_and_not_again_by_every_later_version(told: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(told, tmp_path / "registry")
    with Registry.open(folder, write=True) as registry:
        proposal = registry.proposals.project(replace(registry.project("conus_2022"), description="Say it again"))
        assert [each.dataset_id for each in proposal.invalidated] == ["comstock"]
        with registry.registration("Say it again") as registration:
            registration.write(proposal)
    assert past(folder, "conus_2022").versions[-1].version == "3.0.2"
    actions = [event.action for event in past(folder, "comstock").events]
    assert actions.count("invalidated") == 1


def test_a_beginning_of_a_version_shows_those_that_it_fits(told: Path) -> None:
    found = past(told, "conus_2022@1")
    assert [each.version for each in found.versions] == ["1.0.0", "1.1.0"]
    assert {event.project[1] for event in found.events} == {"1.0.0", "1.1.0"}
    with pytest.raises(NotFoundError, match=r"no version 7; there are: 1\.0\.0"):
        history(told, "conus_2022@7")


def test_an_unknown_id_is_told_with_the_closest_one(told: Path) -> None:
    with pytest.raises(NotFoundError, match='did you mean "comstock"'):
        history(told, "comstok")


def test_the_report_fits_80_columns_and_is_whole_when_piped(told: Path) -> None:
    found = history(told, "conus_2022")
    assert max(map(len, found.report(80).splitlines())) <= 80
    lines = found.report().splitlines()
    assert lines[0] == "project conus_2022: 5 versions"
    assert "      Its counties are ours" in lines
    assert any(line.startswith("    ! comstock@1.0.0 not carried along: mapping.geography") for line in lines)
    assert found.report(80).split() == found.report().split()


def test_the_command_prints_text_or_json(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["registry", "history", "comstock", "--registry", str(told)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "dataset comstock: 2 versions"
    assert run(["registry", "history", "conus_2022", "--json", "--registry", str(told)]) == 0
    document = json.loads(capsys.readouterr().out)
    first, *_, last = document["versions"]
    assert (document["kind"], first["version"], first["level"], first["removed"]) == ("project", "1.0.0", "new", None)
    assert last["removed"]["submitter"] == "cyd"
    assert [event["action"] for event in first["events"]] == ["submitted", "submitted"]
    assert first["events"][0]["dataset_id"] == "comstock"
    assert run(["registry", "history", "conus", "--registry", str(told)]) == 3


def test_a_registry_of_the_first_schema_has_a_history(tmp_path: Path) -> None:
    found = past(old_registry(tmp_path / "registry"), "first_project")
    assert [(each.version, each.level) for each in found.versions] == [("1.0.0", "new")]
    assert [happened(event) for event in found.events] == [("submitted", "first_dataset@1.0.0", "1.0.0")]


def test_an_open_registry_tells_its_history(told: Path) -> None:
    assert str(open_registry(told).history("comstock")).startswith("dataset comstock: 2 versions")
