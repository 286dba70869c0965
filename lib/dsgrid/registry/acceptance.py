"""When a project accepts a dataset: what is asked when it is submitted, and again when the project changes.

These checks need no facts. Each returns what is wrong as sentences; where in a spec they belong is the caller's to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dsgrid.dimensions.additivity import grows
from dsgrid.dimensions.dimension import Dimension
from dsgrid.dimensions.ids import unknown_ids
from dsgrid.dimensions.kinds import check_mapping
from dsgrid.dimensions.types import RECORD_TYPES
from dsgrid.errors import DsgridError, Problem, did_you_mean, listing
from dsgrid.registry.model import Coverage, Dataset, Project, Submission, TypeMapping
from dsgrid.registry.situations import all_pairs, situations


def refusals(
    project: Project, dataset: Dataset, submission: Submission, shape: Dataset | None = None
) -> tuple[str, ...]:
    """Return why a project does not accept a dataset with these mappings; nothing when it does.

    Parameters
    ----------
    shape
        The dataset that the submission names as the shape of annual values.
    """
    broken = tuple(_broken_mappings(project, dataset, submission.mappings))
    if broken:
        return broken  # the other checks follow the mappings
    return (
        *(problem.message for problem in refused_time(project, dataset, submission, shape)),
        *refused_units(project, dataset, submission.mappings),
        *refused_coverage(project, dataset, submission.mappings),
    )


def refused_ids(own: Dimension, base: Dimension) -> str | None:
    """Say which ids of a dataset's dimension, which has no mapping, are no base ids."""
    return unknown_ids(own.records.ids, base.records.by_id, f'record of "{base.name}"')


def refused_time(
    project: Project, dataset: Dataset, submission: Submission, shape: Dataset | None = None
) -> tuple[Problem, ...]:
    """Say why the dataset's time does not become the project's; the key of a problem is the rule that it is about."""
    # numpy, which listings do without.
    from dsgrid.time.mapping import map_time
    from dsgrid.time.shaping import check_shape

    rules = submission.time
    try:
        pairs = all_pairs(dataset, submission.mappings)
        found = situations(project, dataset, submission.mappings, pairs)
        if shape is not None:
            rules = check_shape(dataset.time, shape.time, project.time, rules)
        map_time(dataset.time, project.time, rules, found.places)
    except DsgridError as error:
        return error.problems
    return () if shape is None else refused_shape(dataset, shape)


def refused_shape(dataset: Dataset, shape: Dataset) -> tuple[Problem, ...]:
    """Say which of the dataset's records a shape has no series for."""
    problems = []
    for type_ in RECORD_TYPES:
        known = shape.dimensions[type_].records.ids
        lacking = [id_ for id_ in dataset.dimensions[type_].records.ids if id_ not in known]
        if len(known) > 1 and lacking:
            problems.append(
                Problem(
                    f'the shape {shape.id} has several records of "{shape.dimensions[type_].name}", but not '
                    f"{_records_of(lacking)} {listing(lacking)} of dataset {dataset.id}",
                    key="shape",
                )
            )
    return tuple(problems)


def _records_of(ids: Sequence[str]) -> str:
    return f"the {len(ids):,} record{'s' if len(ids) > 1 else ''}"


def refused_units(project: Project, dataset: Dataset, mappings: Mapping[str, TypeMapping]) -> tuple[str, ...]:
    """Say which units of the dataset do not convert to the base record's, which a query would find out too late.

    Rates of growth need not: a projection multiplies values of the base record with what becomes of them, which is a
    number. A unit that is none of a number is a mistake.
    """
    from dsgrid.dimensions.units import UnitError, affine

    metric = dataset.dimensions["metric"]
    own = metric.records.by_id
    chosen = mappings["metric"]
    reached = next(one for one in project.base if one.name == chosen.base)
    base = reached.records.by_id
    rates = grows(metric.record_class, reached.record_class)
    pairs = (
        [(id_, id_) for id_ in own]
        if chosen.mapping is None
        else [(one.from_id, one.to_id) for one in chosen.mapping.associations if one.to_id is not None]
    )
    found = []
    for from_id, to_id in pairs:
        unit, wanted = (str(record.get("unit") or "") for record in (own[from_id], base[to_id]))
        try:
            _, offset = affine(unit, "" if rates else wanted)
            if offset and dataset.layout.scaling_factor:
                found.append(
                    f'"{from_id}" -> "{to_id}": "{unit}" converts to "{wanted}" with an offset, so its values cannot '
                    "have scaling factors; scale them in the data, or give the project the same unit"
                )
        except UnitError as error:
            text = f'a rate of growth is a number, and not in "{unit}"' if rates else str(error)
            found.append(f'"{from_id}" -> "{to_id}": {text}')
    return tuple(found)


def refused_coverage(project: Project, dataset: Dataset, mappings: Mapping[str, TypeMapping]) -> tuple[str, ...]:
    """Compare what the project requires with what the dataset's records reach.

    Registration has proved that the data hold every combination of the dataset's records but those that it declares
    not to have (by `missing`, or by not naming them in `expected`), and gaps that are declared are accepted. So what
    can still be lacking is a record that is not reached at all, and that is seen type by type: the dataset reaches a
    product of records, which holds a required combination exactly if it holds each of its records.
    """
    required = next((one for one in project.requirements if one.dataset_id == dataset.id), None)
    if required is None:
        names = [one.dataset_id for one in project.requirements]
        return (
            f"project {project.id} does not expect dataset {dataset.id}; it has no [requires.{dataset.id}]"
            f"{did_you_mean(dataset.id, names)}",
        )
    reached = _reached(dataset, mappings)
    together = {type_ for entry in required.together for type_ in entry.ids}
    found = []
    for type_ in RECORD_TYPES:
        base = next(one for one in project.base if one.name == mappings[type_].base)
        if type_ in together:
            wanted = tuple(dict.fromkeys(id_ for entry in required.together for id_ in _of(entry, type_)))
        else:
            wanted = required.single.ids.get(type_, base.records.ids)
        missing = [id_ for id_ in wanted if id_ not in reached[type_]]
        if missing:
            found.append(
                f'dataset {dataset.id} does not cover {_records(missing)} of "{base.name}": {listing(missing)}'
            )
    return tuple(found)


def _broken_mappings(project: Project, dataset: Dataset, mappings: Mapping[str, TypeMapping]) -> Iterator[str]:
    for type_, chosen in mappings.items():
        bases = {dimension.name: dimension for dimension in project.base_of_type(type_)}
        if chosen.base not in bases:
            yield f'project {project.id} has no base {type_} "{chosen.base}"{did_you_mean(chosen.base, bases)}'
            continue
        own, base = dataset.dimensions[type_], bases[chosen.base]
        if chosen.mapping is None:
            wrong = refused_ids(own, base)
            if wrong is not None:
                yield f"{wrong}; a [mapping.{type_}] is needed"
        else:
            for problem in check_mapping(chosen.mapping, own.records.by_id, base.records.by_id):
                yield f"mapping.{type_}: {problem.message}"


def _reached(dataset: Dataset, mappings: Mapping[str, TypeMapping]) -> dict[str, set[str]]:
    reached: dict[str, set[str]] = {}
    for type_, one in mappings.items():
        if one.mapping is None:
            reached[type_] = set(dataset.dimensions[type_].records.ids)
        else:
            reached[type_] = {row.to_id for row in one.mapping.associations if row.to_id is not None}
    return reached


def _of(entry: Coverage, type_: str) -> tuple[str, ...]:
    return entry.ids.get(type_, ())


def _records(missing: Sequence[str]) -> str:
    return f"{len(missing)} required record{'s' if len(missing) > 1 else ''}"
