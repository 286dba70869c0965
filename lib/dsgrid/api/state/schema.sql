-- The database of a server. One process writes it; `dsgrid tokens` writes tokens beside it.

CREATE TABLE tokens (
    id TEXT PRIMARY KEY,               -- its public part
    name TEXT NOT NULL,                -- whose it is
    role TEXT NOT NULL CHECK (role IN ('reader', 'analyst', 'contributor', 'admin')),
    hash BLOB NOT NULL UNIQUE,         -- SHA-256 of its secret part, which is 256 random bits
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT,
    used_at TEXT
) STRICT;

CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,   -- the order of the queue
    id TEXT NOT NULL UNIQUE,
    user TEXT NOT NULL,
    role TEXT NOT NULL,                -- that the user had
    kind TEXT NOT NULL,                -- the job of the spec, such as query
    name TEXT NOT NULL DEFAULT '',     -- of a query
    spec TEXT NOT NULL,                -- as it was sent
    bytes INTEGER NOT NULL,            -- of it
    media_type TEXT NOT NULL CHECK (media_type IN ('application/json', 'application/toml')),
    sha256 TEXT NOT NULL,              -- of the spec and the options
    options TEXT NOT NULL,             -- JSON
    runner TEXT NOT NULL CHECK (runner IN ('warm', 'embedded', 'spark', 'slurm')),
    why TEXT NOT NULL DEFAULT '',      -- this runner
    expected TEXT NOT NULL DEFAULT '{}',  -- JSON: what explain foretells
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    reason TEXT NOT NULL DEFAULT '',
    attempt INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    started_at TEXT,
    ended_at TEXT,
    cancelled_by TEXT,                 -- who asked for its end, perhaps while it still runs
    retry_of TEXT,
    idempotency_key TEXT,
    outcome TEXT,                      -- JSON
    results_removed_at TEXT,
    UNIQUE (user, idempotency_key),
    CHECK ((state IN ('succeeded', 'failed', 'cancelled')) = (ended_at IS NOT NULL)),
    CHECK (state <> 'running' OR started_at IS NOT NULL)
) STRICT;

CREATE INDEX jobs_by_state ON jobs (state, number);
CREATE INDEX jobs_by_user ON jobs (user, number);
CREATE INDEX jobs_by_size ON jobs (user, bytes);

CREATE TABLE attempts (
    job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    runner TEXT NOT NULL,
    began_at TEXT NOT NULL,
    ended_at TEXT,
    ending TEXT NOT NULL DEFAULT '',   -- never begun, lost, succeeded, ...
    PRIMARY KEY (job, number)
) STRICT;

CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    user TEXT NOT NULL,
    token TEXT NOT NULL,
    address TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status INTEGER NOT NULL,
    what TEXT NOT NULL DEFAULT '',     -- in words: registered, cancelled, made a token
    subject TEXT NOT NULL DEFAULT '',  -- the id of a job or token
    request TEXT NOT NULL DEFAULT ''   -- its id
) STRICT;

CREATE INDEX audit_by_time ON audit (at);
