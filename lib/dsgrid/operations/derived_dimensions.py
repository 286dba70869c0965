"""The dimensions of a dataset that is made of a result: those of the project where the records are the same ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dsgrid.datasets.offenders import counted
from dsgrid.dimensions.additivity import Additivity, additivity
from dsgrid.dimensions.classes import plain_class
from dsgrid.dimensions.cutting import cut_dimension
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.records import Record, Records
from dsgrid.dimensions.types import PLURAL, RECORD_TYPES
from dsgrid.errors import NotFoundError, listing
from dsgrid.operations.derived_contents import Contents, units_of
from dsgrid.operations.derived_form import Form, Key
from dsgrid.operations.draft import reference
from dsgrid.registry.model import Project

Find = Callable[[str], Dimension]


@dataclass(frozen=True)
class Part:
    """One dimension of the dataset.

    Parameters
    ----------
    dimension
        Its records; with an id and a version where it is a registered one.
    column
        The column that holds it; None for one record without a column, or for records that are names of columns.
    ignored
        Columns of the same type that say nothing more.
    ids
        The ids by what stands in the table, where that are names.
    """

    dimension: Dimension
    column: str | None
    ignored: tuple[str, ...] = ()
    ids: Mapping[str, str] | None = None

    @property
    def is_registered(self) -> bool:
        """Whether the dataset uses a registered dimension."""
        return bool(self.dimension.id)

    def said(self) -> str:
        """Return what the dimension is, for people."""
        number = counted(len(self.dimension.records), "record")
        if self.is_registered:
            return f"{reference(self.dimension)}, {number}"
        first = self.dimension.records.ids[0]
        return f"{number} of its own" + (f", {first}" if len(self.dimension.records) == 1 else "")


def derived_dimensions(form: Form, contents: Contents, asked: Project, project: Project, find: Find) -> dict[str, Part]:
    """Return the dimension of each type.

    Parameters
    ----------
    asked
        The project that the query asked, in the version that it asked.
    project
        The project whose dimensions are used where their records are the same.
    find
        Returns a registered dimension.

    Raises
    ------
    DataError
        If the columns of a type tell more apart than one dimension can.
    """
    made = {}
    for type_ in RECORD_TYPES:
        keys = form.of_type(type_)
        part = _of_columns(form, contents, keys, find) if keys else _without_column(form, asked, type_)
        made[type_] = replace(part, dimension=_used(part.dimension, project))
    return made


def additive(parts: Mapping[str, Part]) -> Additivity:
    """Return over what all values add up."""
    metric = parts["metric"].dimension
    found = [additivity(metric.record_class, str(record.get("unit") or "")) for record in metric.records]
    return Additivity(all(each.over_categories for each in found), all(each.over_time for each in found))


# Of columns ----------------------------------------------------------------------------------------------------------


def _of_columns(form: Form, contents: Contents, keys: tuple[Key, ...], find: Find) -> Part:
    key = keys[0] if len(keys) == 1 else _finest(form, contents, keys)
    held = key.type if key is form.pivot else key.name
    found = contents.ids(held)
    dimension = _dimension(form, key, found, find)
    ids = None
    if form.names and key.dimension:
        ids = _ids_of(form, key, dimension, found)
        found = tuple(ids[name] for name in found)
    unknown = [id_ for id_ in found if id_ not in dimension.records.by_id]
    if unknown:
        raise form.error(f"column {key.name} holds {listing(unknown)}, which {key.dimension} has not")
    kept = cut_dimension(dimension, frozenset(found))
    own = dimension if kept is dimension else replace(kept, id="", version="")
    if key.type == "metric":
        own = _with_units(form, own, dict(_units(form, contents, held, ids)))
    others = tuple(each.name for each in keys if each is not key)
    return Part(own, None if key is form.pivot else key.name, others, ids)


def _dimension(form: Form, key: Key, found: tuple[str, ...], find: Find) -> Dimension:
    if not key.dimension:
        # The values of an attribute are records of their own, of the plain class of their type.
        class_ = plain_class(key.type)
        if class_ is None:
            raise form.error(f"{key.name} is an attribute, and metrics have to be those of a dimension; ask by one")
        name = key.name.replace(".", "_")
        return Dimension(name, key.type, class_, Records(tuple(Record(each, each) for each in found)))
    try:
        return find(key.dimension)
    except NotFoundError:
        raise form.error(
            f"this registry has no dimension {key.dimension}, whose records column {key.name} holds; the result was "
            "made with another registry, or the dimension was removed"
        ) from None


def _finest(form: Form, contents: Contents, keys: tuple[Key, ...]) -> Key:
    """Return the column whose record determines those of the other columns of its type."""
    names = [key.type if key is form.pivot else key.name for key in keys]
    together = contents.combinations.select(names).group_by(names).aggregate([]).num_rows
    fitting = [key for key, name in zip(keys, names, strict=True) if len(contents.ids(name)) == together]
    if not fitting:
        raise form.error(
            f"the result has {len(keys)} columns of {keys[0].type}, {listing([key.name for key in keys])}, and none of "
            "them determines the others; a dataset has one: leave out the others in `by`"
        )
    # Of several that say the same, that of the base dimension.
    return min(fitting, key=lambda key: (key.level != "base", key is not form.pivot))


def _ids_of(form: Form, key: Key, dimension: Dimension, found: tuple[str, ...]) -> dict[str, str]:
    """Return the ids of the names in a column."""
    named: dict[str, list[str]] = {}
    for record in dimension.records:
        named.setdefault(record.name, []).append(record.id)
    for name in found:
        ids = named.get(name, [])
        if len(ids) != 1:
            meant = f"{listing(ids)} are both called so" if ids else f"{key.dimension} has no such name"
            raise form.error(
                f'column {key.name} holds names, and "{name}" does not say which record is meant: {meant}; run the '
                "query without names = true in [result]"
            )
    return {name: named[name][0] for name in found}


# Units ---------------------------------------------------------------------------------------------------------------


def _units(form: Form, contents: Contents, column: str, ids: Mapping[str, str] | None) -> dict[str, str]:
    units: dict[str, str] = {}
    for name, unit in units_of(form, contents, column):
        id_ = name if ids is None else ids[name]
        if units.setdefault(id_, unit) != unit:
            raise form.error(f'values of "{name}" are in {units[id_]} and in {unit}; name one unit in [result]')
    return units


def _with_units(form: Form, dimension: Dimension, units: Mapping[str, str]) -> Dimension:
    """Return the metrics with the units that their values have in the result."""
    if all(str(record.get("unit") or "") == units[record.id] for record in dimension.records):
        return dimension
    rows = tuple(
        replace(record, attributes={**record.attributes, "unit": units[record.id]}) for record in dimension.records
    )
    return replace(dimension, records=Records(rows), id="", version="")


# Without a column ----------------------------------------------------------------------------------------------------


def _without_column(form: Form, asked: Project, type_: str) -> Part:
    """Return the one record of a type that the result does not tell apart."""
    bases = asked.base_of_type(type_)
    summed = form.summed[type_]
    for base in bases:
        if summed.get("only") in base.records.by_id:
            kept = cut_dimension(base, {summed["only"]})
            own = base if kept is base else replace(kept, id="", version="")
            return Part(_with_one_unit(form, own) if type_ == "metric" else own, None)
    if type_ == "metric":
        return Part(_all_metrics(form, bases), None)
    is_part = summed["held"] < summed["of"]
    everything = [
        each.dimension
        for each in asked.supplemental
        if each.of == bases[0].name and each.dimension.records.ids == (f"all_{PLURAL[type_]}",)
    ]
    if len(bases) == 1 and everything and not is_part:
        return Part(everything[0], None)
    id_ = f"{'some' if is_part else 'all'}_{PLURAL[type_]}"
    records = Records((Record(id_, id_.replace("_", " ").title()),))
    held = f"{summed['held']:,} of {summed['of']:,} {PLURAL[type_].replace('_', ' ')} of project {asked.id}"
    return Part(Dimension(id_, type_, plain_class(type_) or type_, records, held if is_part else ""), None)


def _one_unit(form: Form) -> str:
    units = form.result.manifest["units"]
    if len(units) > 1:
        raise form.error(f"values are in {listing(units)}; name one unit in [result]")
    return str(next(iter(units), ""))


def _with_one_unit(form: Form, dimension: Dimension) -> Dimension:
    return _with_units(form, dimension, dict.fromkeys(dimension.records.ids, _one_unit(form)))


def _all_metrics(form: Form, bases: tuple[Dimension, ...]) -> Dimension:
    classes = list(dict.fromkeys(base.record_class for base in bases))
    if len(classes) > 1:
        raise form.error(
            f"the project has metrics of several classes, {listing(classes)}, and the result does not say of which its "
            "values are; keep a dimension of metrics in `by`"
        )
    # What all metrics have in common the sum of them has, too.
    attributes: dict[str, Any] = {}
    for column in bases[0].records.columns[2:]:
        values = {record.get(column) for base in bases for record in base.records}
        if len(values) == 1:
            attributes[column] = values.pop()
    record = Record("all_metrics", "All Metrics", {**attributes, "unit": _one_unit(form)})
    return Dimension("all_metrics", "metric", classes[0], Records((record,)))


# What is registered --------------------------------------------------------------------------------------------------


def _used(dimension: Dimension, project: Project) -> Dimension:
    """Return the project's own dimension where that has the same records; of several the first base dimension."""
    if dimension.id and any((each.id, each.version) == (dimension.id, dimension.version) for each in project.base):
        return dimension
    same = [each for each in project.base_of_type(dimension.type) if each.records == dimension.records]
    return same[0] if same and same[0].id else dimension
