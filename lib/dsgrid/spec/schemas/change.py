"""The `[change]` table of specs that may change what is registered."""

from __future__ import annotations

from dsgrid.spec.patterns import VERSION
from dsgrid.spec.schemas.fragments import Schema, choice, table, text


def change_table(*, based_on: bool = True) -> Schema:
    """Return the table that bounds what ``dsgrid apply`` may do.

    Parameters
    ----------
    based_on
        Whether the spec is about one thing with one version.
    """
    keys: dict[str, Schema] = {
        "allow": choice(
            "Allowed changes",
            "How far `dsgrid apply` may go. What a change is, is found by comparing the spec with the registry. Without "
            "this key only additions pass. `--allow` on the command line wins over it.",
            {
                "patch": "descriptions, names of projects, metadata, checks of values",
                "minor": "additions too: records, columns, supplemental dimensions, subsets, requirements",
                "major": "everything: what is removed or changed, and other data",
            },
            examples=["minor"],
        )
    }
    if based_on:
        keys["based_on"] = text(
            "Based on",
            "The version that this spec was edited from. `dsgrid apply` refuses when somebody has registered a newer one "
            "since, whose changes would be undone.",
            VERSION,
            examples=["1.2.0"],
        )
    return table(
        "Change",
        "What `dsgrid apply` may change, when the registry holds what this spec defines already.",
        keys,
        minProperties=1,
    )
