"""Plain tables for terminals, and how wide those are."""

from __future__ import annotations

import shutil
import sys

from dsgrid.operations.text_tables import cut, cut_inside, document, grid, pairs, table

__all__ = ["cut", "cut_inside", "document", "grid", "pairs", "table", "terminal_width"]


def terminal_width() -> int | None:
    """Return the width of the terminal, or None when the output goes to a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
