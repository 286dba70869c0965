"""The runners of a server, as its settings say."""

from __future__ import annotations

from dsgrid.api.job import EMBEDDED, SLURM, SPARK, WARM
from dsgrid.api.runners.process import ProcessRunner
from dsgrid.api.runners.runner import Runner
from dsgrid.api.runners.slurm_job import SlurmRunner
from dsgrid.api.runners.warm import WarmRunner
from dsgrid.api.settings import Settings


def make_runners(settings: Settings) -> dict[str, Runner]:
    """Return what carries out jobs, by their names; starts nothing yet.

    Those that are turned off have no slots: they begin nothing, and watch what they began before they were.
    """
    wanted = settings.runners
    return {
        WARM: WarmRunner(settings),
        EMBEDDED: ProcessRunner(settings, EMBEDDED, wanted.embedded),
        SPARK: ProcessRunner(settings, SPARK, wanted.spark),
        SLURM: SlurmRunner(settings),
    }
