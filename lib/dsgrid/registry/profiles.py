"""What the values of a dataset are like, and what it says of them itself, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dsgrid.registry.database import Database
from dsgrid.registry.metadata import read_tree, write_tree
from dsgrid.registry.model import MetricProfile

Check = dict[str, Any]


def write_checks(database: Database, version: int, checks: Sequence[Check]) -> None:
    """Keep the checks that a dataset version declares."""
    tree = {"checks": list(checks)} if checks else {}
    write_tree(database, "dataset_checks", "dataset_version", version, tree)


def read_checks(database: Database, version: int) -> tuple[Check, ...]:
    """Return the checks that a dataset version declares, as its spec does."""
    return tuple(read_tree(database, "dataset_checks", "dataset_version", version).get("checks", ()))


def write_profile(database: Database, version: int, profile: Sequence[MetricProfile]) -> None:
    """Keep what the values of each metric of a dataset version are like."""
    database.insert_many(
        "dataset_profiles",
        ("dataset_version", "position", "metric", "combinations", "value_count", "minimum", "maximum", "total"),
        [
            (version, index, one.metric, one.combinations, one.values, one.minimum, one.maximum, one.total)
            for index, one in enumerate(profile)
        ],
    )


def read_profile(database: Database, version: int) -> tuple[MetricProfile, ...]:
    """Return what the values of each metric are like; nothing of versions that an older dsgrid registered."""
    columns = "metric, combinations, value_count, minimum, maximum, total"
    return tuple(MetricProfile(*row) for row in database.select("dataset_profiles", columns, dataset_version=version))
