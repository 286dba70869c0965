"""What the mappings of a submission do to totals, told before anything runs: notes, and warnings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dsgrid.dimensions.losses import Losses, losses, share
from dsgrid.dimensions.types import NAMED_REDUCTION_TYPES, PLURAL
from dsgrid.errors import DsgridError, listing
from dsgrid.operations.derived_mappings import additive_metrics
from dsgrid.registry.data_check import stored_files
from dsgrid.registry.model import Dataset, Submission
from dsgrid.registry.proposal import NOTE, WARNING, Remark
from dsgrid.registry.registry import Registry
from dsgrid.spec.node import Node

# By unit, and by record of the mapped type: the sum of absolute values.
Weights = Mapping[str, Mapping[str, float]]
_SHOWN = 5


def told(node: Node, dataset: Dataset, submission: Submission, registry: Registry | None = None) -> tuple[Remark, ...]:
    """Return what is to be said about the mappings of a submission.

    Parameters
    ----------
    node
        The table with ``mapping`` that defines it.
    registry
        Where the dataset's data are; without them records are counted, but no share of a total is known.
    """
    return (*_origins(node, submission), *losses_told(dataset, submission, registry))


def _origins(node: Node, submission: Submission) -> Iterator[Remark]:
    """Yield where mappings come from that the spec leaves to dsgrid."""
    tables = node.get("mapping")
    for type_, target in submission.mappings.items():
        table = tables.get(type_) if tables is not None else None
        if table is None or not ("find" in table or "reverse_of" in table):
            continue
        mapping = target.mapping
        if mapping is None:
            text = f'is not needed: the dataset has the base dimension "{target.base}" itself'
        else:
            text = f"is {mapping.id}@{mapping.version}" if mapping.id else f"is {mapping.description}"
        yield Remark(NOTE, f"mapping.{type_} {text}")


def losses_told(dataset: Dataset, submission: Submission, registry: Registry | None = None) -> Iterator[Remark]:
    """Yield what the mappings of a submission do to totals, without where they come from; see `told`."""
    found = {
        type_: losses(target.mapping, dataset.dimensions[type_].records.ids)
        for type_, target in submission.mappings.items()
        if target.mapping is not None
    }
    found = {type_: one for type_, one in found.items() if one}
    weights = _weights(dataset, tuple(found), registry) if found and registry is not None else {}
    additive = bool(additive_metrics(dataset.dimensions["metric"]))
    for type_, one in found.items():
        mapping = submission.mappings[type_].mapping
        assert mapping is not None
        explicit = mapping.kind.endswith("explicit_multipliers")
        yield from _remarks(type_, one, weights.get(type_, {}), additive, explicit)


def _remarks(type_: str, one: Losses, weights: Weights, additive: bool, explicit: bool) -> Iterator[Remark]:
    name, of = f"mapping.{type_}", f"of {one.records:,} record{'s' if one.records != 1 else ''}"
    if one.unnamed:
        gone = _shares(", ", dict.fromkeys(one.unnamed, 1.0), weights)
        text = f"{name} does not name {len(one.unnamed):,} {of}, which queries leave out{gone}: {_ids(one.unnamed)}"
        yield Remark(WARNING, text)
    if one.dropped:
        whole = all(part == 1 for part in one.dropped.values())
        gone = _shares(", ", one.dropped, weights)
        how = "on purpose" if whole else "on purpose, some of them in part"
        yield Remark(NOTE, f"{name} drops {len(one.dropped):,} {of} {how}{gone}: {_ids(tuple(one.dropped))}")
    if not additive:
        return  # a mean or a share may be taken to as many records as there are
    level = NOTE if explicit else WARNING
    if one.less:
        gone = _shares(", which takes away ", {id_: 1 - total for id_, total in one.less.items()}, weights)
        text = f"{name} passes on less than the whole of {len(one.less):,} {of}{gone}: {_sums(one.less)}"
        yield Remark(level, text)
    if one.more and type_ in NAMED_REDUCTION_TYPES:
        text = f"{name} copies {len(one.more):,} {of} to several {PLURAL[type_].replace('_', ' ')}: {_sums(one.more)}"
        yield Remark(NOTE, text)
    elif one.more:
        added = _shares(", which adds ", {id_: total - 1 for id_, total in one.more.items()}, weights, "to")
        yield Remark(level, f"{name} counts {len(one.more):,} {of} more than once{added}: {_sums(one.more)}")


def _shares(before: str, parts: Mapping[str, float], weights: Weights, word: str = "of") -> str:
    """Return ``0.4 % of the total in MWh`` for each unit, with words before; nothing where no totals are known."""
    shares = {unit: share(parts, by_id) for unit, by_id in weights.items()}
    texts = [f"{_percent(part)} {word} the total in {unit}" for unit, part in shares.items() if part is not None]
    return f"{before}{' and '.join(texts)}" if texts else ""


def _percent(part: float) -> str:
    if 0 < abs(part) < 5e-6:
        return "less than 0.001 %"
    return f"{100 * part:.3g} %" if abs(part) < 10 else f"{100 * part:,.0f} %"


def _ids(ids: Sequence[str]) -> str:
    return listing(ids, _SHOWN)


def _sums(sums: Mapping[str, float]) -> str:
    shown = ", ".join(f'"{id_}" {total:.6g} times' for id_, total in list(sums.items())[:_SHOWN])
    more = len(sums) - _SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


def _weights(dataset: Dataset, types: Sequence[str], registry: Registry) -> dict[str, Weights]:
    """Return by type how the totals of a dataset's metrics that add up spread over its records.

    Nothing where its data are not there: before they are stored, or in a registry that was copied without them.
    """
    if not any(file.role == "associations" for file in dataset.files):
        return {}
    # numpy and Arrow, which listings do without.
    from dsgrid.query.associations import AssociationTable

    records = {type_: dimension.records.ids for type_, dimension in dataset.dimensions.items()}
    try:
        table = AssociationTable.read(stored_files(registry.data, dataset, "associations")[0], records)
    except DsgridError:
        return {}
    units = dict(additive_metrics(dataset.dimensions["metric"]))
    found: dict[str, Weights] = {}
    for type_ in types:
        small = table.distinct(tuple(dict.fromkeys((type_, "metric"))))
        by_unit: dict[str, dict[str, float]] = {}
        for own, metric, absolute in zip(
            small.codes[type_].tolist(), small.codes["metric"].tolist(), small.absolute_sums.tolist(), strict=True
        ):
            unit = units.get(records["metric"][metric])
            if unit is not None:
                by_id = by_unit.setdefault(unit, {})
                by_id[records[type_][own]] = by_id.get(records[type_][own], 0.0) + absolute
        found[type_] = by_unit
    return found
