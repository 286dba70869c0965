"""Dimensions of a project and of a dataset, as values."""

from __future__ import annotations

from dataclasses import dataclass, field

from dsgrid.dimensions.mapping import Mapping
from dsgrid.dimensions.records import Attribute, Records


@dataclass(frozen=True)
class Dimension:
    """A list of records of one type under a name.

    Parameters
    ----------
    name
        The name that queries use; unique inside its project or dataset.
    type
        One of `dsgrid.dimensions.types.RECORD_TYPES`.
    record_class
        The class of the records, which says what columns they have (``county``, ``energy_end_use``, ...).
    id, version
        Set once it is registered: ``"<owner>/<name>"`` and ``"1.0.0"``.
    """

    name: str
    type: str
    record_class: str
    records: Records
    description: str = ""
    id: str = ""
    version: str = ""


@dataclass(frozen=True)
class Supplemental:
    """Another resolution of a base dimension, reached by a mapping base -> supplemental."""

    dimension: Dimension
    of: str
    mapping: Mapping


@dataclass(frozen=True)
class Selector:
    """A named set of base records inside a subset."""

    name: str
    ids: tuple[str, ...]
    description: str = ""
    attributes: dict[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True)
class Subset:
    """A group of selectors over one base dimension. Selectors may overlap."""

    name: str
    of: str
    selectors: tuple[Selector, ...]
    description: str = ""
