"""The rules of time from the spec of a submission."""

from __future__ import annotations

from dsgrid.spec.node import Node
from dsgrid.time.rules import TimeRules


def load_rules(node: Node) -> TimeRules:
    """Return the rules that a submission gives: its ``wrap_time``, and ``[mapping.time]``."""
    mapping = node.get("mapping")
    table = mapping.get("time") if mapping is not None else None
    given = {key: child.value for key, child in table.items()} if table is not None else {}
    return TimeRules(wrap=bool(node.scalar("wrap_time", False)), **given)


def rule_node(node: Node, rule: str) -> Node | None:
    """Return where a submission says a rule; the table of the rules where it does not; None without any."""
    if rule == "wrap":
        return node.get("wrap_time")
    mapping = node.get("mapping")
    table = mapping.get("time") if mapping is not None else None
    if table is None:
        return None
    return table.get(rule) or table
