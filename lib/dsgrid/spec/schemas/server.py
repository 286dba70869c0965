"""The file of a server: what it serves, where it listens, what it allows. It is no spec: it asks for nothing."""

from __future__ import annotations

from typing import Final

from dsgrid.spec.patterns import (
    ENGINE_MEMORY,
    FILLED,
    FOLDER_NAME,
    HOST_HEADER,
    HOST_NAME,
    NETWORK,
    ORIGIN,
    SERVER_URL,
    UNBROKEN,
)
from dsgrid.spec.schemas.fragments import Schema, array, choice, flag, table, tables_by_name, text

_DAY: Final = 86_400
_MOST: Final = 1 << 50  # a petabyte, or what else nobody means


def _count(title: str, description: str, least: int, most: int, default: int, **more: object) -> Schema:
    bounds = {"type": "integer", "minimum": least, "maximum": most, "default": default}
    return {"title": title, "description": description, **bounds, "examples": [default], **more}


def _time(title: str, description: str, least: float, most: float, default: float) -> Schema:
    bounds = {"type": "number", "minimum": least, "maximum": most, "default": default}
    return {"title": title, "description": description, **bounds, "examples": [default]}


# Those of `dsgrid.api.limits`, which says the defaults; a test compares them.
LIMITS: Final[dict[str, Schema]] = {
    "body": _count("Body", "Bytes of a request.", 1_024, 1 << 30, 1 << 20),
    "header_time": _time(
        "Time for headers", "Seconds that a client may take to send the head of a request.", 0.1, 600, 10.0
    ),
    "body_time": _time(
        "Time for bodies", "Seconds that a client may take to send the body of a request.", 0.1, 3_600, 20.0
    ),
    "answer_time": _time("Time for answers", "Seconds for reads, explain and validate.", 0.1, 3_600, 30.0),
    "wait_time": _time(
        "Time to wait", "The longest that a request waits for a job, in seconds (`Prefer: wait`).", 0, 3_600, 60.0
    ),
    "stream_time": _time(
        "Time of streams",
        "Seconds that a stream of events lasts; clients connect again where they stopped.",
        1,
        _DAY,
        900.0,
    ),
    "idle_time": _time("Idle time", "Seconds that a client may take nothing of an answer.", 0.1, _DAY, 60.0),
    "connections": _count("Connections", "At the same time, those of streams included.", 1, 100_000, 500),
    "streams": _count("Streams", "Streams of events of one user, at the same time.", 1, 10_000, 10),
    "waits": _count(
        "Waits",
        "Requests of one user that wait for jobs at the same time; more are answered at once.",
        1,
        10_000,
        50,
    ),
    "reads": _count("Reads", "Answers of the registry that are computed at the same time.", 1, 1_000, 8),
    "plans": _count(
        "Plans", "Plans that are made at the same time: explain, validate, choosing a runner.", 1, 1_000, 2
    ),
    "downloads": _count("Downloads", "Tables that are converted at the same time.", 1, 1_000, 4),
    "requests": _count("Requests", "Requests of one token in a minute.", 1, 10_000_000, 1_200),
    "requests_anonymous": _count(
        "Requests without a token", "Requests of one address without a token in a minute.", 1, 10_000_000, 300
    ),
    "burst": _count("Burst", "Requests at once that a rate allows beyond its even pace.", 1, 1_000_000, 300),
    "failed_tokens": _count("Wrong tokens", "Wrong tokens from one address in a minute.", 1, 10_000, 20),
    "page": _count("Page", "Rows of a page where nothing is said.", 1, 1_000_000, 100),
    "page_most": _count("Largest page", "Rows of a page at most.", 1, 1_000_000, 10_000),
    "search": _count("Search", "Characters of a filter, a search, or a reference.", 16, 100_000, 500),
    "tables": _count(
        "Tables",
        "Bytes of the record tables that are read to check a spec; one with more is checked by its job alone.",
        1,
        _MOST,
        8 << 20,
    ),
    "terms": _count("Terms", "Parts of a query: steps, datasets, or terms of an expression.", 1, 100_000, 60),
    "queued": _count("Queued jobs", "Jobs of one user that wait.", 1, 1_000_000, 100),
    "running": _count("Running jobs", "Jobs of one user that run at the same time.", 1, 10_000, 2),
    "queued_all": _count("All queued jobs", "Jobs of all users that wait.", 1, 1_000_000, 1_000),
    "specs": _count("Specs", "Bytes of the specs of all jobs of one user that are kept.", 1, _MOST, 64 << 20),
    "job_time": _time(
        "Time of jobs", "Seconds that a job may run here; Slurm has its own limits.", 1, 400 * _DAY, 86_400.0
    ),
    "warm_time": _time("Time of the warm engine", "Seconds that a job may keep a warm engine.", 1, _DAY, 120.0),
    "result_days": _time("Days of results", "How long results are kept after the end of their job.", 0, 36_500, 14.0),
    "job_days": _time("Days of jobs", "How long jobs are kept with their logs, after their end.", 0, 36_500, 90.0),
    "results": _count("Results", "Bytes of all results; the oldest go first.", 1 << 20, _MOST, 100 << 30),
    "log": _count("Log", "Bytes of an answer with a job's output.", 1_024, 1 << 30, 1 << 20),
    "audit_days": _time("Days of the audit log", "How long it is kept.", 1, 36_500, 400.0),
}

_ROOT = table(
    "Root",
    "A folder from which specs may name files, as `<name>/<path inside>`.",
    {
        "folder": text("Folder", "The folder, relative to this file.", FILLED, examples=["/projects/loads/incoming"]),
        "writable": flag(
            "Writable",
            "Whether jobs of contributors and admins may write there, too: copies of registries, exports.",
            default=False,
        ),
    },
    required=("folder",),
)

_LISTEN = table(
    "Listen",
    "Where the server listens. Only programs on this machine reach it, unless this says something else.",
    {
        "host": text(
            "Host",
            "The address, or the name of one. Others than this machine's own need `[tls]`, or `insecure`.",
            HOST_NAME,
            default="127.0.0.1",
            examples=["127.0.0.1"],
        ),
        "port": _count("Port", "The port; 0 means a free one, which is printed.", 0, 65_535, 8_000, examples=[8080]),
        "socket": text(
            "Unix socket",
            "A unix socket instead of host and port, relative to this file. Only the server's own user may use it.",
            FILLED,
            examples=["/run/user/1000/dsgrid.sock"],
        ),
    },
    default={},
    examples=[{"port": 8080}],
)

_TLS = table(
    "TLS",
    "What makes the server speak HTTPS. A proxy in front of it may do that instead.",
    {
        "certificate": text(
            "Certificate",
            "The file with the certificate and its chain (PEM), relative to this file.",
            FILLED,
            examples=["server.pem"],
        ),
        "key": text(
            "Key",
            "The file with its key (PEM), relative to this file; only the server's user may read it.",
            FILLED,
            examples=["server.key"],
        ),
    },
    required=("certificate", "key"),
    examples=[{"certificate": "server.pem", "key": "server.key"}],
)

_RUNNERS = table(
    "Runners",
    "What carries out jobs, and for which sizes.",
    {
        "warm": _count("Warm engines", "Processes that wait for small queries; 0 for none.", 0, 64, 1),
        "prewarm": flag(
            "Prewarm",
            "Whether warm engines start with the server; without it the first query waits for one, and a server that "
            "nobody asks holds no memory for them.",
            default=True,
        ),
        "warm_values": _count(
            "Values for a warm engine",
            "Queries that read at most so many values go to a warm engine.",
            1,
            _MOST,
            20_000_000,
        ),
        "large": choice(
            "Large queries",
            "What takes the other jobs.",
            {
                "embedded": "a process of its own on this machine",
                "spark": "spark-submit on this machine",
                "slurm": "a job of Slurm",
            },
            default="embedded",
            examples=["slurm"],
        ),
        "slurm_values": {
            "title": "Values for Slurm",
            "description": "Queries that read at least so many values go to Slurm, where it is on; by default none does by size.",
            "type": "integer",
            "minimum": 1,
            "maximum": _MOST,
            "examples": [10_000_000_000],
        },
        "embedded": _count("Embedded", "How many such jobs run at the same time; 0 turns it off.", 0, 64, 1),
        "spark": _count("Spark", "How many such jobs run at the same time; 0 turns it off.", 0, 64, 0, examples=[1]),
        "slurm": _count(
            "Slurm", "How many such jobs are submitted at the same time; 0 turns it off.", 0, 1_000, 0, examples=[20]
        ),
        "memory": text("Memory", "Of each engine on this machine.", ENGINE_MEMORY, examples=["4g"]),
        "master": text("Master", "Spark's master.", UNBROKEN, default="local[*]", examples=["local[4]"]),
        "site": text(
            "Site",
            "The file of the Slurm site, relative to this file, or the name of one that dsgrid has.",
            FILLED,
            examples=["kestrel"],
        ),
    },
    default={},
    examples=[{"warm": 1, "large": "embedded"}],
)

SERVER: Schema = table(
    "server",
    "A server of the HTTP API: what it serves, where it listens, and what it allows. Options of `dsgrid serve` win over "
    "it. Everything has a default; without any file the server listens on this machine only, and lets nobody in without "
    "a token.",
    {
        "registry": text(
            "Registry",
            "The folder of the registry, relative to this file; by default `DSGRID_REGISTRY`, or what `dsgrid config` says.",
            FILLED,
            examples=["/projects/loads/registry"],
        ),
        "state": text(
            "State",
            "The server's own folder, relative to this file: its database, the jobs and their results. It is made where "
            "there is none, and only the server's user can read it. By default `~/.local/share/dsgrid/server`.",
            FILLED,
            examples=["/projects/loads/server"],
        ),
        "url": text(
            "URL",
            "What clients call the server, where that is not where it listens: behind a proxy.",
            SERVER_URL,
            examples=["https://dsgrid.lab.org"],
        ),
        "hosts": array(
            "Hosts",
            "Names that requests may ask for, in their header `Host`, besides those of where it listens and of `url`.",
            text("Host", "A name or an address, with any port or with one.", HOST_HEADER, examples=["dsgrid.lab.org"]),
            default=[],
            examples=[["dsgrid.lab.org"]],
        ),
        "origins": array(
            "Origins",
            "Origins of web pages that may ask (CORS). None by default.",
            text("Origin", "A scheme, a name, and perhaps a port.", ORIGIN, examples=["https://viewer.lab.org"]),
            default=[],
            examples=[["https://viewer.lab.org"]],
        ),
        "proxies": array(
            "Proxies",
            "Addresses of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.",
            text("Proxy", "An address, or a network of them.", NETWORK, examples=["10.0.0.0/8"]),
            default=[],
            examples=[["127.0.0.1"]],
        ),
        "anonymous": flag(
            "Anonymous", "Whether who has no token may read the registry. Work always needs a token.", default=False
        ),
        "viewer": flag(
            "Viewer",
            "Whether the server also shows the registry to browsers, at `/viewer/`: the Project Viewer. Who looks signs in "
            "with a token.",
            default=False,
        ),
        "insecure": flag(
            "Insecure",
            "Whether the server may listen on a network without TLS, so that tokens cross it unencrypted. Right where "
            "something on the way encrypts (a proxy on another machine, a private network).",
            default=False,
        ),
        "listen": _LISTEN,
        "tls": _TLS,
        "roots": tables_by_name(
            "Roots",
            "Folders from which specs may name files, by their names. None by default: then a spec that clients send can "
            "name no file.",
            FOLDER_NAME,
            _ROOT,
            default={},
            examples=[{"incoming": {"folder": "/projects/loads/incoming"}}],
        ),
        "runners": _RUNNERS,
        "limits": table(
            "Limits",
            "What the server takes at most. Sizes are bytes, times are seconds, if nothing else is said.",
            LIMITS,
            default={},
            examples=[{"connections": 500, "queued": 100}],
        ),
    },
)
