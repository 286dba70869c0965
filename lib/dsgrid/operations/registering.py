"""The registration that an operation opens: signed with its spec and with the code that runs."""

from __future__ import annotations

from contextlib import AbstractContextManager

from dsgrid.bundle import bundle_sha256
from dsgrid.registry.registration import Registration
from dsgrid.registry.registry import Registry
from dsgrid.spec.load import Spec


def registering(registry: Registry, spec: Spec, message: str) -> AbstractContextManager[Registration]:
    """Open the registration of a spec; it is told why by the spec's ``log_message``, else by `message`."""
    return registry.registration(
        spec.root.string("log_message") or message,
        job=spec.job,
        spec_sha256=spec.sha256,
        bundle_sha256=bundle_sha256(),
    )
