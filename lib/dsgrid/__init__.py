"""dsgrid: many energy-demand datasets combined into one consistent picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsgrid.version import __version__

if TYPE_CHECKING:
    from dsgrid.client.connecting import connect
    from dsgrid.cluster.submission import submit
    from dsgrid.operations.compare_tables import compare
    from dsgrid.operations.export_result import export_result
    from dsgrid.operations.open_registry import open_registry
    from dsgrid.operations.task import How
    from dsgrid.query.result import open_result

__all__ = ["How", "__version__", "compare", "connect", "export_result", "open_registry", "open_result", "submit"]

_HOMES = {
    "How": "dsgrid.operations.task",
    "compare": "dsgrid.operations.compare_tables",
    "connect": "dsgrid.client.connecting",
    "export_result": "dsgrid.operations.export_result",
    "open_registry": "dsgrid.operations.open_registry",
    "open_result": "dsgrid.query.result",
    "submit": "dsgrid.cluster.submission",
}


def __getattr__(name: str) -> Any:
    """Import the public functions on first use: a command that lists a registry does not wait for pyarrow."""
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
