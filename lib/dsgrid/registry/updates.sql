-- Schema 2: where the data are, what a dataset was read from, what an update could not take along, what a derived
-- dataset was made of, and what was removed.

-- Facts about the registry itself. `data_root` is where the datasets' folders are when that is not `data/` in the
-- registry's own folder: a path (relative to that folder, or absolute) or a URL such as s3://bucket/prefix.
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The files that a version of a dataset was read from, and (role `settings`, without a path) the hash of the keys of
-- the spec that say how: by these an update tells whether the data are other ones. A dataset that was registered before
-- this schema has no rows here.
CREATE TABLE dataset_inputs (
    dataset_version INTEGER NOT NULL REFERENCES dataset_versions ON DELETE CASCADE,
    position INTEGER NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('table', 'lookup', 'missing', 'expected', 'settings')),
    path TEXT NOT NULL,  -- relative to the file or folder that the spec names
    bytes INTEGER NOT NULL CHECK (bytes >= 0),
    sha256 TEXT NOT NULL,
    PRIMARY KEY (dataset_version, position)
) STRICT, WITHOUT ROWID;

-- A submission that does not fit a newer version of its project any more. It stays what it is for the older version;
-- the newer one has no such dataset until it is submitted again.
CREATE TABLE invalidations (
    project_version INTEGER NOT NULL REFERENCES project_versions ON DELETE CASCADE,
    dataset_version INTEGER NOT NULL REFERENCES dataset_versions ON DELETE CASCADE,
    submission INTEGER REFERENCES submissions ON DELETE SET NULL,  -- NULL when it was removed; the mark stays
    submitted_to TEXT NOT NULL,  -- the version of the project that it was made to
    reason TEXT NOT NULL,
    PRIMARY KEY (project_version, dataset_version)
) STRICT, WITHOUT ROWID;
CREATE INDEX invalidations_by_dataset_version ON invalidations (dataset_version);
CREATE INDEX invalidations_by_submission ON invalidations (submission);

-- Queries whose results became datasets of this registry, with what they read.
CREATE TABLE queries (
    key INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    run TEXT NOT NULL,  -- the run's folder name; tells two runs of one query apart
    manifest_sha256 TEXT NOT NULL UNIQUE,
    spec_sha256 TEXT NOT NULL,
    project_version INTEGER NOT NULL REFERENCES project_versions,
    registration INTEGER NOT NULL REFERENCES registrations
) STRICT;
CREATE INDEX queries_by_project_version ON queries (project_version);
CREATE INDEX queries_by_registration ON queries (registration);

CREATE TABLE query_datasets (
    query INTEGER NOT NULL REFERENCES queries ON DELETE CASCADE,
    position INTEGER NOT NULL,
    dataset_version INTEGER NOT NULL REFERENCES dataset_versions,
    PRIMARY KEY (query, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX query_datasets_by_dataset_version ON query_datasets (dataset_version);

CREATE TABLE derived_datasets (
    dataset_version INTEGER PRIMARY KEY REFERENCES dataset_versions ON DELETE CASCADE,
    query INTEGER NOT NULL REFERENCES queries
) STRICT;
CREATE INDEX derived_datasets_by_query ON derived_datasets (query);

-- What was removed, by which registration (job `remove`), and which one had registered it. A version number that stands
-- here is never given again: `conus_2022@1.0.0` in a report or a manifest means one thing for ever.
CREATE TABLE removals (
    registration INTEGER NOT NULL REFERENCES registrations,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('project', 'dataset', 'dimension', 'mapping', 'submission', 'query')),
    id TEXT NOT NULL,
    version TEXT NOT NULL,
    registered INTEGER NOT NULL REFERENCES registrations,
    PRIMARY KEY (registration, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX removals_by_id ON removals (kind, id);
CREATE INDEX removals_by_registered ON removals (registered);

CREATE TRIGGER queries_stay BEFORE UPDATE ON queries
BEGIN SELECT RAISE(ABORT, 'a registered query never changes'); END;
CREATE TRIGGER removals_stay BEFORE UPDATE ON removals
BEGIN SELECT RAISE(ABORT, 'a removal never changes'); END;

CREATE VIEW all_removals AS
SELECT m.kind, m.id, m.version, n.registered_at, n.submitter AS registered_by, r.registered_at AS removed_at,
       r.submitter AS removed_by, r.log_message, m.registration, m.registered, m.position
FROM removals m
JOIN registrations r ON r.key = m.registration
JOIN registrations n ON n.key = m.registered;

-- What every version of a project has, and what it could not take along.
CREATE VIEW known_submissions AS
SELECT s.*, coalesce((SELECT t.reason FROM submission_statuses t WHERE t.submission = s.key
                      ORDER BY t.key DESC LIMIT 1), '') AS reason
FROM all_submissions s
UNION ALL
SELECT p.id, p.version, d.id, d.version, coalesce(s.wrap_time, 0), 'invalidated', p.registered_at, p.submitter,
       i.submission, p.key, d.key, i.reason
FROM invalidations i
JOIN all_projects p ON p.key = i.project_version
JOIN all_datasets d ON d.key = i.dataset_version
LEFT JOIN submissions s ON s.key = i.submission;

-- The same of the newest version of each project; what was lost and then submitted again is not lost.
CREATE VIEW current_submissions AS
SELECT k.* FROM known_submissions k
JOIN current_projects p ON p.key = k.project_key
WHERE EXISTS (SELECT 1 FROM submissions s WHERE s.key = k.key AND s.project_version = k.project_key)
   OR NOT EXISTS (SELECT 1 FROM all_submissions t WHERE t.project_key = p.key AND t.dataset_id = k.dataset_id);

DROP VIEW dependencies;
CREATE VIEW dependencies AS
WITH
dimension(key, id, version) AS (
    SELECT v.key, d.id, v.version FROM dimension_versions v JOIN dimensions d ON d.key = v.dimension),
mapping(key, id, version) AS (
    SELECT v.key, m.id, v.version FROM mapping_versions v JOIN mappings m ON m.key = v.mapping),
project(key, id, version) AS (
    SELECT v.key, p.id, v.version FROM project_versions v JOIN projects p ON p.key = v.project),
dataset(key, id, version) AS (
    SELECT v.key, d.id, v.version FROM dataset_versions v JOIN datasets d ON d.key = v.dataset),
submission(key, id, version, project_version, dataset_version) AS (
    SELECT s.key, p.id || '/' || d.id, p.version || '+' || d.version, p.key, d.key
    FROM submissions s JOIN project p ON p.key = s.project_version JOIN dataset d ON d.key = s.dataset_version)
SELECT 'project' AS parent_kind, p.key AS parent_key, p.id AS parent_id, p.version AS parent_version,
       'dimension' AS child_kind, c.key AS child_key, c.id AS child_id, c.version AS child_version
FROM project_versions v JOIN project p ON p.key = v.key JOIN dimension c ON c.key = v.time
UNION SELECT 'project', p.key, p.id, p.version, 'dimension', c.key, c.id, c.version
FROM base_dimensions b JOIN project p ON p.key = b.project_version JOIN dimension c ON c.key = b.dimension
UNION SELECT 'project', p.key, p.id, p.version, 'dimension', c.key, c.id, c.version
FROM supplemental_dimensions s JOIN project p ON p.key = s.project_version JOIN dimension c ON c.key = s.dimension
UNION SELECT 'project', p.key, p.id, p.version, 'mapping', c.key, c.id, c.version
FROM supplemental_dimensions s JOIN project p ON p.key = s.project_version JOIN mapping c ON c.key = s.mapping
UNION SELECT 'mapping', p.key, p.id, p.version, 'dimension', c.key, c.id, c.version
FROM mapping_versions v JOIN mapping p ON p.key = v.key JOIN dimension c ON c.key IN (v.from_dimension, v.to_dimension)
UNION SELECT 'dataset', p.key, p.id, p.version, 'dimension', c.key, c.id, c.version
FROM dataset_versions v JOIN dataset p ON p.key = v.key JOIN dimension c ON c.key = v.time
UNION SELECT 'dataset', p.key, p.id, p.version, 'dimension', c.key, c.id, c.version
FROM dataset_dimensions d JOIN dataset p ON p.key = d.dataset_version JOIN dimension c ON c.key = d.dimension
UNION SELECT 'dataset', p.key, p.id, p.version, 'query', q.key, q.name, q.run
FROM derived_datasets e JOIN dataset p ON p.key = e.dataset_version JOIN queries q ON q.key = e.query
UNION SELECT 'query', q.key, q.name, q.run, 'project', c.key, c.id, c.version
FROM queries q JOIN project c ON c.key = q.project_version
UNION SELECT 'query', q.key, q.name, q.run, 'dataset', c.key, c.id, c.version
FROM query_datasets u JOIN queries q ON q.key = u.query JOIN dataset c ON c.key = u.dataset_version
UNION SELECT 'submission', s.key, s.id, s.version, 'project', c.key, c.id, c.version
FROM submission s JOIN project c ON c.key = s.project_version
UNION SELECT 'submission', s.key, s.id, s.version, 'dataset', c.key, c.id, c.version
FROM submission s JOIN dataset c ON c.key = s.dataset_version
UNION SELECT 'submission', s.key, s.id, s.version, 'mapping', c.key, c.id, c.version
FROM submission_mappings m JOIN submission s ON s.key = m.submission JOIN mapping c ON c.key = m.mapping;
