"""The limits of a server, all in one table; the file of a server may change each, under ``[limits]``."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final


@dataclass(frozen=True)
class Limits:
    """What a server takes at most; sizes are bytes, times are seconds.

    Parameters
    ----------
    body
        Of a request.
    header_time, body_time
        How long a client may take to send them.
    answer_time
        For reads, explain and validate; what takes longer is a job.
    wait_time
        The longest that a request may wait for a job (``Prefer: wait``).
    stream_time
        How long a stream of events lasts; clients connect again where they stopped.
    idle_time
        How long a client may take nothing of an answer.
    connections
        At the same time, those of streams included.
    streams
        Of events, at the same time, of one user.
    waits
        Requests of one user that wait for jobs at the same time; more are answered at once.
    reads
        Answers of the registry that are computed at the same time; the others wait.
    plans
        Plans (explain, validate, choosing a runner) that are made at the same time.
    downloads
        Tables that are converted at the same time.
    requests, requests_anonymous
        Of one token, or of one address without a token, in a minute.
    burst
        How many requests at once a rate allows beyond its even pace.
    failed_tokens
        Wrong tokens from one address in a minute.
    page, page_most
        Rows of a page if nothing is said, and at most.
    search
        Characters of a filter, a search, or a reference.
    tables
        Bytes of the record tables that are read to check a spec; one with more is checked by its job alone.
    terms
        Parts of a query: steps, datasets, or terms of an expression.
    queued, running
        Jobs of one user.
    queued_all
        Jobs of all users.
    specs
        Bytes of the specs of all jobs of one user that are kept.
    job_time
        How long a job may run here; Slurm has its own limits.
    warm_time
        How long a job may keep the warm engine.
    result_days, job_days
        How long results are kept, and jobs with their logs, after the end of the job.
    results
        Bytes of all results; the oldest go first.
    log
        Bytes of an answer with a job's output.
    audit_days
        How long the audit log is kept.
    """

    body: int = 1 << 20
    header_time: float = 10.0
    body_time: float = 20.0
    answer_time: float = 30.0
    wait_time: float = 60.0
    stream_time: float = 900.0
    idle_time: float = 60.0
    connections: int = 500
    streams: int = 10
    waits: int = 50
    reads: int = 8
    plans: int = 2
    downloads: int = 4
    requests: int = 1_200
    requests_anonymous: int = 300
    burst: int = 300
    failed_tokens: int = 20
    page: int = 100
    page_most: int = 10_000
    search: int = 500
    tables: int = 8 << 20
    terms: int = 60
    queued: int = 100
    running: int = 2
    queued_all: int = 1_000
    specs: int = 64 << 20
    job_time: float = 86_400.0
    warm_time: float = 120.0
    result_days: float = 14.0
    job_days: float = 90.0
    results: int = 100 << 30
    log: int = 1 << 20
    audit_days: float = 400.0


NAMES: Final = tuple(field.name for field in fields(Limits))
