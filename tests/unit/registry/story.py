"""A registry with a past: a project with two datasets, its updates, an invalidated dataset, a removal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from registry_values import STATES, example_dataset, example_project, example_submission

from dsgrid.dimensions.dimension import Dimension, Supplemental
from dsgrid.dimensions.mapping import Association
from dsgrid.dimensions.records import Record, Records
from dsgrid.registry.model import Coverage, Project, Requirement, TypeMapping
from dsgrid.registry.proposal import Proposal
from dsgrid.registry.registry import Registry

BRONX = Record("36005", "Bronx", {"state": "NY", "time_zone": "America/New_York"})
GEOGRAPHY = "conus_2022/comstock/comstock_geography:county"


def with_counties(project: Project, *records: Record) -> Project:
    county, *others = project.base
    return replace(project, base=(replace(county, records=Records(records)), *others))


def first_project() -> Project:
    """One that requires two datasets and has two supplemental dimensions, so that updates can leave one alone."""
    project = example_project()
    (state,) = project.supplemental
    coarse = Supplemental(Dimension("coarse", "geography", "geography", STATES), "county", state.mapping)
    required = (*project.requirements, Requirement("resstock", Coverage({"geography": ("06037",)})))
    return replace(project, supplemental=(state, coarse), requirements=required)


def tell(folder: Path) -> Path:
    """Make the registry.

    ======  ===================================================================================
    1.0.0   registered by ann; bob registers and submits comstock and resstock
    1.1.0   a county is added
    2.0.0   comstock is submitted with another mapping; resstock goes along
    3.0.0   a county is removed, and subsets and supplemental dimensions; comstock doesn't fit any more
    3.0.1   the description; made and removed again
    ======  ===================================================================================
    """
    project = first_project()
    los_angeles, adams = project.base[0].records.rows
    bigger = with_counties(project, los_angeles, adams, BRONX)
    smaller = replace(with_counties(project, los_angeles, BRONX), subsets=(), supplemental=())
    resstock = replace(example_submission(dataset="resstock"), mappings=_only_los_angeles())
    with Registry.create(folder) as registry:
        with registry.registration("First version", "ann", "register_project") as registration:
            registration.add_project(project)
        for name, submission in (("comstock", example_submission()), ("resstock", resstock)):
            dataset = example_dataset(name)
            if name == "resstock":
                dimensions = {**dataset.dimensions}
                dimensions["geography"] = replace(dimensions["geography"], records=Records((los_angeles,)))
                dataset = replace(dataset, dimensions=dimensions)
            with registry.registration(f"The data of {name}", "bob", "register_dataset") as registration:
                registration.add_dataset(dataset)
            with registry.registration("Its counties\nare ours", "bob", "submit_dataset") as registration:
                registration.add_submission(submission)
        _write(registry, registry.proposals.project(bigger), "Add the Bronx")
        other = example_submission()
        mapping = other.mappings["geography"].mapping
        assert mapping is not None
        half = replace(mapping, associations=(Association("06037", "06037", 0.5), *mapping.associations[1:]))
        kind = replace(half, kind="one_to_one_explicit_multipliers")
        changed = {**other.mappings, "geography": TypeMapping("county", kind)}
        submission = replace(other, mappings=changed, project_version="1.1.0")
        _write(registry, registry.proposals.submission(submission), "Half of Los Angeles", "submit_dataset")
        _write(registry, registry.proposals.project(smaller), "Adams County was a mistake")
        described = replace(smaller, description="Without Adams County")
        _write(registry, registry.proposals.project(described), "Say it")
        with registry.registration("Nobody needs it", "cyd", "remove") as registration:
            agreed = registry.removal(["conus_2022@3.0.1"], True)
            registration.remove(["conus_2022@3.0.1"], True, agreed)
        better = replace(example_dataset(), description="All commercial buildings")
        _write(registry, registry.proposals.dataset(better), "Describe it better")
    return folder


def _only_los_angeles() -> dict[str, TypeMapping]:
    return {type_: TypeMapping(target.base) for type_, target in example_submission().mappings.items()}


def _write(registry: Registry, proposal: Proposal, why: str, job: str = "register_project") -> None:
    with registry.registration(why, "ann", job) as registration:
        registration.write(proposal)
