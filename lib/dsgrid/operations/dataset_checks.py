"""What was checked when a dataset was registered, and whether its files are still what they were."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

from dsgrid.datasets.ledger import CHECKS
from dsgrid.errors import DsgridError, NotFoundError, UsageError
from dsgrid.operations.registry_contents import aim
from dsgrid.registry.database import LOCK_TIMEOUT
from dsgrid.registry.model import Dataset
from dsgrid.registry.publish import read_manifest
from dsgrid.registry.registry import Registry

Document = dict[str, Any]
MOST: Final = 2 << 30  # bytes whose checksums are computed while somebody waits


def checks_of_dataset(
    folder: str | Path, reference: str, *, at: str | None = None, lock_timeout: float = LOCK_TIMEOUT
) -> Document:
    """Return the checks that a version of a dataset passed.

    A dataset is registered only when all of them are passed, so none can have failed.

    Returns
    -------
    dict
        ``checks``, each with what it ``says`` and what was ``found``; ``own``, those that the dataset declares itself;
        ``job`` that made them, and ``summary``, the numbers of what was looked at (None where the data are gone).
    """
    name, moment = aim(reference, at)
    with Registry.open(folder, lock_timeout=lock_timeout, at=moment) as registry:
        dataset = registry.dataset(name)
        entry = registry.entry(name, "dataset")
        registration = registry.origin(name)["registration"]
        place = registry.data_folder(dataset)
    try:
        summary = read_manifest(place).extra.get("summary") if dataset.folder else None
    except DsgridError:
        summary = None
    due = {"submission": False, "lookup": dataset.layout.two_tables, "values": bool(dataset.checks)}
    names = [check for check in CHECKS if due.get(check.name, True)] if dataset.files else []
    return {
        "dataset": dataset.id,
        "version": dataset.version,
        "job": registration["job"],
        "checked_at": registration["registered_at"],
        "dsgrid_version": registration["dsgrid_version"],
        "checks": [
            {"check": one.name, "says": one.says, "state": "passed", "found": _found(one.name, dataset, summary or {})}
            for one in names
        ],
        "own": entry["checks"],
        "summary": summary,
    }


def _found(check: str, dataset: Dataset, summary: Document) -> str:
    """Return the numbers behind a check; empty where the registry keeps none."""
    records = sum(len(one.records.ids) for one in dataset.dimensions.values())
    of = {
        "files": "{rows:,} rows, {bytes:,} bytes",
        "cells": "{values:,} values",
        "time arrays": "{time_arrays:,} time arrays, {slots:,} slots",
        "repeats": "{combinations:,} combinations",
        "coverage": "{combinations:,} combinations with data",
    }
    try:
        text = of.get(check, "").format_map(summary)
    except (KeyError, ValueError):
        return ""
    return f"{records:,} records" if check == "ids" else f"{len(dataset.checks)} checks" if check == "values" else text


def verify_dataset(
    folder: str | Path,
    reference: str,
    *,
    checksums: bool = False,
    at: str | None = None,
    lock_timeout: float = LOCK_TIMEOUT,
    most: int = MOST,
) -> Document:
    """Compare the files of a version of a dataset with its manifest, and the manifest with the database.

    Parameters
    ----------
    checksums
        Every byte is read; else only the sizes of the files are looked at.
    most
        Bytes that may be read.

    Raises
    ------
    NotFoundError
        If there is no such dataset, or it holds no data of its own.
    UsageError
        If there are more bytes than may be read.
    """
    begin = time.monotonic()
    name, moment = aim(reference, at)
    with Registry.open(folder, lock_timeout=lock_timeout, at=moment) as registry:
        dataset = registry.dataset(name)
        called = f"{dataset.id}@{dataset.version}"
        if not dataset.folder or not dataset.files:
            raise NotFoundError(f"dataset {called} holds no data of its own")
        size = sum(file.bytes for file in dataset.files)
        if checksums and size > most:
            raise UsageError(
                f"dataset {called} has {size:,} bytes, and at most {most:,} are read here; the job check_registry "
                "computes checksums of any number"
            )
        findings = registry.data_findings(dataset, checksums=checksums)
    return {
        "dataset": dataset.id,
        "version": dataset.version,
        "clean": not findings,
        "checksums": checksums,
        "files": len(dataset.files),
        "bytes": size,
        "problems": [{"message": one.message, "where": one.where, "remedy": one.remedy} for one in findings],
        "seconds": round(time.monotonic() - begin, 3),
    }
