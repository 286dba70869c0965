"""What Slurm refuses a job with, and where what it refuses was said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dsgrid.cluster.durations import slurm_time
from dsgrid.cluster.rendering import Plan
from dsgrid.cluster.site import Site
from dsgrid.datasets.offenders import counted

# No answer is no refusal.
SILENCE: Final = "silence"
# What Slurm says, and which option that is about; the first that fits counts.
_SAYS: Final = (
    (r"did not answer|[Tt]imed out|[Cc]onnection reset", SILENCE),
    (r"invalid account or account/partition", "account"),
    (r"[Ii]nvalid account|InvalidAccount", "account"),
    (r"[Ii]nvalid partition|partition.*not available|PartitionConfig|not available in any partition", "partition"),
    (r"[Ii]nvalid qos|QOS", "qos"),
    (r"time limit|TimeLimit", "time"),
    (r"[Mm]emory (specification|required)|MinMemory", "memory"),
    (r"[Nn]ode count|nodes? .*limit|MaxNode|More processors requested|CPU count", "nodes"),
    (r"[Nn]ode configuration is not available|BadConstraints", "size"),
    (r"[Ii]nvalid feature|[Cc]onstraint", "constraint"),
    (r"[Dd]ependency", "after"),
    (r"MaxSubmit|submit limit|Job violates accounting", "limits"),
    (r"array", "array"),
)


def is_unsure(said: str) -> bool:
    """Tell whether Slurm may have taken the job all the same, by what sbatch said."""
    return _about(said) == SILENCE


def _about(said: str) -> str | None:
    return next((option for pattern, option in _SAYS if re.search(pattern, said)), None)


def explained(said: str, plan: Plan, site: Site) -> str:
    """Return what sbatch said, with what the refused value was and who said so."""
    about = _about(said)
    # Each command that hands it on puts its name before it.
    told = "sbatch: " + re.sub(r"sbatch: (error: )?", "", said)
    return "; ".join([told, *_advice(about, plan, site), *_of_options(said, site)])


def _advice(about: str | None, plan: Plan, site: Site) -> Iterator[str]:
    wish = plan.wish
    shown = site.path or "the site's file"
    if about == SILENCE:
        yield f"perhaps it is in the queue all the same: look with `squeue --me --name={plan.name}` before trying again"
    elif about == "account":
        if plan.account is None:
            yield f'no account was named; give --account, or write account = "..." into {shown}'
        else:
            yield f"the account was {plan.account}{_whence('account', plan.account, site.account, site)}"
    elif about == "partition":
        named = wish.partition or "Slurm's default"
        yield f"the partition was {named}{_whence('default_partition', wish.partition, site.default_partition, site)}"
        yield "`sinfo` lists those that there are; give --partition"
    elif about == "qos" and plan.qos is not None:
        yield f"the quality of service was {plan.qos}{_whence('qos', plan.qos, site.qos, site)}"
    elif about == "constraint" and plan.constraint is not None:
        yield f"the constraint was {plan.constraint}{_whence('constraint', plan.constraint, site.constraint, site)}"
    elif about == "time":
        yield f"the time limit was {slurm_time(wish.time)}; give --time, or max_time of the partition in {shown}"
    elif about in ("memory", "nodes", "size"):
        memory = f"{wish.memory} MiB" if wish.memory else "all memory"
        asked = f"{counted(wish.nodes, 'node')} of {counted(wish.cores, 'core')} and {memory}"
        yield f"asked for were {asked}; give --nodes, --cores or --memory, or say what nodes have in {shown}"
    elif about == "after":
        yield f"--after was {plan.after}; `dsgrid jobs` lists jobs"
    elif about == "array":
        yield f"the array has {len(plan.tasks)} tasks; a bulk spec runs many specs in one job"
    elif about == "limits":
        yield "a limit of your account on jobs is reached; `squeue --me` lists those that you have"


def _of_options(said: str, site: Site) -> Iterator[str]:
    """Yield the options of the site's own that Slurm names: they may be what is wrong."""
    for option in site.options:
        if option.partition("=")[0].strip("-").rstrip("s") in said.lower():
            yield f"{option} comes from `options` in {site.path}"


def _whence(key: str, value: str | None, of_site: str | None, site: Site) -> str:
    return f", from the key {key} in {site.path}" if value is not None and value == of_site and site.path else ""
