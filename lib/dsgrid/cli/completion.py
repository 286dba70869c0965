"""What a shell completes: ids of what is registered, and their versions after an ``@``."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

LARGEST = 500  # more than that nobody reads


def complete_reference(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete ``id`` or ``id@version``; without a registry, or with a broken one, there is nothing to offer."""
    try:
        from dsgrid.operations.location import registry_place
        from dsgrid.operations.registry_contents import references

        folder = registry_place(registry=_given(context)).folder
        return [CompletionItem(text, help=kind) for text, kind in references(folder, incomplete)[:LARGEST]]
    except Exception:
        # A message would land in the middle of what the user is typing.
        return []


def _given(context: click.Context) -> Path | None:
    folder = context.params.get("folder")
    return Path(folder) if folder else None
