"""Which registry is meant: the argument, else the spec, else ``DSGRID_REGISTRY``."""

from __future__ import annotations

import os
from pathlib import Path

from dsgrid.errors import UsageError
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec

VARIABLE = "DSGRID_REGISTRY"


def registry_folder(spec: Spec | None = None, registry: str | Path | Registry | None = None) -> Path:
    """Return the registry's folder.

    Raises
    ------
    UsageError
        If nothing names one.
    """
    if isinstance(registry, Registry):
        return registry.folder
    if registry is not None:
        return Path(registry)
    if spec is not None and (node := spec.root.get("registry")) is not None:
        return Path(os.path.normpath(node.resolve()))
    if os.environ.get(VARIABLE):
        return Path(os.environ[VARIABLE])
    raise UsageError(f'no registry is named; write registry = "..." in the spec, give --registry, or set {VARIABLE}')
