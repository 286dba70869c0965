"""What a project demands of its datasets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import did_you_mean, listing
from dsgrid.importers.dimensions import FORMER_TYPES, rows_of
from dsgrid.importers.document import Entry
from dsgrid.importers.subsets import Members
from dsgrid.importers.translation import Remarks

ALL: Final = "__all__"
_KNOWN: Final = (
    "dataset_id", "dataset_type", "version", "required_dimensions", "mapping_references", "base_dimension_names",
    "status", "wrap_time_allowed", "time_based_data_adjustment",
)  # fmt: skip
_KNOWN_RULE: Final = ("base", "base_missing", "subset", "supplemental")
_KNOWN_IDS: Final = ("record_ids", "dimension_name", "dimension_query_name")


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
        candidates = self.names.get(type_, ())
        named = entry.get(*keys)
        if named is not None:
            name = named.text_value
            if name not in candidates:
                hint = did_you_mean(name, candidates)
                remarks.wrong(named, f'the project has no base {type_} dimension "{name}"{hint}')
            return name
        if len(candidates) != 1:
            which = f": {', '.join(candidates)}" if candidates else "; the project has none"
            remarks.wrong(entry, f"{keys[0]} has to say which {type_} dimension is meant{which}")
            return ""
        return candidates[0]

    def ids(self, name: str, entry: Entry) -> list[str]:
        """Return the record ids of a base dimension."""
        records = self.tables.get(name, {}).get("records")
        if records is None:
            raise entry.error(f'the records of the dimension "{name}" are not known here; list the ids instead')
        return [str(row["id"]) for row in rows_of(records)]


def requirements(document: Entry, bases: Bases, members: Members, remarks: Remarks) -> dict[str, Any]:
    """Return the ``[requires]`` tables, one for each dataset that the project lists."""
    result: dict[str, Any] = {}
    for entry in document.entries("datasets"):
        dataset_id = entry["dataset_id"].text_value
        about = remarks.within("requires", dataset_id)
        about.unknown(entry, _KNOWN)
        if dataset_id in result:
            about.wrong(entry["dataset_id"], f'the project lists the dataset "{dataset_id}" twice')
        _drop(entry, about)
        result[dataset_id] = _Rules(bases, members, about).required(entry)
    return result


def _drop(entry: Entry, remarks: Remarks) -> None:
    """Remark on what only a registry says, or nobody asks."""
    if entry.get("version") is not None:
        message = "a submission takes the newest version of the dataset; `dataset` in its spec may say another"
        remarks.say("dropped", entry["version"], message)
    if entry.says("mapping_references"):
        remarks.say("dropped", entry["mapping_references"], "how the dataset is mapped stands in its own spec here")


@dataclass(frozen=True)
class _Rules:
    """Reads what one dataset has to cover."""

    bases: Bases
    members: Members
    remarks: Remarks

    def required(self, entry: Entry) -> dict[str, Any]:
        required = entry.get_object("required_dimensions")
        if required is None:
            return {}
        self.remarks.unknown(required, ("single_dimensional", "multi_dimensional"))
        table: dict[str, Any] = {}
        single = required.get_object("single_dimensional")
        for type_, rule in () if single is None else single.items():
            said = self._type(type_, rule)
            if said is not None:  # every base record is what an unnamed type means
                table[type_] = said
        together = []
        for group in required.entries("multi_dimensional"):
            said_by_type = {}
            for type_, rule in group.items():
                said = self._type(type_, rule)
                if _is_type(type_):
                    said_by_type[type_] = self._all(type_, rule) if said is None else said
            if len(said_by_type) < 2:
                self.remarks.wrong(group, "a combination names two types or more")
            together.append(said_by_type)
        return {**table, "together": together} if together else table

    def _type(self, type_: str, rule: Entry) -> Any:
        if type_ in FORMER_TYPES:
            self.remarks.say("dropped", rule, f'"{type_}" is no type of dimension')
            return None
        if type_ not in RECORD_TYPES:
            self.remarks.wrong(rule, f'there is no dimension type "{type_}"{did_you_mean(type_, RECORD_TYPES)}')
            return None
        if isinstance(rule.value, list):  # ids alone, as it was once
            return list(dict.fromkeys(item.text_value for item in rule)) or None
        return self._rule(type_, rule)

    def _rule(self, type_: str, rule: Entry) -> Any:
        """Return what a type has to cover; None means all base records."""
        self.remarks.unknown(rule, _KNOWN_RULE)
        if rule.get("supplemental") is not None:
            message = "requirements by supplemental dimension have no effect"
            self.remarks.say("dropped", rule["supplemental"], message, type_)
        several = len(self.bases.names.get(type_, ())) > 1
        base, missing = self._ids(rule.get("base")), self._ids(rule.get("base_missing"))
        subsets = [subset for subset in rule.entries("subset") if self._selected(subset)]
        if base and missing:
            self.remarks.wrong(rule, "base and base_missing are not given together")
        if ALL in base:
            # Of several base dimensions only one is meant, and nothing but its ids says so.
            return self._all(type_, rule) if several else None
        if missing and not subsets and not several:
            return {"except": missing}
        if len(subsets) == 1 and not missing:
            names = list(dict.fromkeys(subsets[0].texts("selectors")))
            subset = {"subset": subsets[0]["name"].text_value, "selectors": names}
            return {"ids": base, **subset} if base else subset
        if not subsets and not missing:
            if not base:
                self.remarks.say("decide", rule, "no record is named; all are required here", type_)
            return base or None
        # Specs say one subset, or what is left out, but not both; the ids themselves say anything.
        if missing:
            base = [id_ for id_ in self._all(type_, rule) if id_ not in set(missing)]
        for subset_ in subsets:
            base = [*base, *self._members(subset_)]
        self.remarks.say("changed", rule, "several ways to name the ids are written out as ids", type_)
        return list(dict.fromkeys(base))

    def _all(self, type_: str, rule: Entry) -> list[str]:
        """Return all ids of the base dimension that a rule names, or the only one."""
        place = rule
        for key in ("base", "base_missing"):
            found = rule.get(key) if isinstance(rule.value, dict) else None
            if found is not None and isinstance(found.value, dict):
                place = found
        keys = ("dimension_name", "dimension_query_name")
        name = self.bases.of(type_, place, self.remarks, *keys)
        return self.bases.ids(name, place) if name in self.bases.tables else []

    def _ids(self, entry: Entry | None) -> list[str]:
        """Return record ids of ``{record_ids: [...]}`` or of the plain list it was before."""
        if entry is None:
            return []
        if isinstance(entry.value, dict):
            self.remarks.unknown(entry, _KNOWN_IDS)
            entry = entry["record_ids"]
        ids = list(dict.fromkeys(item.text_value for item in entry))
        if any(not isinstance(item.value, str) for item in entry):
            self.remarks.say("decide", entry, "ids are numbers here, and texts with us; did they begin with zeros?")
        return ids

    def _selected(self, subset: Entry) -> bool:
        self.remarks.unknown(subset, ("name", "selectors"))
        if not subset["selectors"].value:
            self.remarks.wrong(subset["selectors"], "no selector is named")
            return False
        return True

    def _members(self, entry: Entry) -> list[str]:
        name = entry["name"].text_value
        if name not in self.members:
            raise entry["name"].error(f'there is no subset dimension "{name}"{did_you_mean(name, self.members)}')
        ids: list[str] = []
        for selector in entry["selectors"]:
            if selector.text_value not in self.members[name]:
                known = list(self.members[name])
                self.remarks.wrong(
                    selector, f'"{name}" has no selector "{selector.text_value}"; there are: {listing(known)}'
                )
            ids.extend(self.members[name].get(selector.text_value, ()))
        return list(dict.fromkeys(ids))


def _is_type(type_: str) -> bool:
    return type_ in RECORD_TYPES
