"""``dimension_mappings.json5`` and a project's entry for a dataset, as the spec of `submit_dataset`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from dsgrid.errors import SpecError
from dsgrid.importers.adjustments import listed_dataset
from dsgrid.importers.dimensions import FORMER_TYPES, type_of
from dsgrid.importers.document import Entry
from dsgrid.importers.mappings import mapping_table, record
from dsgrid.importers.metadata import is_growth
from dsgrid.importers.references import reversed_name
from dsgrid.importers.registered import REFERENCE_KEYS, RegisteredMappings, dimension_name, shown
from dsgrid.importers.submitted_time import time_rules, wrapped
from dsgrid.importers.translation import Remarks, Translation, gathering, without_empty
from dsgrid.importers.unit_factors import UnitFactors, unit_factors


@gathering
def submission(
    remarks: Remarks,
    project: Entry,
    dataset_id: str,
    mappings: Entry | None = None,
    configuration: Entry | None = None,
    reverse: Collection[str] = (),
    *,
    references: Entry | None = None,
    registered: RegisteredMappings | None = None,
) -> Translation:
    """Translate what brings a dataset into a project.

    Parameters
    ----------
    project
        The project's configuration, which says whether the dataset's time may be wrapped, and how it is adjusted.
    mappings
        The dataset's mapping file, where it has one.
    configuration
        The dataset's own, whose kind of time decides which rules mean something; without it all are taken over.
    reverse
        Types whose mapping is the reverse of how a supplemental dimension is made:
        ``autogen_reverse_supplemental_mappings`` of dsgrid-toolkit's command. Needs `configuration`.
    references
        The file that refers to mappings which are registered for themselves.
    registered
        Those mappings.
    """
    entry = listed_dataset(project, dataset_id)
    reader = _Mappings(project, entry, configuration, remarks)
    for document in (mappings, references):
        if document is not None:
            reader.add(document, registered or RegisteredMappings())
    for type_ in reverse:
        reader.tables[type_] = _reverse(type_, configuration, remarks.within("mapping", type_))
    reader.name_bases()
    reader.undo_units()
    rules = time_rules(entry, configuration, remarks.within("mapping", "time"))
    spec = {
        "project": project["project_id"].text_value,
        "dataset": dataset_id,
        "wrap_time": wrapped(project, entry, configuration, remarks),
        "mapping": {**reader.tables, **({"time": rules} if rules else {})},
    }
    return remarks.finish("submit_dataset", without_empty(spec))


class _Mappings:
    """Collects the mappings of a submission by type."""

    def __init__(self, project: Entry, listed: Entry, configuration: Entry | None, remarks: Remarks) -> None:
        self.project, self.listed, self.configuration, self.remarks = project, listed, configuration, remarks
        self.tables: dict[str, Any] = {}

    def add(self, document: Entry, registered: RegisteredMappings) -> None:
        """Add the mappings of a file, in place or by reference."""
        self.remarks.unknown(document, ("mappings", "references"))
        for entry in document.entries("mappings"):
            self._add(_type(entry), entry, entry)
        for reference in document.entries("references"):
            self.remarks.unknown(reference, REFERENCE_KEYS)
            found = registered.find(reference)
            if found is None:
                what = f"the mapping {shown(reference)} by reference; give the file with its records"
                self.remarks.unsupported(reference, what)
                continue
            type_ = reference.get("from_dimension_type", "to_dimension_type")
            self.remarks.say("changed", reference, f"the mapping is that of {found.file.name}", "mapping", _type(found))
            self._add(_type(found) if type_ is None else type_.text_value, reference, found)

    def _add(self, type_: str, place: Entry, entry: Entry) -> None:
        about = self.remarks.within("mapping", type_)
        if type_ in FORMER_TYPES:
            self.remarks.say("dropped", place, f'"{type_}" is no type of dimension')
        elif type_ in self.tables:
            about.unsupported(place, f"two mappings of the type {type_}")
        else:
            target = entry.text("project_base_dimension_name") or self._base(
                type_, dimension_name(entry, "to_dimension")
            )
            units = self._units(target) if type_ == "metric" else None
            self.tables[type_] = without_empty({"to": target}) | mapping_table(entry, about, units)

    def _base(self, type_: str, named: str = "") -> str:
        """Return the base dimension that has to be named, where the project has several of a type."""
        bases = list(_bases(self.project, type_))
        if len(bases) < 2:
            return ""
        chosen = self.listed.get_object("base_dimension_names")
        return named if named in bases else "" if chosen is None else chosen.text(type_)

    def name_bases(self) -> None:
        """Name the base dimension of a type that has several and no mapping, where a registry has said it."""
        chosen = self.listed.get_object("base_dimension_names")
        for type_, name in () if chosen is None else chosen.items():
            if type_ not in self.tables and self._base(type_) and name.value is not None:
                self.tables[type_] = {"to": name.text_value}

    def _units(self, base: str) -> UnitFactors | None:
        configuration = self.configuration
        if configuration is None or is_growth(configuration):  # rates have no units to convert
            return None
        return unit_factors(configuration, self.project, base, self.remarks.within("mapping", "metric"))

    def undo_units(self) -> None:
        """Undo the conversion of units where a dataset without a mapping of metrics turns it off."""
        named = self.tables.get("metric", {})  # a base dimension may be named without a mapping
        if "kind" not in named and (units := self._units(named.get("to", ""))) is not None:
            about = self.remarks.within("mapping", "metric")
            rows = units.without_mapping(about)
            if rows:
                about.say("changed", units.place, "units that differ are not converted: fractions undo that", "records")
                kind = "one_to_one_explicit_multipliers"
                self.tables["metric"] = {**named, "kind": kind, "records": [record(row) for row in rows]}


def _bases(project: Entry, type_: str) -> Iterator[str]:
    for key in ("base_dimensions", "base_dimension_references"):
        for entry in project["dimensions"].entries(key):
            if type_of(entry) == type_:
                yield entry.text("dimension_query_name", "name", "dimension_name")


def _reverse(type_: str, configuration: Entry | None, remarks: Remarks) -> dict[str, Any]:
    """Return the mapping from the supplemental dimension that a dataset has to its base: copies, as there."""
    if configuration is None:
        raise SpecError("the dataset's configuration says of which dimension the mapping is the reverse; there is none")
    own = [*configuration.entries("dimension_references"), *configuration.entries("dimensions")]
    found = next((entry for entry in own if type_of(entry) == type_), None)
    if found is None:
        raise configuration.error(
            f'the dataset has no dimension of the type "{type_}", whose mapping is to be reversed'
        )
    name = found.text("name", "dimension_name")
    if not name:
        remarks.unsupported(found, "the reverse of a dimension by its id; give its name")
    if type_ == "metric" and not configuration.flag("enable_unit_conversion", default=True):
        # A reverse has no fractions of its own by which to undo the conversion.
        place = configuration["enable_unit_conversion"]
        remarks.unsupported(
            place, "no conversion of units where the mapping of metrics is a reverse; write its records"
        )
    message = f'each base record gets the value of its record of "{name}"; totals need weights'
    remarks.say("decide", found, message, "reverse_of")
    return {"reverse_of": reversed_name(name), "kind": "duplication"}


def _type(entry: Entry) -> str:
    """Return the type that is mapped; where both dimensions are named, theirs."""
    found = entry.get("dimension_type")
    end = entry.get_object("from_dimension")
    if found is None and end is not None:
        return type_of(end)
    return type_of(entry) if found is not None else entry["dimension_type"].text_value
