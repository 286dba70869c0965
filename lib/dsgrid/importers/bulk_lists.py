"""The lists of specs that are run together, in an order that works."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from dsgrid.importers.conversion import UNLISTED
from dsgrid.importers.conversion_queries import Derivation
from dsgrid.importers.outcomes import Part

CREATE: Final = "create_registry"
_ORDER: Final = ("register_dimensions", "register_project", "register_dataset", "submit_dataset")


@dataclass(frozen=True)
class Step:
    """A spec in a list; one that cannot run yet stands there as a comment, with the reason."""

    path: str
    waiting: str = ""


def steps(parts: Sequence[Part], create: bool) -> tuple[Step, ...]:
    """Return the specs that register and submit everything.

    Parameters
    ----------
    create
        Whether the registry has to be made first.
    """
    used = frozenset(_uses(part.translation.spec for part in parts if not part.waiting)) - _owned(parts)
    waiting = {_dataset(part): part.waiting for part in parts if part.translation.job == "register_dataset"}
    found = [Step(f"{CREATE}.toml")] if create else []
    for job in _ORDER:
        for part in parts:
            if part.translation.job == job and part.waiting != UNLISTED:
                found.append(Step(part.path, _reason(part, used, waiting)))
    return tuple(found)


def unlisted_steps(parts: Sequence[Part]) -> tuple[Step, ...]:
    """Return the specs of datasets that have data, and that no project lists: who wants them runs these, too."""
    return tuple(Step(part.path) for part in parts if part.waiting == UNLISTED)


def derived_steps(derivations: Iterable[Derivation]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Return the specs that make specs of results, and the specs that these will be."""
    found = list(derivations)
    if all(each.waiting for each in found):
        # Then all of them wait for data. A list with comments only would be no spec.
        found = [replace(each, waiting="") for each in found]
    making = [Step(path, each.waiting) for each in found for path in (each.query.path, each.spec.path)]
    made = [
        Step(f"{each.spec.folder}/specs/{name}.toml", each.waiting)
        for each in found
        for name in ("register_dataset", "submit_dataset")
    ]
    return tuple(making), tuple(made)


def is_empty(steps: Iterable[Step]) -> bool:
    """Return whether there is nothing to run, but perhaps the creation of a registry."""
    return all(step.waiting or step.path == f"{CREATE}.toml" for step in steps)


def bulk_text(steps: Sequence[Step], registry: str, about: str = "", schema: str = "") -> str:
    """Return a bulk spec; what cannot run yet is a comment in it."""
    lines = [schema] if schema else []
    lines += [f"# {line}" for line in about.splitlines()]
    lines += ["spec_version = 1", 'job = "bulk"', f"registry = {_quoted(registry)}", "specs = ["]
    for step in steps:
        if step.waiting:
            lines.append(f"    # {_plain(step.waiting)}")
            lines.append(f"    # {_quoted(step.path)},")
        else:
            lines.append(f"    {_quoted(step.path)},")
    return "\n".join([*lines, "]"]) + "\n"


def _dataset(part: Part) -> str:
    found = part.translation.spec["dataset"]
    return str(found["id"] if isinstance(found, dict) else found)


def _reason(part: Part, used: frozenset[str], waiting: dict[str, str]) -> str:
    spec = part.translation.spec
    if part.translation.job == "register_dimensions":
        own = {*spec.get("dimension", {}), *spec.get("time", {})}
        return "" if own & used else "no project and no dataset uses these dimensions"
    if part.waiting:
        return part.waiting
    if part.translation.job == "submit_dataset" and waiting.get(_dataset(part)):
        return "the dataset is not registered"
    return ""


def _owned(parts: Sequence[Part]) -> frozenset[str]:
    """Return the names of the dimensions that projects define themselves: these are what is used then."""
    specs = [part.translation.spec for part in parts if part.translation.job == "register_project"]
    tables = [
        (name, table) for spec in specs for key in ("base", "supplemental") for name, table in spec.get(key, {}).items()
    ]
    return frozenset(name for name, table in tables if "use" not in table)


def _uses(value: Any) -> Iterator[str]:
    """Yield the names of registered dimensions that specs use."""
    if isinstance(value, dict):
        for key, child in value.items():
            if key == "use" and isinstance(child, str):
                yield child.partition("@")[0].rpartition("/")[2]
            else:
                yield from _uses(child)
    elif not isinstance(value, str) and isinstance(value, Iterable):
        for child in value:
            yield from _uses(child)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)
