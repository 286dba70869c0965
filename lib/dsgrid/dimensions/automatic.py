"""Supplemental dimensions that every project has without being asked: everything at once, and one per subset."""

from __future__ import annotations

from collections.abc import Iterable

from dsgrid.dimensions.classes import RECORD_CLASSES, classes_of, plain_class
from dsgrid.dimensions.dimension import Dimension, Subset, Supplemental
from dsgrid.dimensions.mapping import Association, Mapping
from dsgrid.dimensions.records import Record, Records
from dsgrid.dimensions.types import PLURAL, RECORD_TYPES
from dsgrid.errors import Problem, SpecError, did_you_mean


def automatic_supplementals(
    base: tuple[Dimension, ...], subsets: Iterable[tuple[Subset, bool, str]] = ()
) -> tuple[Supplemental, ...]:
    """Return the supplemental dimensions that are added to a project when it is built.

    For each type but metric, whose records differ in unit and fuel, one of a single record to which all base records
    add up: ``all_geographies``. Where a type has several base dimensions, each has its own:
    ``all_geographies_of_county``.
    For each subset that wants it, one whose records are the selectors: ``end_uses_by_fuel_type``.

    Parameters
    ----------
    base
        The base dimensions of the project.
    subsets
        For each subset whether it wants a supplemental dimension, and the class of that; an empty class means the plain
        one of the type, and the base dimension's for metrics.

    Raises
    ------
    SpecError
        If a selector of a metric subset has no `unit`, or the class is not of the type.
    """
    by_name = {dimension.name: dimension for dimension in base}
    everything = (
        _everything(dimension, sum(other.type == dimension.type for other in base) > 1)
        for type_ in RECORD_TYPES
        if type_ != "metric"
        for dimension in base
        if dimension.type == type_
    )
    selections = (_selection(subset, by_name[subset.of], class_) for subset, wanted, class_ in subsets if wanted)
    return (*everything, *selections)


def _everything(base: Dimension, several: bool) -> Supplemental:
    plural = PLURAL[base.type]
    id_ = f"all_{plural}"
    dimension = Dimension(
        f"{id_}_of_{base.name}" if several else id_,
        base.type,
        plain_class(base.type) or base.record_class,
        Records((Record(id_, id_.replace("_", " ").title()),)),
        f"All records of {base.name}",
    )
    associations = tuple(Association(record.id, id_) for record in base.records)
    return Supplemental(dimension, base.name, Mapping("many_to_one_aggregation", associations))


def _selection(subset: Subset, base: Dimension, class_: str) -> Supplemental:
    record_class = class_ or plain_class(base.type) or base.record_class
    problems = []
    if record_class not in classes_of(base.type):
        message = (
            f'there is no class "{record_class}" of {base.type}{did_you_mean(record_class, classes_of(base.type))}'
        )
        problems.append(Problem(message, key=f"subset.{subset.name}.class"))
    elif base.type == "metric":
        for selector in subset.selectors:
            unit = selector.attributes.get("unit")
            if unit is None or (unit == "" and not RECORD_CLASSES[record_class].dimensionless):
                message = (
                    f'selector "{selector.name}" has no unit, so it cannot be a record of {record_class}; write '
                    '`unit = "..."`, or `supplemental = false` for the subset'
                )
                problems.append(Problem(message, key=f"subset.{subset.name}.attributes.{selector.name}"))
    if problems:
        raise SpecError(problems)

    records = Records(
        tuple(
            Record(selector.name, selector.description or selector.name, selector.attributes)
            for selector in subset.selectors
        )
    )
    selected = {id_ for selector in subset.selectors for id_ in selector.ids}
    # A record in two selectors counts in both; one in none is dropped on purpose, and says so.
    members = [Association(id_, selector.name) for selector in subset.selectors for id_ in selector.ids]
    dropped = [Association(id_, None) for id_ in base.records.ids if id_ not in selected]
    dimension = Dimension(subset.name, base.type, record_class, records, subset.description)
    mapping = Mapping("many_to_many_explicit_multipliers", (*members, *dropped))
    return Supplemental(dimension, base.name, mapping)
