"""A dataset of another registry: its data taken over or written anew, and registered again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from dsgrid.datasets.in_place import TakenOver
from dsgrid.datasets.offenders import counted
from dsgrid.dimensions.types import TIME
from dsgrid.errors import DataError, NotFoundError
from dsgrid.importers.dataset import dataset as translate_dataset
from dsgrid.importers.registry.data import DataFiles, data_files
from dsgrid.importers.registry.documents import as_entry, dataset_dimensions, dataset_document
from dsgrid.importers.registry.source import Model
from dsgrid.operations.imported_registrations import load, with_version
from dsgrid.operations.register_dataset import draft_dataset
from dsgrid.operations.storing import stored_data
from dsgrid.registry.model import Dataset
from dsgrid.registry.proposal import DatasetVersion, Proposal
from dsgrid.registry.registration import Registration
from dsgrid.spec.load import Spec

if TYPE_CHECKING:
    from dsgrid.importers.document import Entry
    from dsgrid.operations.imported_registrations import Importing, Work


def draft_data(importing: Importing, work: Work, model: Model) -> Callable[[Registration], None]:
    """Store the data of a dataset where nobody looks; return what registers it inside a transaction."""
    database = importing.old.database
    document = dataset_document(model, importing.models, _files(importing, model))
    translation = translate_dataset(as_entry(model, document, database), project=listing_project(importing, model.id))
    work.remarks.remarks.extend(translation.remarks)
    spec = load("register_dataset", translation.spec)
    draft = _with_known(importing, model, draft_dataset(spec.root, importing.registry, new=False))
    how = importing.wish.how
    place = TakenOver("link" if how == "link" else "copy") if how != "rewrite" else None
    stored = work.stack.enter_context(
        stored_data(spec, draft, importing.registry, importing.engine, importing.say, place)
    )
    if place is not None and place.reason:
        work.remarks.say(
            "changed", as_entry(model, document, database), f"its facts are {place.outcome}: {place.reason}"
        )

    def write(registration: Registration) -> None:
        proposal = _proposal(importing, spec, draft)
        parts = []
        for part in proposal.parts:
            if part.kind == "dataset":
                dataset = replace(part.value.dataset, layout=stored.dataset.layout, folder=stored.dataset.folder)
                dataset = replace(dataset, files=stored.dataset.files, profile=stored.dataset.profile)
                part = replace(part, value=DatasetVersion(dataset, stored.inputs, tuple(stored.missing)))
            parts.append(part)
        proposal = with_version(replace(proposal, parts=tuple(parts)), "dataset", model.version)
        registration.write(proposal)
        found: Dataset = next(part.value.dataset for part in proposal.parts if part.kind == "dataset")
        importing.names.learn(model, found.id, found.version)
        for each in dataset_dimensions(model.document, importing.models):
            type_ = str(each.document.get("type"))
            here = found.time if type_ == TIME else found.dimensions[type_]
            importing.names.learn(each, here.id, here.version)
        outcome = "written anew" if place is None else place.outcome
        work.done.append(f"dataset {found.id}@{found.version}: {counted(stored.summary['rows'], 'row')}, {outcome}")

    return write


def _files(importing: Importing, model: Model) -> DataFiles:
    folder = importing.wish.data
    if folder is None:
        said = importing.old.values.get("data_path", "")
        raise NotFoundError(f"its data are not there: no folder {said or 'with data'}; data_path says where they are")
    return data_files(folder, model.id, model.version)


def listing_project(importing: Importing, dataset_id: str) -> Entry | None:
    """Return the configuration of the project that lists a dataset, whose adjustments say what an index counts."""
    # A project that comes later than its dataset says it, too.
    later = (model for model in importing.old.models if model.kind == "project" and not model.broken)
    for model in (*importing.projects.values(), *later):
        if any(each.get("dataset_id") == dataset_id for each in model.document.get("datasets") or ()):
            return as_entry(model, model.document, importing.old.database)
    return None


def _with_known(importing: Importing, model: Model, draft: Dataset) -> Dataset:
    """Return a dataset that uses the dimensions that are registered already for others."""
    dimensions, time = dict(draft.dimensions), draft.time
    for each in dataset_dimensions(model.document, importing.models):
        type_ = str(each.document.get("type"))
        if type_ == TIME:
            time = importing.names.time(each, time)
        elif type_ in dimensions:
            dimensions[type_] = importing.names.dimension(each, dimensions[type_])
    return replace(draft, dimensions=dimensions, time=time)


def _proposal(importing: Importing, spec: Spec, draft: Dataset) -> Proposal:
    """Return what registering a dataset writes; its data are new ones in any case."""
    from dsgrid.dimensions.changes import Change

    change = Change("changed", "data", "data", "", "major")
    proposal = importing.registry.proposals.dataset(draft, (), (change,), read_again=True)
    if proposal.is_empty:
        raise DataError(f"dataset {draft.id} is registered already in this form")
    return proposal
