"""Variables in specs: ``${name}`` inside strings, filled from ``--set name=value``.

``$${name}`` is the text ``${name}``: of several dollars before a brace one is taken away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dsgrid.errors import Problem, did_you_mean
from dsgrid.spec.node import Node

_VARIABLE = re.compile(r"(\$+)\{([^{}]*)\}")


def fill(root: Node, variables: Mapping[str, str]) -> tuple[Node, list[Problem]]:
    """Return the spec with its variables filled, and what was wrong with them.

    A variable without a value, and a value whose variable is nowhere in the spec, are problems: either is most
    likely a slip of the pen that would change what is run.
    """
    problems = []
    used = set()
    found = False
    for node in _strings(root):
        for dollars, name in _VARIABLE.findall(node.value):
            found = True
            if len(dollars) > 1:
                continue
            used.add(name)
            if name not in variables:
                hint = did_you_mean(name, sorted(variables)) or f"; set it with --set {name}=VALUE"
                problems.append(node.problem(f"no value for ${{{name}}}{hint}"))
    for name in variables:
        if name not in used:
            hint = did_you_mean(name, sorted(used)) if used else "; it has no variables"
            problems.append(Problem(f"the spec has no ${{{name}}}{hint}", root.source.name, f"--set {name}"))
    if not found:
        return root, problems
    return Node(_filled(root.value, variables), root.path, root.source), problems


def _strings(node: Node) -> Iterator[Node]:
    if isinstance(node.value, str):
        yield node
    elif isinstance(node.value, dict):
        for key in node.value:
            yield from _strings(node[key])
    elif isinstance(node.value, list):
        for child in node:
            yield from _strings(child)


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _replacement(match, variables), value)
    if isinstance(value, dict):
        return {key: _filled(child, variables) for key, child in value.items()}
    if isinstance(value, list):
        return [_filled(child, variables) for child in value]
    return value


def _replacement(match: re.Match[str], variables: Mapping[str, str]) -> str:
    return variables.get(match[2], match[0]) if match[1] == "$" else match[0][1:]


def escape(text: str) -> str:
    """Return a text that means itself when a spec is filled: ``${name}`` becomes ``$${name}``."""
    return _VARIABLE.sub(lambda match: f"${match[0]}", text)
