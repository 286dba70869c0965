"""What is in the configuration of a private Slurm."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

CORES, MEMORY = 4, 9000  # of a node, whatever the machine has
LOOPBACK = "localhost(127.0.0.1)"

CONF = """
ClusterName=tests
SlurmctldHost={host}
SlurmctldPort={port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
{plugins}
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/jobcomp.log
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_min_interval=0,defer_batch=no
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
ReturnToService=2
SlurmdParameters=config_overrides
SlurmdTimeout=10
KillWait=5
InactiveLimit=0
MinJobAge=3600
{nodes}
PartitionName=tests Nodes=ALL Default=YES MaxTime=INFINITE State=UP
PartitionName=urgent Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
"""
PLAIN = """
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
""".strip()
WITH_CGROUPS = """
ProctrackType=proctrack/cgroup
TaskPlugin=task/cgroup
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
""".strip()
CGROUP_CONF = """
CgroupMountpoint=/sys/fs/cgroup
CgroupPlugin=cgroup/v1
CgroupAutomount=no
ConstrainCores=no
ConstrainRAMSpace=yes
ConstrainSwapSpace=no
"""


def write_configuration(folder: Path, kind: str, nodes: Mapping[str, str], host: str = LOOPBACK) -> None:
    """Write slurm.conf and cgroup.conf.

    Parameters
    ----------
    nodes
        The addresses of the nodes by their names.
    host
        The name and the address of the controller.
    """
    controller, *ports = free_ports(1 + len(nodes))
    # Several slurmd on one host need ports and addresses of their own.
    shared = "NodeHostname=localhost " if host == LOOPBACK else ""
    lines = [
        f"NodeName={name} {shared}NodeAddr={address} Port={port} CPUs={CORES} RealMemory={MEMORY} State=UNKNOWN"
        for (name, address), port in zip(nodes.items(), ports, strict=True)
    ]
    plugins = WITH_CGROUPS if kind == "cgroups" else PLAIN
    (folder / "cgroup.conf").write_text(CGROUP_CONF)
    (folder / "slurm.conf").write_text(
        CONF.format(host=host, port=controller, folder=folder, plugins=plugins, nodes="\n".join(lines))
    )


def free_ports(count: int) -> list[int]:
    with ExitStack() as sockets:
        opened = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for each in opened:
            each.bind(("", 0))
        return [each.getsockname()[1] for each in opened]
