"""Applying an edited spec: what may pass, that it is one transaction, and that nobody undoes what others did."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from changing import Bench, Spec, edited, job
from tests.project_specs import PROJECT, SUBMISSION, changed, one

import dsgrid.operations.apply
from dsgrid.cli import run
from dsgrid.errors import NotFoundError, RegistryError
from dsgrid.operations.apply import apply
from dsgrid.operations.register_dimensions import register_dimensions
from dsgrid.operations.register_mappings import register_mappings
from dsgrid.operations.register_project import register_project
from dsgrid.operations.request import Request, job_arguments
from dsgrid.operations.submit_dataset import submit_dataset
from dsgrid.registry.registration import Registration
from dsgrid.registry.registry import Registry
from dsgrid.toml_text import dumps

SWAPPED = {"kind": "one_to_one", "records": [{"from": "g1", "to": "08031"}, {"from": "g2", "to": "06037"}]}


def rename(spec: Spec) -> None:
    spec["base"]["county"]["records"][0]["name"] = "Los Angeles"


def describe(spec: Spec) -> None:
    spec["project"]["description"] = "Two of 3,108"


def require_homes(spec: Spec) -> None:
    spec["requires"]["homes"] = {"sector": ["res"]}


def add_county(spec: Spec) -> None:
    spec["base"]["county"]["records"].append(one("36061", state="NY"))


def swap(spec: Spec) -> None:
    spec["mapping"]["geography"] = SWAPPED


def dimensions(*records: dict[str, Any]) -> Spec:
    return job(
        "register_dimensions", {"owner": "census", "dimension": {"size": {"type": "subsector", "records": records}}}
    )


# What may pass -------------------------------------------------------------------------------------------------------


def test_an_addition_passes_without_leave(bench: Bench) -> None:
    report = bench.apply_project(require_homes).report()
    assert f"applied to {bench.folder}" in report
    assert "two_counties 1.0.0 -> 1.1.0 (minor)" in report


def test_tags_and_status_of_a_project_are_a_patch_that_its_datasets_go_along_with(bench: Bench) -> None:
    def tag(spec: Spec) -> None:
        spec["project"] |= {"tags": ["2022"], "status": "planned", "origin": {"date": "2022"}}

    def publish(spec: Spec) -> None:
        tag(spec)
        spec["project"]["status"] = "published"

    report = bench.apply_project(tag, allow="patch").report()
    assert "two_counties 1.0.0 -> 1.0.1 (patch)" in report
    assert "+ metadata tags[0]  2022" in report
    with pytest.raises(RegistryError, match="metadata status  planned -> published; --allow patch"):
        bench.apply_project(publish)
    bench.apply_project(publish, allow="patch")
    assert bench.plan_project(publish).proposal.is_empty
    with Registry.open(bench.folder) as registry:
        assert registry.project("two_counties").metadata == {
            "tags": ["2022"],
            "status": "published",
            "origin": {"date": "2022"},
        }
        assert registry.project("two_counties@1.0.0").metadata == {}
        assert [row["status"] for row in registry.submissions()] == ["accepted"]
        assert registry.submissions()[0]["project_version"] == "1.0.2"


@pytest.mark.parametrize(("edit", "level"), [(describe, "patch"), (rename, "major")])
def test_a_change_needs_leave_and_is_told_which(bench: Bench, edit: Callable[[Spec], None], level: str) -> None:
    before = bench.contents()
    with pytest.raises(RegistryError, match=f"more than additions: .*--allow {level}"):
        bench.apply_project(edit)
    assert bench.contents() == before


def test_a_patch_that_changes_records_is_refused_with_the_record(bench: Bench) -> None:
    with pytest.raises(RegistryError, match=r"more than patch: base\.county: ~ 06037  name: 06037 -> Los Angeles"):
        bench.apply_project(rename, allow="patch")


def test_the_bound_may_stand_in_the_spec_and_the_command_wins(bench: Bench) -> None:
    spec = job("register_project", edited(PROJECT, rename), allow="major")
    with pytest.raises(RegistryError, match="more than minor"):
        apply(spec, registry=bench.folder, allow="minor")
    assert apply(spec, registry=bench.folder).proposal.level == "major"


def test_a_refusal_leaves_out_what_would_fill_the_screen(bench: Bench) -> None:
    bench.apply_project(lambda spec: spec["base"]["county"]["records"].extend(one(f"0{n}") for n in range(8100, 8200)))
    with pytest.raises(RegistryError) as refused:
        bench.apply_project()
    assert len(str(refused.value).splitlines()) == 11
    assert str(refused.value).endswith("more; dsgrid plan shows them")


def test_applied_twice_does_nothing_the_second_time(bench: Bench) -> None:
    bench.apply_project(rename, allow="major")
    before = bench.contents()
    assert "nothing to do" in bench.apply_project(rename).report()
    assert bench.contents() == before


def test_registering_again_is_refused_and_names_plan_and_apply(bench: Bench) -> None:
    for again in (
        lambda: register_project(edited(PROJECT, rename), registry=bench.folder),
        lambda: submit_dataset(edited(SUBMISSION, swap), registry=bench.folder),
    ):
        with pytest.raises(RegistryError, match=r"already.*dsgrid plan.*dsgrid apply"):
            again()


# Parts ---------------------------------------------------------------------------------------------------------------


def test_contents_that_were_there_before_get_no_new_version(bench: Bench) -> None:
    bench.apply_project(rename, allow="major")
    assert bench.version("two_counties/county") == "2.0.0"
    bench.apply_project(allow="major")
    with bench.open() as registry:
        assert registry.project("two_counties").version == "3.0.0"
        assert registry.project("two_counties").base[0].version == "1.0.0"
    assert bench.version("two_counties/county") == "2.0.0"


def test_an_old_version_stays_what_it_was(bench: Bench) -> None:
    with bench.open() as registry:
        project, submission = registry.project("two_counties"), registry.submission("two_counties", "offices")
    bench.apply_project(rename, allow="major")
    bench.apply_submission(swap, allow="major")
    with bench.open() as registry:
        assert registry.project("two_counties@1") == project
        assert registry.submission("two_counties", "offices", "1.0.0") == submission


def test_who_uses_a_dimension_keeps_its_version_and_is_named(bench: Bench) -> None:
    register_dimensions(dimensions(one("small")), registry=bench.folder)

    def use(spec: Spec) -> None:
        spec["base"]["size"] = {"type": "subsector", "use": "census/size"}
        spec["requires"] = {}

    bench.apply_project(use, allow="major")
    found = apply(dimensions(one("small"), one("large")), registry=bench.folder)
    assert "project two_counties 2.0.0 keeps dimension census/size 1.0.0" in found.report()
    assert bench.version("census/size") == "1.1.0"
    with bench.open() as registry:
        assert registry.project("two_counties").base[-1].records.ids == ("small",)
    assert "base.size (minor): 1 record added" in bench.plan_project(use).report()
    bench.apply_project(use)
    with bench.open() as registry:
        assert registry.project("two_counties").base[-1].records.ids == ("small", "large")


def test_a_dimension_alone_is_taken_back_by_a_new_version(bench: Bench) -> None:
    register_dimensions(dimensions(one("small")), registry=bench.folder)
    apply(dimensions(one("tiny")), registry=bench.folder, allow="major")
    apply(dimensions(one("small")), registry=bench.folder, allow="major")
    assert bench.version("census/size") == "3.0.0"


def test_a_mapping_alone_gets_a_new_version(bench: Bench) -> None:
    spec = job(
        "register_mappings",
        {
            "owner": "census",
            "mapping": {
                "by_state": {"from": "two_counties/county", "to": "two_counties/state", **_by_state("CA", "CO")}
            },
        },
    )
    register_mappings(spec, registry=bench.folder)
    assert apply(spec, registry=bench.folder).proposal.is_empty
    spec["mapping"]["by_state"].update(_by_state("CO", "CO"))
    with pytest.raises(RegistryError, match="--allow major"):
        apply(spec, registry=bench.folder)
    apply(spec, registry=bench.folder, allow="major")
    assert bench.version("census/by_state") == "2.0.0"


def _by_state(*states: str) -> Spec:
    pairs = zip(("06037", "08031"), states, strict=True)
    return {"kind": "many_to_one_aggregation", "records": [{"from": id_, "to": state} for id_, state in pairs]}


# Submissions ---------------------------------------------------------------------------------------------------------


def test_what_still_fits_goes_along_with_mappings_to_the_new_dimensions(bench: Bench) -> None:
    bench.apply_project(rename, allow="major")
    with bench.open() as registry:
        submission = registry.submission("two_counties", "offices")
        assert submission.project_version == "2.0.0"
        mapping = submission.mappings["geography"].mapping
        assert mapping is not None
        assert registry.ends(f"{mapping.id}@{mapping.version}")[1] == ("two_counties/county", "2.0.0")
        old = registry.submission("two_counties", "offices", "1.0.0").mappings["geography"].mapping
        assert old is not None
        assert registry.ends(f"{old.id}@{old.version}")[1] == ("two_counties/county", "1.0.0")


def test_what_does_not_fit_is_refused_until_it_is_submitted_again(bench: Bench) -> None:
    bench.apply_project(add_county)
    bench.apply_project(lambda spec: (add_county(spec), describe(spec)), allow="patch")
    with bench.open() as registry:
        rows = [(row["project_version"], row["status"]) for row in registry.submissions()]
        assert rows == [("1.1.1", "invalidated")]
        with pytest.raises(
            NotFoundError, match=r"two_counties 1\.0\.0, but 1\.1\.0 invalidated that \(.*36061.*\); submit"
        ):
            registry.submission("two_counties", "offices")
        assert registry.submission("two_counties", "offices", "1.0.0").project_version == "1.0.0"

    def fewer(spec: Spec) -> None:
        add_county(spec)
        describe(spec)
        spec["requires"]["offices"]["geography"] = ["06037", "08031"]

    assert [one.dataset_id for one in bench.apply_project(fewer, allow="major").proposal.carried] == ["offices"]
    with bench.open() as registry:
        assert registry.submission("two_counties", "offices").project_version == "2.0.0"


def test_an_invalidated_dataset_is_submitted_again(bench: Bench) -> None:
    bench.apply_project(lambda spec: spec["base"]["scenario"]["records"].append(one("high")))

    def reach(spec: Spec) -> None:
        records = [{"from": "reference", "to": "reference"}, {"from": "reference", "to": "high"}]
        spec["mapping"]["scenario"] = {"kind": "duplication", "records": records}

    assert bench.apply_submission(reach).proposal.subjects[0].new == "1.1.0+1.0.0"
    with bench.open() as registry:
        assert [(row["project_version"], row["status"]) for row in registry.submissions()] == [("1.1.0", "accepted")]


def test_another_submission_of_the_same_versions_is_a_new_project_version_with_all_others(bench: Bench) -> None:
    def two(spec: Spec) -> None:
        spec["requires"]["shops"] = spec["requires"]["offices"]

    bench.apply_project(two)
    bench.add_dataset("shops")
    submit_dataset(changed(SUBMISSION, "dataset", "shops"), registry=bench.folder)
    found = bench.apply_submission(swap, allow="major")
    assert [one.dataset_id for one in found.proposal.carried] == ["shops"]
    with bench.open() as registry:
        assert registry.submission("two_counties", "shops").project_version == "2.0.0"
        swapped = registry.submission("two_counties", "offices").mappings["geography"].mapping
        kept = registry.submission("two_counties", "offices", "1.1.0").mappings["geography"].mapping
        assert swapped is not None
        assert kept is not None
        assert [each.to_id for each in swapped.associations] == ["08031", "06037"]
        assert [each.to_id for each in kept.associations] == ["06037", "08031"]
    assert bench.plan_project(two).proposal.is_empty


def test_only_submissions_of_the_newest_version_can_be_changed(bench: Bench) -> None:
    bench.apply_project(rename, allow="major")
    with pytest.raises(RegistryError, match=r"only those of the newest version \(2\.0\.0\)"):
        bench.apply_submission(lambda spec: (spec.update(project="two_counties@1"), swap(spec)), allow="major")


# Others --------------------------------------------------------------------------------------------------------------


def meanwhile(monkeypatch: pytest.MonkeyPatch, other: Callable[[], object]) -> None:
    """Let somebody else act once between what the changes are computed from and the write lock."""
    known = dsgrid.operations.apply.propose

    def first(spec: Any, registry: Registry) -> Any:
        monkeypatch.setattr(dsgrid.operations.apply, "propose", known)
        found = known(spec, registry)
        monkeypatch.setenv("LOGNAME", "bob")
        other()
        return found

    monkeypatch.setattr(dsgrid.operations.apply, "propose", first)


def test_of_two_who_update_at_once_the_second_is_told_who_was_faster(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, lambda: bench.apply_project(rename, allow="major"))
    with pytest.raises(
        RegistryError, match=r"two_counties is at 2\.0\.0 now, registered by bob on .* dsgrid plan again"
    ):
        bench.apply_project(require_homes)
    with bench.open() as registry:
        assert registry.project("two_counties").version == "2.0.0"
        assert [each.dataset_id for each in registry.project("two_counties").requirements] == ["offices"]


def test_of_two_who_update_a_dimension_at_once_the_second_is_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_dimensions(dimensions(one("small")), registry=bench.folder)
    meanwhile(monkeypatch, lambda: apply(dimensions(one("small"), one("large")), registry=bench.folder))
    with pytest.raises(RegistryError, match=r"census/size is at 1\.1\.0 now, registered by bob"):
        apply(dimensions(one("small"), one("medium")), registry=bench.folder)


def test_a_submission_meanwhile_is_not_lost_on_the_way_to_the_new_version(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.apply_project(lambda spec: spec["requires"].update(shops=spec["requires"]["offices"]))
    bench.add_dataset("shops")
    meanwhile(monkeypatch, lambda: submit_dataset(changed(SUBMISSION, "dataset", "shops"), registry=bench.folder))
    with pytest.raises(RegistryError, match=r"has changed, by bob on .*\(Submit shops to two_counties\)"):
        bench.apply_project(rename, allow="major")


def test_what_others_do_elsewhere_is_no_hindrance(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(monkeypatch, lambda: register_dimensions(dimensions(one("small")), registry=bench.folder))
    assert bench.apply_project(require_homes).proposal.level == "minor"


@pytest.mark.parametrize("step", ["update_dimension", "update_mapping", "update_project", "add_submission"])
def test_an_error_in_the_middle_leaves_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def fail(*_: object) -> None:
        raise OSError("the disk is gone")

    before = bench.contents()
    monkeypatch.setattr(Registration, step, fail)
    with pytest.raises(OSError, match="the disk is gone"):
        bench.apply_project(rename, allow="major")
    assert bench.contents() == before


# Ways to call --------------------------------------------------------------------------------------------------------


def test_the_command_applies_and_says_what_and_where(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "project.toml"
    spec.write_text(dumps(job("register_project", edited(PROJECT, rename))))
    assert run(["apply", str(spec), "--registry", str(bench.folder)]) == 5
    assert "--allow major" in capsys.readouterr().err
    assert run(["apply", str(spec), "--registry", str(bench.folder), "--allow", "major"]) == 0
    assert f"applied to {bench.folder}:\n  project two_counties 1.0.0 -> 2.0.0" in capsys.readouterr().out
    assert run(["apply", str(spec), "--registry", str(bench.folder)]) == 0
    assert "nothing to do" in capsys.readouterr().out


def test_a_job_under_spark_submit_is_told_to_apply() -> None:
    request = Request(Path("spec.toml"), apply=True, allow="minor")
    assert job_arguments(request) == ["--apply", "--allow", "minor"]
