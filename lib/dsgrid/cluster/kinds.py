"""The kinds of jobs on Slurm."""

from __future__ import annotations

from typing import Final

SINGLE: Final = "single"
CLUSTER: Final = "cluster"
INTERACTIVE: Final = "interactive"
ARRAY: Final = "array"
KINDS: Final = (SINGLE, CLUSTER, INTERACTIVE, ARRAY)
