"""dsgrid: many energy-demand datasets combined into one consistent picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsgrid.version import __version__

if TYPE_CHECKING:
    from dsgrid.operations.open_registry import open_registry
    from dsgrid.query.result import open_result

__all__ = ["__version__", "open_registry", "open_result"]

_HOMES = {"open_registry": "dsgrid.operations.open_registry", "open_result": "dsgrid.query.result"}


def __getattr__(name: str) -> Any:
    """Import the public functions on first use: a command that lists a registry does not wait for pyarrow."""
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
