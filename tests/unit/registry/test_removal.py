"""A removal takes what was asked for and what belongs to it, nothing that something else needs, and leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from registry_links import Builder, add_query_result, contents, example_chain, plans, reference_parents
from registry_values import example_dataset, example_project, example_submission, register
from tests.rounds import rounds

from dsgrid.errors import NotFoundError, RegistryError
from dsgrid.registry.graph import Graph, Node
from dsgrid.registry.numbering import unused
from dsgrid.registry.projects import write_project
from dsgrid.registry.proposal import DatasetVersion
from dsgrid.registry.publish import new_folder, write_manifest
from dsgrid.registry.registry import Registry
from dsgrid.registry.removal import Removal, decide


@pytest.fixture
def registry(folder: Path) -> Iterator[Registry]:
    with Registry.open(folder, write=True) as registry:
        yield registry


def remove(registry: Registry, *references: str, cascade: bool = False) -> Removal:
    """Remove, and check that what the database holds afterwards is whole."""
    removal = registry.removal(references, cascade)
    with registry.registration("removed by a test", job="remove") as registration:
        registration.remove(references, cascade, removal)
    assert_whole(registry)
    return removal


def assert_whole(registry: Registry) -> None:
    database = registry._database
    assert database.rows("PRAGMA foreign_key_check") == []
    for kind in ("project", "dataset", "dimension", "mapping"):
        sql = f"SELECT e.id FROM {kind}s e WHERE e.key NOT IN (SELECT {kind} FROM {kind}_versions)"
        assert database.rows(sql) == [], "an id without a version"
    for table, users in (("record_table", "dimension_versions"), ("association_table", "mapping_versions")):
        sql = f"SELECT key FROM {table}s WHERE key NOT IN (SELECT {table} FROM {users} WHERE {table} IS NOT NULL)"
        assert database.rows(sql) == [], f"a {table} that nothing uses"


def names(nodes: tuple[Node, ...]) -> list[str]:
    return [str(node) for node in nodes]


def new_version(registry: Registry, **changes: object) -> None:
    """Register conus_2022@2.0.0 with the same dimensions."""
    project = replace(registry.project("conus_2022"), version="2.0.0", **changes)  # type: ignore[arg-type]
    with registry.registration("an update") as registration:
        write_project(registry._database, project, registration.key)


# Refusals ------------------------------------------------------------------------------------------------------------


def test_a_submitted_dataset_is_refused_with_its_submission_named(registry: Registry) -> None:
    before = contents(registry)
    with pytest.raises(
        RegistryError,
        match=r"^dataset comstock@1\.0\.0 is needed by submission conus_2022/comstock@1\.0\.0\+1\.0\.0; "
        r"nothing was removed \(--cascade",
    ):
        remove(registry, "comstock")
    assert contents(registry) == before


def test_a_dimension_in_use_is_refused_with_all_its_users(registry: Registry) -> None:
    with pytest.raises(RegistryError) as caught:
        remove(registry, "conus_2022/county")
    assert "needed by project conus_2022@1.0.0, mapping conus_2022/" in str(caught.value)


def test_the_source_of_a_derived_dataset_is_refused_with_what_was_made_of_it(registry: Registry) -> None:
    example_chain(registry)
    with pytest.raises(RegistryError) as caught:
        remove(registry, "comstock", "conus_2022/comstock")
    assert "query by_state@run (which made dataset totals@1.0.0)" in str(caught.value)
    with pytest.raises(RegistryError, match=r"project conus_2022@1\.0\.0 is needed by query by_state@run"):
        remove(registry, "conus_2022")
    with pytest.raises(RegistryError, match=r"query by_state@second is needed by dataset peaks@1\.0\.0"):
        remove(registry, "by_state@second")


def test_of_many_users_the_first_are_named_and_all_are_listed() -> None:
    shared = Node("dimension", "census/county", "1.0.0")
    users = tuple(Node("project", f"p{number}", "1.0.0") for number in range(20))
    with pytest.raises(RegistryError) as caught:
        decide(Graph((*users, shared), tuple((user, shared) for user in users)), [shared])
    (problem,) = caught.value.problems
    assert problem.message.startswith("dimension census/county@1.0.0 is needed by project p0@1.0.0, ")
    assert " and 17 more; nothing was removed" in problem.message
    assert problem.detail.split("\n") == [f"  {user}" for user in users]


def test_everything_that_is_needed_is_told_at_once(registry: Registry) -> None:
    with pytest.raises(RegistryError) as caught:
        remove(registry, "comstock", "conus_2022/state")
    assert [problem.message.split(" is needed")[0] for problem in caught.value.problems] == [
        "dataset comstock@1.0.0",
        "dimension conus_2022/state@1.0.0",
    ]


def test_what_is_not_there_gets_the_closest_id(registry: Registry) -> None:
    with pytest.raises(NotFoundError) as caught:
        remove(registry, "comstok", "conus_2022/conty", "conus_2022@3")
    assert [problem.message for problem in caught.value.problems] == [
        'nothing in the registry has the id "comstok"; did you mean "comstock"?',
        'nothing in the registry has the id "conus_2022/conty"; did you mean "conus_2022/county"?',
        "project conus_2022 has no version 3; there are: 1.0.0",
    ]


def test_what_was_removed_already_is_told_apart(registry: Registry) -> None:
    remove(registry, "conus_2022")
    for reference in ("conus_2022", "conus_2022@1.0.0"):
        with pytest.raises(NotFoundError, match=f"^{reference} was removed from the registry already$"):
            remove(registry, reference)


def test_the_beginning_of_a_version_has_to_fit_one(registry: Registry) -> None:
    project = replace(registry.project("conus_2022"), version="1.1.0")
    with registry.registration("an update") as registration:
        write_project(registry._database, project, registration.key)
    with pytest.raises(RegistryError, match=r'"conus_2022@1" fits several versions.*"conus_2022@1\.0\.0", "conus'):
        remove(registry, "conus_2022@1")
    assert names(remove(registry, "conus_2022@1.1").asked) == ["project conus_2022@1.1.0"]


def test_a_removal_that_came_to_mean_something_else_is_refused(registry: Registry) -> None:
    agreed = registry.removal(["conus_2022"])
    add_query_result(registry, "totals", "conus_2022@1.0.0", "comstock@1.0.0")
    with pytest.raises(RegistryError, match="is needed by query"), registry.registration("late") as registration:
        registration.remove(["conus_2022"], False, agreed)
    remove(registry, "totals")
    new_version(registry)
    with (
        pytest.raises(RegistryError, match="changed while this removal was looked at; nothing was removed"),
        registry.registration("late") as registration,
    ):
        registration.remove(["conus_2022"], False, agreed)
    assert registry.project("conus_2022").version == "2.0.0"


# What goes along -----------------------------------------------------------------------------------------------------


def test_a_project_takes_along_its_submissions_mappings_and_dimensions(registry: Registry) -> None:
    dataset = registry.dataset("comstock")
    removal = remove(registry, "conus_2022")
    assert names(removal.asked) == ["project conus_2022@1.0.0"]
    assert removal.users == ()
    kept = registry.graph()
    assert {node.id.split("/")[0] for node in kept.nodes} == {"comstock"}
    assert not any(node.kind in ("submission", "mapping") for node in kept.nodes)
    assert registry.dataset("comstock") == dataset


def test_a_dimension_that_another_project_uses_stays_and_goes_with_its_last_user(registry: Registry) -> None:
    county = registry.dimension("conus_2022/county")
    other = example_project("other")
    other = replace(other, base=(county, *other.base[1:]))
    register(registry, other)
    remove(registry, "conus_2022")
    assert registry.dimension("conus_2022/county") == county
    assert "dimension conus_2022/county@1.0.0" in names(remove(registry, "other").parts)


def test_a_dimension_of_nobody_stays_though_nothing_needs_it(registry: Registry) -> None:
    Builder(registry).build([("dimension", 0, 0)])
    shared = registry.dimension("census/extra_0")
    project = example_project("other")
    register(registry, replace(project, base=(*project.base, shared)))
    remove(registry, "other")
    assert registry.dimension("census/extra_0") == shared
    assert names(remove(registry, "census/extra_0").nodes) == ["dimension census/extra_0@1.0.0"]


def test_removing_the_newest_version_makes_the_one_before_current(registry: Registry) -> None:
    old = registry.project("conus_2022")
    new_version(registry, description="worse")
    removal = remove(registry, "conus_2022@2.0.0")
    assert names(removal.nodes) == ["project conus_2022@2.0.0"]
    assert registry.project("conus_2022") == old
    assert registry.projects()[0]["version"] == "1.0.0"
    assert registry.submission("conus_2022", "comstock").project_version == "1.0.0"


def test_removing_an_old_version_takes_its_submissions_and_the_newer_one_still_says_what_it_lost(
    registry: Registry,
) -> None:
    new_version(registry)
    with registry.registration("invalidate") as registration:
        registry._database.insert(
            "invalidations",
            project_version=2,
            dataset_version=1,
            submission=1,
            submitted_to="1.0.0",
            reason="the counties are others",
        )
        assert registration.key
    removal = remove(registry, "conus_2022@1.0.0")
    assert names(removal.parts) == [
        "mapping conus_2022/comstock/comstock_geography:county@1.0.0",
        "submission conus_2022/comstock@1.0.0+1.0.0",
    ]
    (row,) = registry.submissions()
    assert (row["project_version"], row["status"], row["reason"]) == ("2.0.0", "invalidated", "the counties are others")
    with pytest.raises(NotFoundError, match=r"submitted to project conus_2022 1\.0\.0, but 2\.0\.0 invalidated that"):
        registry.submission("conus_2022", "comstock")
    remove(registry, "comstock")
    assert registry._database.rows("SELECT * FROM invalidations") == []


def test_a_mapping_that_two_submissions_share_goes_with_the_second(registry: Registry) -> None:
    new_version(registry)
    submission = replace(registry.submission("conus_2022", "comstock", version="1.0.0"), project_version="2.0.0")
    register(registry, submission)
    remove(registry, "conus_2022/comstock@1.0.0")
    assert registry.submission("conus_2022", "comstock") == submission
    removal = remove(registry, "conus_2022/comstock")
    assert [node.kind for node in (*removal.asked, *removal.parts)] == ["submission", "mapping"]


def test_a_derived_dataset_takes_its_query_along_when_no_other_came_from_it(registry: Registry) -> None:
    add_query_result(registry, "totals", "conus_2022@1.0.0", "comstock@1.0.0")
    add_query_result(registry, "totals_again", "conus_2022@1.0.0", "comstock@1.0.0")
    assert [node.kind for node in registry.graph().nodes].count("query") == 1
    assert "query by_state@run" not in names(remove(registry, "totals").nodes)
    assert "query by_state@run" in names(remove(registry, "totals_again").nodes)
    remove(registry, "comstock", "conus_2022")
    assert registry.graph().nodes == ()


def test_source_and_result_may_be_removed_together(registry: Registry) -> None:
    example_chain(registry)
    removal = remove(registry, "peaks", "totals", "comstock", "conus_2022")
    assert removal.users == ()
    assert registry.graph().nodes == ()


# Cascades ------------------------------------------------------------------------------------------------------------


def test_a_cascade_takes_all_that_needs_it(registry: Registry) -> None:
    example_chain(registry)
    removal = remove(registry, "comstock", cascade=True)
    assert {"dataset totals@1.0.0", "dataset peaks@1.0.0", "query by_state@run", "query by_state@second"} <= set(
        names(removal.users)
    )
    assert {row["id"] for row in registry.datasets()} == set()
    assert registry.project("conus_2022").id == "conus_2022"


def test_a_cascade_from_a_dimension_takes_projects_and_their_submissions(registry: Registry) -> None:
    removal = remove(registry, "conus_2022/sector", cascade=True)
    assert "project conus_2022@1.0.0" in names(removal.users)
    assert {row["id"] for row in registry.datasets()} == {"comstock"}
    assert registry.submissions() == []


# Random registries ---------------------------------------------------------------------------------------------------


@rounds(8)
@given(plan=plans, picks=st.lists(st.integers(0, 1000), min_size=1, max_size=3), cascade=st.booleans())
def test_a_removal_leaves_all_else_as_it_was(plan, picks, cascade, tmp_path_factory) -> None:
    with Registry.create(tmp_path_factory.mktemp("removal") / "registry") as registry:
        Builder(registry).build(plan)
        for pick in picks:
            graph = registry.graph()
            if not graph.nodes:
                return
            node = graph.nodes[pick % len(graph.nodes)]
            reference = f"{node.kind} {node.id}" if pick % 3 == 0 else str(node)
            before, former = contents(registry), {row["id"] for row in registry.removals()}
            try:
                removal = remove(registry, reference, cascade=cascade)
            except RegistryError:
                event("refused")
                assert not cascade
                assert contents(registry) == before
                continue
            event("removed")
            _check(graph, removal, before, contents(registry), cascade, former)


def _check(graph: Graph, removal: Removal, before: dict, after: dict, cascade: bool, former: set[str]) -> None:
    gone = set(names(removal.nodes))
    assert set(before) - set(after) == gone, "what went is what was said"
    assert {name: before[name] for name in after} == after, "what stays reads as before"
    for node in removal.nodes:
        assert all(str(parent) in gone for parent in reference_parents(graph, node)), "nothing that stays needs it"
    asked = {parent for node in removal.asked for parent in reference_parents(graph, node)}
    if cascade:
        assert set(removal.users) <= asked
    else:
        assert removal.users == ()
    owners = {node.id for node in removal.nodes if node.kind in ("project", "dataset", "submission")} | former
    for node in removal.parts:
        names_before = {node.id.split("/")[0], "/".join(node.id.split("/")[:2])}
        assert node.kind in ("submission", "query") or names_before & owners, "it belongs to what goes, or is gone"


@rounds(4)
@given(plan=plans)
def test_when_all_owners_are_gone_only_what_belongs_to_nobody_is_left(plan, tmp_path_factory) -> None:
    with Registry.create(tmp_path_factory.mktemp("removal") / "registry") as registry:
        Builder(registry).build(plan)
        owners = {row["id"] for row in (*registry.projects(), *registry.datasets())}
        for kind in ("dataset", "project"):
            while found := [node for node in registry.graph().nodes if node.kind == kind]:
                remove(registry, str(found[0]), cascade=True)
        left = registry.graph().nodes
        assert {node.kind for node in left} <= {"dimension"}
        assert not owners & {node.id.split("/")[0] for node in left}


# History and numbers -------------------------------------------------------------------------------------------------


def test_what_went_stands_in_the_history(registry: Registry) -> None:
    removal = remove(registry, "conus_2022")
    rows = registry.removals()
    assert [(row["kind"], row["id"], row["version"]) for row in rows] == [
        (node.kind, node.id, node.version) for node in removal.nodes
    ]
    registrations = registry.registrations()
    assert {(row["registered_at"], row["removed_at"]) for row in rows} == {
        (registrations[0]["registered_at"], registrations[1]["registered_at"])
    }
    assert [row["job"] for row in registrations] == ["", "remove"]
    assert rows[0]["log_message"] == "removed by a test"


def test_a_number_is_never_given_again(registry: Registry) -> None:
    remove(registry, "conus_2022")
    project, dataset = register(registry, example_project(), example_dataset("resstock"))
    assert project.version == registry.project("conus_2022").version == "2.0.0"
    assert {each.version for each in project.base} == {project.time.version} == {"2.0.0"}
    assert project.supplemental[0].mapping.version == "2.0.0"
    assert dataset.version == "1.0.0"
    remove(registry, "conus_2022")
    assert unused(registry._database, "project", "conus_2022") == "3.0.0"
    assert unused(registry._database, "project", "conus_2022", "2.0.0", "minor") == "2.1.0"
    assert unused(registry._database, "project", "conus_2022", "1.1.0", "minor") == "1.1.0"
    assert registry.unused_version("dataset", "comstock") == "1.0.0"


def test_what_others_went_on_using_is_used_again(registry: Registry) -> None:
    county = registry.dimension("conus_2022/county")
    dataset = example_dataset("resstock")
    register(registry, replace(dataset, dimensions={**dataset.dimensions, "geography": county}))
    remove(registry, "conus_2022")
    (project,) = register(registry, example_project())
    assert project.base[0] == county
    assert project.base[1].version == "2.0.0"


def test_a_submission_may_be_made_again_after_its_removal(registry: Registry) -> None:
    removal = remove(registry, "conus_2022/comstock")
    assert names(removal.asked) == ["submission conus_2022/comstock@1.0.0+1.0.0"]
    (submission,) = register(registry, example_submission())
    assert submission.mappings["geography"].mapping.version == "2.0.0"
    assert registry.submission("conus_2022", "comstock") == submission


# Data folders --------------------------------------------------------------------------------------------------------


def test_a_data_folder_is_given_up_with_its_last_version(registry: Registry) -> None:
    where = new_folder(registry, "resstock", "1.0.0")
    write_manifest(where, ())
    shared = f"resstock/{where.name}"
    (dataset,) = register(registry, example_dataset("resstock", folder=shared))
    patch = replace(dataset, version="1.0.1", description="better said")
    with registry.registration("a patch") as registration:
        registration.update_dataset(DatasetVersion(patch, (), ()))
    for version, given_up in (("1.0.0", ()), ("1.0.1", (shared,))):
        reference = [f"resstock@{version}"]
        agreed = registry.removal(reference)
        with registry.registration("remove") as registration:
            assert registration.remove(reference, False, agreed) == given_up
        assert where.is_dir(), "it is removed after the commit, by who asked for the removal"
