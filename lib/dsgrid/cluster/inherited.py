"""What a job has in its environment of another one that it was submitted from, where Slurm has nothing in its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# A variable of a job, by the field of `scontrol show job` that there is with it.
_WITH: Final = {
    "SLURM_MEM_PER_NODE": "MinMemoryNode",
    "SLURM_MEM_PER_CPU": "MinMemoryCPU",
    "SLURM_ARRAY_TASK_ID": "ArrayTaskId",
    "SLURM_ARRAY_JOB_ID": "ArrayTaskId",
}


def own_environment(environment: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a job without what is another one's.

    A workflow in a job may submit others. These get its variables, and Slurm replaces those alone that it sets.

    Parameters
    ----------
    fields
        What Slurm says of this job; where it says nothing, nothing is left out.
    """
    apart = {name for name, field in _WITH.items() if fields and field not in fields}
    if {"SLURM_MEM_PER_NODE", "SLURM_MEM_PER_CPU"} <= apart:
        # It says it in another way: both may be this job's.
        apart -= {"SLURM_MEM_PER_NODE", "SLURM_MEM_PER_CPU"}
    if fields.get("Restarts") == "0":
        apart.add("SLURM_RESTART_COUNT")
    return {name: value for name, value in environment.items() if name not in apart}
