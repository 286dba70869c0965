"""``dimensions.json5`` as the spec of `register_dimensions`."""

from __future__ import annotations

from typing import Any

from dsgrid.importers.dimensions import FORMER_TYPES, dimension_table, name_of, type_of
from dsgrid.importers.document import Entry
from dsgrid.importers.times import Owner, time_table
from dsgrid.importers.translation import Remarks, Translation, gathering, without_empty
from dsgrid.time.dimension import GEOGRAPHY


@gathering
def dimensions(remarks: Remarks, document: Entry, owner: str) -> Translation:
    """Translate a file of dimensions that several datasets refer to.

    Parameters
    ----------
    owner
        Whose they are here: the first part of their ids.
    """
    remarks.unknown(document, ("dimensions",))
    records: dict[str, Any] = {}
    times: dict[str, Any] = {}
    for entry in document.entries("dimensions"):
        type_, name = type_of(entry), name_of(entry)
        if type_ in FORMER_TYPES:
            remarks.say("dropped", entry, f'"{type_}" is no type of dimension')
        elif name in records or name in times:
            remarks.wrong(entry, f'there are two dimensions "{name}"')
        elif type_ == "time":
            # Which columns hold the labels is the business of the dataset that uses it.
            table = time_table(entry, remarks.within("time", name), Owner(zones=GEOGRAPHY, adjusted=None))
            times[name] = {key: value for key, value in table.items() if key not in ("name", "column", "labels")}
        else:
            records[name] = {"type": type_, **dimension_table(entry, remarks.within("dimension", name))}
    return remarks.finish("register_dimensions", without_empty({"owner": owner, "dimension": records, "time": times}))
