"""The file of a site: what is the same for all jobs on one Slurm cluster. It is no spec: it asks for nothing."""

from __future__ import annotations

from dsgrid.spec.patterns import (
    ENVIRONMENT_NAME,
    FILLED,
    MEMORY,
    SLURM_NAME,
    SLURM_OPTION,
    TIME_LIMIT,
    UNBROKEN,
)
from dsgrid.spec.schemas.fragments import Schema, array, choice, flag, table, tables_by_name, text


def _count(title: str, description: str, least: int, most: int, **more: object) -> Schema:
    bounds = {"type": "integer", "minimum": least, "maximum": most}
    return {"title": title, "description": description, **bounds, **more}


_PARTITION = table(
    "Partition",
    "What the nodes of a partition have, and how much of it a job may take. What is left out is not limited, or not "
    "known.",
    {
        "cores": _count("Cores", "How many CPUs Slurm counts on a node.", 1, 4096, examples=[104]),
        "memory": text(
            "Memory", "What jobs may have of a node's memory, as `sbatch --mem` takes it.", MEMORY, examples=["240G"]
        ),
        "max_time": text(
            "Longest time", "The longest time limit of a job, with or without days.", TIME_LIMIT, examples=["04:00:00"]
        ),
        "max_nodes": _count("Most nodes", "How many nodes a job may have.", 1, 100_000, examples=[16]),
        "shared": flag(
            "Shared",
            "Whether several jobs run on one node. Where it is false a job has whole nodes, and asks for all of their "
            "cores and memory.",
            default=True,
        ),
    },
)

SITE: Schema = table(
    "site",
    "What is the same for all jobs on one Slurm cluster: whom they are charged to, which partitions there are, where "
    "Java, Python and the nodes' own disks are. Options on the command line win over it, and so do `DSGRID_PYTHON`, "
    "`DSGRID_SCRATCH` and `DSGRID_RUN_ROOT` in the environment.",
    {
        "name": text("Name", "What this cluster is called in messages.", FILLED, examples=["kestrel"]),
        "account": text("Account", "Whom jobs are charged to: `sbatch --account`.", SLURM_NAME, examples=["loads"]),
        "default_partition": text(
            "Default partition",
            "The partition of jobs that name none. Where there are tables `[partition.<name>]` it is one of them; "
            "without it Slurm chooses.",
            SLURM_NAME,
            examples=["standard"],
        ),
        "qos": text("Quality of service", "`sbatch --qos`.", SLURM_NAME, examples=["normal"]),
        "constraint": text(
            "Constraint", "Features that a node must have: `sbatch --constraint`.", UNBROKEN, examples=["nvme"]
        ),
        "options": array(
            "Options",
            "More options of sbatch, one text each. Those that are chosen for each job, such as `--nodes`, and those that "
            "have a key of their own here, cannot be among them.",
            text("Option", "One option.", SLURM_OPTION, examples=["--licenses=scratch"]),
            default=[],
            examples=[["--mail-type=FAIL"]],
        ),
        "modules": array(
            "Modules",
            "What `module load` loads on the first node, before anything else; all nodes get that environment.",
            text("Module", "One module.", UNBROKEN, examples=["java/17"]),
            default=[],
            examples=[["java/17"]],
        ),
        "java": text(
            "Java",
            "The folder of Java, which has `bin/java`; relative to this file. It becomes `JAVA_HOME`.",
            FILLED,
            examples=["/opt/java/17"],
        ),
        "python": text(
            "Python",
            "A Python with dsgrid, or the folder of its virtual environment; relative to this file. All nodes have to "
            "see it.",
            FILLED,
            examples=["/projects/loads/dsgrid/.venv"],
        ),
        "scratch": text(
            "Scratch",
            "A folder on each node's own disk, the fastest there is. `${NAME}` is filled from the environment of each "
            "node; here and in `runs`, and nowhere else. By default `${TMPDIR}`, or `/tmp`.",
            FILLED,
            examples=["/local/${SLURM_JOB_ID}"],
        ),
        "runs": text(
            "Folder for runs",
            "Where jobs keep their logs and accounts, relative to this file: a folder that all nodes and the login node "
            "see. `${NAME}` is filled from the environment. By default `dsgrid-jobs` where the job was submitted.",
            FILLED,
            examples=["/scratch/${USER}/dsgrid-jobs"],
        ),
        "engine": choice(
            "Engine",
            "What computes in a job on one node where nothing else is said; several nodes are always a Spark cluster.",
            {"spark": "Apache Spark", "sail": "Sail, which is embedded and needs no Java"},
            default="spark",
            examples=["sail"],
        ),
        "memory_headroom": {
            "title": "Memory headroom",
            "description": "The share of a node's memory that is left alone. By default a small one where a job has the "
            "whole node, and none where Slurm limits its memory.",
            "type": "number",
            "minimum": 0,
            "maximum": 0.5,
            "examples": [0.05],
        },
        "workers_wait": _count(
            "Wait for workers",
            "How many seconds a job waits for the workers of its cluster; then it says which are missing, and ends.",
            5,
            3600,
            default=120,
            examples=[300],
        ),
        "requeue": _count(
            "Requeue",
            "How many times a job that reaches its time limit is put back into the queue, to go on with what is finished.",
            0,
            100,
            default=0,
            examples=[3],
        ),
        "array_limit": _count(
            "Limit of arrays",
            "How many tasks of an array job run at once; without it as many as Slurm lets.",
            1,
            10_000,
            examples=[10],
        ),
        "connect_address": choice(
            "Address of Spark Connect",
            "Where the server of an interactive job listens.",
            {
                "loopback": "on its node only: a tunnel by ssh to that node leads there",
                "node": "on the node's address, for sites that let nobody log in on nodes; a token is asked for in "
                "either case",
            },
            default="loopback",
            examples=["node"],
        ),
        "ui": choice(
            "Web pages",
            "Where Spark shows its web page of a running job.",
            {
                "off": "nowhere; the event log is kept in any case, and `dsgrid jobs history` shows it",
                "loopback": "on the first node only: whoever can log in there can read it",
                "node": "on the first node's address: whoever reaches that network can read it",
            },
            default="off",
            examples=["loopback"],
        ),
        "environment": tables_by_name(
            "Environment",
            "Variables that are set for jobs, such as the region of an object store. Nothing secret: files of a site are "
            "read by many.",
            ENVIRONMENT_NAME,
            text("Value", "A text, taken as it is.", examples=["us-west-2"]),
            default={},
            examples=[{"AWS_DEFAULT_REGION": "us-west-2"}],
        ),
        "partition": tables_by_name(
            "Partitions",
            "The partitions that jobs of dsgrid may use, by their names.",
            SLURM_NAME,
            _PARTITION,
            default={},
            examples=[{"standard": {"cores": 104, "memory": "240G", "max_time": "2-00:00:00"}}],
        ),
    },
)
