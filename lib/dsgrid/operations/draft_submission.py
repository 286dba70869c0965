"""The draft of a submission: which mappings a dataset needs in a project, with what can be said about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from dsgrid.datasets.offenders import counted
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.operations.draft import Document, Draft
from dsgrid.registry.model import Project
from dsgrid.toml_text import Noted

SPEC: Final = "submit_dataset.toml"
# No id: the check of the mapping names each that is left.
UNKNOWN: Final = "?"


def submission_draft(
    draft: Draft, dataset: str, ids: Mapping[str, tuple[str, ...]], project: Project, registry: str
) -> None:
    """Add the spec that submits a dataset to a project; types whose ids the project has need no mapping.

    Parameters
    ----------
    ids
        The dataset's record ids by type, as far as they are known.
    """
    mapping = {
        type_: table
        for type_ in RECORD_TYPES
        if ids.get(type_) and (table := _mapping(draft, type_, ids[type_], project)) is not None
    }
    for type_ in mapping:
        draft.notes.extend(_reverses(type_, ids[type_], project))
    unsure = [type_ for type_ in RECORD_TYPES if not ids.get(type_)]
    if unsure:
        draft.notes.append(f"{SPEC} has no mapping for {', '.join(unsure)}, whose records are to be decided")
    if dataset not in {each.dataset_id for each in project.requirements}:
        draft.notes.append(f"project {project.id} has no [requires.{dataset}]; without one it takes no such dataset")
    draft.specs[SPEC] = {
        "spec_version": 1,
        "job": "submit_dataset",
        **({"registry": registry} if registry else {}),
        "log_message": f"Submit {dataset} to {project.id}",
        "project": project.id,
        "dataset": dataset,
        **({"mapping": mapping} if mapping else {}),
    }


def _mapping(draft: Draft, type_: str, ids: tuple[str, ...], project: Project) -> Document | None:
    bases = project.base_of_type(type_)
    fitting = [base for base in bases if set(ids) <= set(base.records.ids)]
    if len(fitting) == 1:
        return None
    base = max(bases, key=lambda each: len(set(ids) & set(each.records.ids)))
    targets = [_target(id_, base) for id_ in ids]
    rows = [{"from": id_, "to": target} for id_, target in zip(ids, targets, strict=True)]
    path = draft.records(f"mappings/{type_}.csv", ("from", "to"), rows)
    open_ = targets.count(UNKNOWN)
    if open_:
        question = f'the {base.name} of {counted(open_, "record")} with "{UNKNOWN}" (blank: none)'
        draft.decisions.append((path, question))
    table: Document = {}
    if len(bases) > 1:
        names = ", ".join(each.name for each in bases)
        table["to"] = Noted(base.name, f"assumed, of {names}")
    question = "what the mapping is for: many_to_one_aggregation, one_to_many_disaggregation, ..."
    table["kind"] = (
        draft.decide(f"{SPEC}: mapping.{type_}.kind", question) if open_ else Noted("one_to_one", "ids are the same")
    )
    return {**table, "records": path}


def _reverses(type_: str, ids: tuple[str, ...], project: Project) -> Iterator[str]:
    """Yield what else than records there is for ids that are those of a supplemental dimension."""
    for each in project.supplemental:
        name, known = each.dimension.name, each.dimension.records.by_id
        if each.dimension.type == type_ and all(id_ in known for id_ in ids):
            yield (
                f'{SPEC}: the {type_} ids are those of supplemental "{name}"; reverse_of = "{name}" instead of records '
                "renames, or copies what does not add up"
            )


def _target(id_: str, base: Dimension) -> str:
    """Return the base record with the same id, or with one that differs in case and separators only."""
    if id_ in base.records.by_id:
        return id_
    alike = [each for each in base.records.ids if _folded(each) == _folded(id_)]
    return alike[0] if len(alike) == 1 else UNKNOWN


def _folded(id_: str) -> str:
    return "".join(letter for letter in id_.casefold() if letter.isalnum())
