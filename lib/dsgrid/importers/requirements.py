"""What a project demands of its datasets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dsgrid.importers.dimensions import rows_of
from dsgrid.importers.document import Entry
from dsgrid.importers.tables import selector_members
from dsgrid.importers.translation import Remarks

ALL: Final = "__all__"
_KNOWN: Final = (
    "dataset_id", "dataset_type", "version", "required_dimensions", "mapping_references", "base_dimension_names",
    "status", "wrap_time_allowed", "time_based_data_adjustment",
)  # fmt: skip
_KNOWN_RULE: Final = ("base", "base_missing", "subset", "supplemental")


@dataclass(frozen=True)
class Bases:
    """The base dimensions of a project: their names by type, and their tables by name."""

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tables: Mapping[str, dict[str, Any]] = field(default_factory=dict)

    def with_table(self, type_: str, name: str, table: dict[str, Any]) -> Bases:
        """Return the same bases and one more."""
        return Bases({**self.names, type_: (*self.names.get(type_, ()), name)}, {**self.tables, name: table})

    def of(self, type_: str, entry: Entry, remarks: Remarks, *keys: str) -> str:
        """Return the base dimension that an entry names, or the only one of the type."""
        named = entry.get(*keys)
        if named is not None:
            return named.text_value
        candidates = self.names.get(type_, ())
        if len(candidates) != 1:
            remarks.wrong(entry, f"{keys[0]} has to say which {type_} dimension is meant: {', '.join(candidates)}")
            return ""
        return candidates[0]

    def ids(self, name: str, entry: Entry) -> list[str]:
        """Return the record ids of a base dimension."""
        records = self.tables.get(name, {}).get("records")
        if records is None:
            raise entry.error(f'the records of the dimension "{name}" are not known here')
        return [str(row["id"]) for row in rows_of(records)]


def requirements(document: Entry, bases: Bases, remarks: Remarks) -> dict[str, Any]:
    """Return the ``[requires]`` tables, one for each dataset that the project lists."""
    selectors = _selector_files(document)
    result: dict[str, Any] = {}
    for entry in document.entries("datasets"):
        remarks.unknown(entry, _KNOWN)
        result[entry["dataset_id"].text_value] = _required(entry, bases, selectors, remarks)
    return result


def _selector_files(document: Entry) -> dict[str, Path]:
    files = {}
    for entry in document["dimensions"].entries("subset_dimensions"):
        file = entry.get("file", "filename")
        if file is not None:
            files[entry["name"].text_value] = file.resolve()
    return files


def _required(entry: Entry, bases: Bases, selectors: dict[str, Path], remarks: Remarks) -> dict[str, Any]:
    required = entry.get("required_dimensions")
    if required is None:
        return {}
    remarks.unknown(required, ("single_dimensional", "multi_dimensional"))
    table: dict[str, Any] = {}
    single = required.get("single_dimensional")
    for type_, rule in () if single is None else single.items():
        said = _rule(type_, rule, bases, selectors, remarks)
        if said is not None:  # every base record is what an unnamed type means
            table[type_] = said
    together = []
    for group in required.entries("multi_dimensional"):
        said_by_type = {}
        for type_, rule in group.items():
            said = _rule(type_, rule, bases, selectors, remarks)
            said_by_type[type_] = bases.ids(_base_name(type_, rule, bases, remarks), rule) if said is None else said
        together.append(said_by_type)
    return {**table, "together": together} if together else table


def _base_name(type_: str, rule: Entry, bases: Bases, remarks: Remarks) -> str:
    for key in ("base", "base_missing"):
        found = rule.get(key)
        if found is not None and isinstance(found.value, dict) and found.get("dimension_name"):
            return found["dimension_name"].text_value
    return bases.of(type_, rule, remarks, "dimension_name")


def _rule(type_: str, rule: Entry, bases: Bases, selectors: dict[str, Path], remarks: Remarks) -> Any:
    """Return what a type has to cover; None means all base records."""
    remarks.unknown(rule, _KNOWN_RULE)
    if len(bases.names.get(type_, ())) > 1:
        remarks.unsupported(rule, f"requirements for a type with several base dimensions ({type_})")
        return None
    if rule.get("supplemental") is not None:
        remarks.say("dropped", rule["supplemental"], "requirements by supplemental dimension have no effect")
    base, missing, subsets = _ids(rule.get("base")), _ids(rule.get("base_missing")), rule.entries("subset")
    if ALL in base:
        return None
    if missing and not subsets:
        return {"except": missing}
    if len(subsets) == 1 and not missing:
        subset = {"subset": subsets[0]["name"].text_value, "selectors": subsets[0]["selectors"].value}
        return {"ids": base, **subset} if base else subset
    if not subsets:
        return base or None
    # Specs say one subset, or what is left out, but not both; the ids themselves say anything.
    if missing:
        base = [id_ for id_ in bases.ids(_base_name(type_, rule, bases, remarks), rule) if id_ not in set(missing)]
    for subset_ in subsets:
        base = [*base, *_members(subset_, selectors)]
    remarks.say("changed", rule, "several ways to name the ids are written out as ids")
    return list(dict.fromkeys(base))


def _ids(entry: Entry | None) -> list[str]:
    """Return record ids of ``{record_ids: [...]}`` or of the plain list it was before."""
    if entry is None:
        return []
    values = entry["record_ids"].value if isinstance(entry.value, dict) else entry.value
    return [str(value) for value in values]


def _members(entry: Entry, selectors: dict[str, Path]) -> list[str]:
    name = entry["name"].text_value
    if name not in selectors:
        raise entry["name"].error(f'there is no subset dimension "{name}"')
    members = selector_members(selectors[name])
    ids = [id_ for selector in entry["selectors"] for id_ in members.get(selector.text_value, ())]
    return list(dict.fromkeys(ids))
