"""Dimensions and mappings of another registry that belong to no project, dataset or submission here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dsgrid.errors import DsgridError, NotFoundError
from dsgrid.importers.dimensions import FORMER_TYPES
from dsgrid.importers.mappings import mapping_table
from dsgrid.importers.registry.documents import (
    as_entry,
    dimension_document,
    ends_of,
    mapping_document,
    name_of,
)
from dsgrid.importers.registry.source import Model
from dsgrid.importers.shared import dimensions as translate_dimensions
from dsgrid.operations.definitions import own_dimension, own_mapping
from dsgrid.operations.imported_registrations import load
from dsgrid.operations.reuse import time_of
from dsgrid.registry.proposal import MappingVersion
from dsgrid.registry.registration import Registration

if TYPE_CHECKING:
    from dsgrid.operations.imported_registrations import Importing, Work

SHARED = "shared"
_NAME = "mapping"


def make_rest(importing: Importing, work: Work, registration: Registration) -> None:
    """Register what nothing else of this registration has registered, so that its ids mean something."""
    for kind, make in (("dimension", _make_dimension), ("mapping", _make_mapping)):
        for model in work.registered.of_kind(kind):
            if importing.names.find(model) is not None:
                continue
            try:
                make(importing, work, registration, model)
            except DsgridError as error:
                # It is built before anything of it is written: all else is none the worse.
                work.problems.extend(error.problems)


def _make_dimension(importing: Importing, work: Work, registration: Registration, model: Model) -> None:
    database = importing.old.database
    entry = as_entry(model, {"dimensions": [dimension_document(model)]}, database)
    type_ = str(model.document.get("type"))
    if type_ in FORMER_TYPES:
        work.remarks.say("dropped", entry, f'"{type_}" is no type of dimension')
        return
    owner, name = _id(importing, work, model)
    entry.value["dimensions"][0]["name"] = name
    translation = translate_dimensions(entry, owner)
    work.remarks.remarks.extend(translation.remarks)
    root = load("register_dimensions", translation.spec).root
    if type_ == "time":
        built: Any = replace(time_of(root["time"][name], None), name=name)
    else:
        built = own_dimension(root["dimension"][name], name, type_)
    proposal = importing.registry.proposals.dimensions(owner, [built])
    registration.write(proposal)
    id_ = f"{owner}/{name}"
    version = next((part.new for part in proposal.parts), "")
    here = importing.registry.time(id_) if type_ == "time" else importing.registry.dimension(id_)
    importing.names.learn(model, id_, version or here.version)
    work.done.append(f"dimension {id_}@{version or here.version}")


def _id(importing: Importing, work: Work, model: Model) -> tuple[str, str]:
    """Return the owner and the name of a dimension: those of its version before, or new ones."""
    before = [
        importing.names.find(found)
        for version in importing.models.versions("dimension", model.id)
        if (found := importing.models.find("dimension", model.id, version)) is not None
    ]
    ids = {known[0] for known in before if known is not None}
    if len(ids) == 1:
        owner, _, name = ids.pop().rpartition("/")
        return owner, name
    owners = [each.id for each in work.registered.models if each.kind in ("project", "dataset")]
    owner = owners[0] if owners else SHARED
    name, number = name_of(model), 1
    while _is_taken(importing, f"{owner}/{name}"):
        number += 1
        name = f"{name_of(model)}_{number}"
    return owner, name


def _is_taken(importing: Importing, id_: str) -> bool:
    try:
        importing.registry.kind(id_)
    except NotFoundError:
        return False
    return True


def _make_mapping(importing: Importing, work: Work, registration: Registration, model: Model) -> None:
    database = importing.old.database
    document = mapping_document(model, importing.models, base=False)
    entry = as_entry(model, document, database)
    ends = []
    for id_, version in ends_of(model):
        there = importing.models.find("dimension", id_, version)
        here = None if there is None else importing.names.find(there)
        if here is None:
            work.remarks.say("dropped", entry, f"it maps the dimension {id_}@{version}, which is not there any more")
            return
        ends.append(here)
    from_, to = (importing.registry.dimension(*end) for end in ends)
    id_ = _mapping_id(importing, model, from_.id, to.name)
    table = mapping_table(entry, work.remarks)
    # By a name that any spec may have; its id has a colon, as those of mappings of projects.
    named = {_NAME: {"from": "@".join(ends[0]), "to": "@".join(ends[1]), **table}}
    spec = {"owner": SHARED, "mapping": named}
    root = load("register_mappings", spec).root
    mapping = replace(own_mapping(root["mapping"][_NAME], from_, to), id=id_)
    proposal = importing.registry.proposals.mappings([MappingVersion(mapping, ends[0], ends[1])])
    registration.write(proposal)
    version = next((part.new for part in proposal.parts if part.kind == "mapping"), "")
    version = version or importing.registry.mapping(id_).version
    importing.names.learn(model, id_, version)
    work.done.append(f"mapping {id_}@{version}")


def _mapping_id(importing: Importing, model: Model, from_: str, to: str) -> str:
    """Return the id of a mapping: that of its version before, or one made of what it maps."""
    for version in importing.models.versions("mapping", model.id):
        found = importing.models.find("mapping", model.id, version)
        known = None if found is None else importing.names.find(found)
        if known is not None:
            return known[0]
    id_, number = f"{from_}:{to}", 1
    while _is_taken(importing, id_):
        number += 1
        id_ = f"{from_}:{to}_{number}"
    return id_
