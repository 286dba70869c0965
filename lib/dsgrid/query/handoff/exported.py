"""An export on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dsgrid.errors import NotFoundError
from dsgrid.query.quantity import quantity
from dsgrid.registry.publish import MANIFEST
from dsgrid.spec.node import shown
from dsgrid.storage.location import Location


@dataclass(frozen=True, repr=False)
class Exported:
    """The files that a result was written as for another model.

    Parameters
    ----------
    folder
        Where they are, with ``README.txt`` and ``manifest.json``.
    manifest
        Shape, units, labels, rules, sums, files with their checksums, and what they were made of.
    """

    folder: Location
    manifest: Mapping[str, Any]

    @property
    def files(self) -> list[Location]:
        """The files of values, in the order of what they hold."""
        return [self.folder / str(one["path"]) for one in self.manifest["tables"]]

    def report(self) -> str:
        """Return what to tell the user."""
        told = self.manifest
        files = told["tables"]
        rows = sum(one["rows"] for one in files)
        count = f"{len(files):,} file{'s' if len(files) != 1 else ''}"
        lines = [f"export {told['name']}: {count}, {rows:,} row{'s' if rows != 1 else ''} in all"]
        for one in told["sums"] if told["adds_up"] else ():
            text = f"  {quantity(one['written'], one['unit'])}, as in the result"
            if "decimals" in told:
                text += f" but for rounding to {told['decimals']} decimals"
            if "left_out" in one:
                text = (
                    f"  {quantity(one['written'], one['unit'])} written and {quantity(one['left_out'], one['unit'])} "
                    f"left out of {quantity(one['result'], one['unit'])} in the result"
                )
            lines.append(text)
        lines += [f"  {note}" for note in told.get("time", {}).get("done", ())]
        if told.get("gaps"):
            lines.append(f"  {told['gaps']['cells']:,} cells without a value are {told['gaps']['written_as']}")
        return "\n".join([*lines, shown(self.folder)])

    def __repr__(self) -> str:
        return self.report()


def open_export(folder: Location) -> Exported:
    """Return an export that is on disk."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFoundError(f"there is no export {folder}: it has no {MANIFEST}") from None
    return Exported(folder, found)
