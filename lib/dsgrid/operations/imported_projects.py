"""A project of another registry and the submissions to it, registered again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dsgrid.errors import DataError, DsgridError
from dsgrid.importers.document import Entry
from dsgrid.importers.project import project as translate_project
from dsgrid.importers.references import reversed_name
from dsgrid.importers.registry.documents import (
    as_entry,
    base_dimensions,
    dataset_document,
    name_of,
    own_part,
    project_document,
    submission_document,
    supplemental_dimensions,
)
from dsgrid.importers.registry.source import Model
from dsgrid.importers.submission import submission as translate_submission
from dsgrid.operations.imported_registrations import load, with_version
from dsgrid.operations.register_project import build_project
from dsgrid.operations.submit_dataset import build_submission
from dsgrid.operations.told_losses import told
from dsgrid.registry.model import Project, Submission
from dsgrid.registry.proposal import Invalidated, Part, Proposal
from dsgrid.registry.registration import Registration
from dsgrid.registry.resolve import find_submission, find_version
from dsgrid.spec.node import Node

if TYPE_CHECKING:
    from dsgrid.operations.imported_registrations import Importing, Work

REGISTERED = "Registered"


def project_entry(importing: Importing, model: Model) -> Entry:
    """Return the configuration of a project."""
    document = project_document(model, importing.models, importing.wish.scratch)
    return as_entry(model, document, importing.old.database)


def make_project(importing: Importing, work: Work, registration: Registration, model: Model) -> None:
    """Register a version of a project when it says something new itself; else its number is an alias."""
    before = importing.projects.get(model.id)
    if before is not None and own_part(before) == own_part(model):
        current = importing.registry.project(model.id)
        importing.names.learn(model, current.id, current.version)
        return
    if before is None and ("project", model.id) in importing.failed:
        number = importing.failed["project", model.id].number
        if importing.models.versions("project", model.id)[0] != model.version and _is_submission(importing, model):
            raise DataError(f"its project {model.id} is not there: registration {number} could not be imported")
    translation = translate_project(project_entry(importing, model))
    work.remarks.remarks.extend(translation.remarks)
    built = _with_known(importing, model, build_project(load("register_project", translation.spec).root, None))
    proposal = importing.registry.proposals.project(built)
    if proposal.is_empty:
        current = importing.registry.project(model.id)
        importing.names.learn(model, current.id, current.version)
        return
    proposal = _as_there(importing, with_version(proposal, "project", model.version), model)
    registration.write(proposal)
    found = next(part.value for part in proposal.parts if part.kind == "project")
    importing.names.learn(model, found.id, found.version)
    _learn(importing, model, found)
    work.done.append(f"project {found.id}@{found.version}")
    work.done.extend(f"carried along {each.dataset_id}@{each.dataset_version}" for each in proposal.carried)
    for lost in proposal.invalidated:
        reasons = "; ".join(lost.reasons)
        work.done.append(f"not carried along {lost.dataset_id}@{lost.dataset_version}: {reasons}")
        if _status(model, lost.dataset_id) == REGISTERED:
            entry = as_entry(model, model.document, importing.old.database)
            what = f"{lost.dataset_id} stays submitted there, but does not fit this version: {reasons}"
            work.remarks.say("decide", entry, what)


def _is_submission(importing: Importing, model: Model) -> bool:
    versions = importing.models.versions("project", model.id)
    before = versions[versions.index(model.version) - 1]
    found = importing.models.find("project", model.id, before)
    return found is not None and not found.broken and own_part(found) == own_part(model)


def _with_known(importing: Importing, model: Model, built: Project) -> Project:
    """Return a project that uses the dimensions that are registered already."""
    names, models = importing.names, importing.models
    bases = {name_of(each): each for each in base_dimensions(model.document, models)}
    supplementals = {
        _our_name(dimension): (dimension, mapping)
        for dimension, mapping in supplemental_dimensions(model.document, models)
    }
    base = tuple(names.dimension(bases[each.name], each) if each.name in bases else each for each in built.base)
    supplemental = []
    for each in built.supplemental:
        dimension, mapping = supplementals.get(each.dimension.name, (None, None))
        if dimension is not None:
            each = replace(each, dimension=names.dimension(dimension, each.dimension))
        if mapping is not None:
            each = replace(each, mapping=names.mapping(mapping, each.mapping))
        supplemental.append(each)
    time = next((each for each in bases.values() if each.document.get("type") == "time"), None)
    return replace(
        built,
        base=base,
        supplemental=tuple(supplemental),
        time=built.time if time is None else names.time(time, built.time),
    )


def _our_name(dimension: Model) -> str:
    return reversed_name(name_of(dimension))


def _learn(importing: Importing, model: Model, found: Project) -> None:
    """Keep what the dimensions and mappings of a project are here."""
    names, models = importing.names, importing.models
    bases = {each.name: each for each in found.base}
    for dimension in base_dimensions(model.document, models):
        if dimension.document.get("type") == "time":
            names.learn(dimension, found.time.id, found.time.version)
        elif name_of(dimension) in bases:
            here = bases[name_of(dimension)]
            names.learn(dimension, here.id, here.version)
    supplementals = {each.dimension.name: each for each in found.supplemental}
    for dimension, mapping in supplemental_dimensions(model.document, models):
        there = supplementals.get(_our_name(dimension))
        if there is not None:
            names.learn(dimension, there.dimension.id, there.dimension.version)
            if mapping is not None:
                names.learn(mapping, there.mapping.id, there.mapping.version)


def _as_there(importing: Importing, proposal: Proposal, model: Model) -> Proposal:
    """Return a proposal that does not carry along what the other registry took the project to lose."""
    lost = [each for each in proposal.carried if _status(model, each.dataset_id) != REGISTERED]
    if not lost:
        return proposal
    ids = {each.dataset_id for each in lost}
    submissions = [part for part in proposal.parts if part.kind == "submission" and part.value.dataset_id in ids]
    reason = f"version {model.version} was registered without it in the registry that was imported"
    invalidated = tuple(_invalidated(importing, part, reason) for part in submissions)
    return replace(
        proposal,
        parts=tuple(part for part in proposal.parts if part not in submissions),
        carried=tuple(each for each in proposal.carried if each not in lost),
        invalidated=(*proposal.invalidated, *invalidated),
    )


def _invalidated(importing: Importing, part: Part, reason: str) -> Invalidated:
    database, submission = importing.registry.database, part.value
    dataset = (submission.dataset_id, submission.dataset_version)
    before = part.old.partition("+")[0]
    key = find_submission(database, submission.project_id, dataset[0], before, dataset[1])
    return Invalidated(*dataset, before, key, find_version(database, "dataset", *dataset), (reason,))


def _status(model: Model, dataset_id: str) -> str:
    return next((str(each.get("status")) for each in _listed(model) if each.get("dataset_id") == dataset_id), "")


def _listed(model: Model) -> list[dict[str, Any]]:
    return list(model.document.get("datasets") or ())


# Submissions ---------------------------------------------------------------------------------------------------------


def make_submissions(
    importing: Importing, work: Work, registration: Registration, model: Model, before: Model | None
) -> None:
    """Register the submissions that a version of a project has and the one before had not."""
    earlier = {each["dataset_id"]: each for each in _listed(before)} if before is not None else {}
    for listed in _listed(model):
        was = earlier.get(listed["dataset_id"], {})
        if listed.get("status") != REGISTERED:
            if was.get("status") == REGISTERED:
                _tell_lost(importing, work, model, str(listed["dataset_id"]))
            continue
        same = all(was.get(key) == listed.get(key) for key in ("status", "version", "mapping_references"))
        if same:
            continue
        try:
            made = _submission(importing, work, model, listed)
        except DsgridError as error:
            # Nothing of it is written yet: the others, and the version of the project, are none the worse.
            work.problems.extend(error.problems)
            continue
        if made is not None:
            _write(importing, work, registration, made)
            if was.get("status") == REGISTERED:
                _tell_newer(importing, work, model, was, listed)


def _tell_lost(importing: Importing, work: Work, model: Model, dataset_id: str) -> None:
    if importing.names.find(model) == model.reference:
        return  # a version of its own does not have it
    entry = as_entry(model, model.document, importing.old.database)
    what = f"{dataset_id} is not submitted to version {model.version} any more; here it stays, as nothing else changed"
    work.remarks.say("decide", entry, what)


def _tell_newer(importing: Importing, work: Work, model: Model, was: dict[str, Any], listed: dict[str, Any]) -> None:
    """Say that earlier numbers of a project mean a newer version of a dataset from now on."""
    here = importing.names.find(model)
    dataset, before, now = listed["dataset_id"], was.get("version"), listed.get("version")
    if here is None or here == model.reference or before == now:
        return  # a version of its own
    entry = as_entry(model, model.document, importing.old.database)
    what = (
        f"queries of {model.id}@{here[1]}, and of all numbers that mean it, read {dataset}@{now}; "
        f'datasets = ["{dataset}@{before}"] reads what there was before'
    )
    work.remarks.say("changed", entry, what)


def _submission(
    importing: Importing, work: Work, model: Model, listed: dict[str, Any]
) -> tuple[Proposal, Node, Submission, dict[str, Model]] | None:
    """Return what registers a submission, its spec, itself and its mappings; None when its dataset was removed."""
    dataset_id, version = str(listed["dataset_id"]), str(listed.get("version"))
    models, database = importing.models, importing.old.database
    there = models.find("dataset", dataset_id, version)
    if there is None:
        entry = as_entry(model, model.document, database)
        message = f"the submission of {dataset_id}@{version}, which is not in the registry any more"
        work.remarks.say("dropped", entry, message)
        return None
    here = importing.names.find(there)
    if here is None:
        failed = importing.failed.get((there.kind, there.id))
        why = f": registration {failed.number} could not be imported" if failed is not None else ""
        raise DataError(f"it submits the dataset {dataset_id}@{version}, which is not there{why}")
    mappings, used = submission_document(listed, models)
    configuration = as_entry(there, dataset_document(there, models, None), database)
    project = project_entry(importing, model)
    translation = translate_submission(
        project, dataset_id, None if mappings is None else as_entry(model, mappings, database), configuration
    )
    work.remarks.remarks.extend(translation.remarks)
    found = importing.registry.project(model.id)
    dataset = importing.registry.dataset(*here)
    spec = {**translation.spec, "project": f"{found.id}@{found.version}", "dataset": f"{dataset.id}@{dataset.version}"}
    _name_bases(spec, found, listed)
    root = load("submit_dataset", spec).root
    built = build_submission(root, found, dataset, importing.registry)
    by_type = {str(each.document["from_dimension"]["type"]): each for each in used}
    built = replace(
        built,
        mappings={
            type_: target
            if target.mapping is None
            else replace(target, mapping=importing.names.mapping(by_type[type_], target.mapping))
            for type_, target in built.mappings.items()
        },
    )
    return importing.registry.proposals.submission(built), root, built, by_type


def _write(
    importing: Importing,
    work: Work,
    registration: Registration,
    made: tuple[Proposal, Node, Submission, dict[str, Model]],
) -> None:
    proposal, root, built, by_type = made
    registration.write(proposal)
    dataset = importing.registry.dataset(built.dataset_id, built.dataset_version)
    for part in proposal.parts:
        if part.kind == "submission":
            for type_, target in part.value.mappings.items():
                if target.mapping is not None and part.subject:
                    importing.names.learn(by_type[type_], target.mapping.id, target.mapping.version)
    work.done.append(f"submission of {dataset.id}@{dataset.version} to {built.project_id}@{built.project_version}")
    work.done.extend(str(remark) for remark in told(root, dataset, built, importing.registry))


def _name_bases(spec: dict[str, Any], project: Project, listed: dict[str, Any]) -> None:
    """Say which base dimension a type without a mapping has, where there are several."""
    for type_, name in (listed.get("base_dimension_names") or {}).items():
        if name and type_ != "time" and len(project.base_of_type(type_)) > 1:
            table = spec.setdefault("mapping", {}).setdefault(type_, {})
            table.setdefault("to", name)
