"""The environment of processes that carry out jobs: that of the server, without what is meant for the server alone."""

from __future__ import annotations

import os
from typing import Final

from dsgrid.api.settings import Settings

CACHE: Final = "cache"
HISTORY: Final = "runs"
# Where a client's command or another run would have set them, jobs would do something else than their folders say.
_LEFT_OUT: Final = (
    *("DSGRID_LOG", "DSGRID_RUN", "DSGRID_REGISTRY", "DSGRID_ENGINE", "DSGRID_FENCE", "DSGRID_SUBMITTER"),
    *("DSGRID_ATTEMPT", "DSGRID_TOKEN", "DSGRID_URL"),
)
_OFF: Final = frozenset({"off", "no", "0"})


def own_places(settings: Settings) -> dict[str, str]:
    """Return the variables by which caches and histories are the server's own, and not those of its user."""
    places = {"DSGRID_STATE": str(settings.state.absolute() / HISTORY)}
    if os.environ.get("DSGRID_CACHE", "").lower() not in _OFF:
        places["DSGRID_CACHE"] = str(settings.state.absolute() / CACHE)
    return places


def environment_of_jobs(settings: Settings, **more: str) -> dict[str, str]:
    """Return what processes of jobs find in their environment.

    Parameters
    ----------
    more
        Further variables.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
    if settings.runners.memory is not None:
        kept["DSGRID_MEMORY"] = settings.runners.memory
    return kept | own_places(settings) | more
