-- The first schema of a registry (user_version 1). Later ones are migrations; this file is never edited after a release.
--
-- Three layers:
--   contents    records and associations, keyed by their sha256, so that versions and owners with equal contents share rows
--   versions    dimensions, mappings, projects, datasets: rows that never change, each tied to one registration
--   uses        which version a project, dataset or submission uses, under which name: the foreign keys are the dependencies
-- Rows that belong to a version go with it (ON DELETE CASCADE); a row that something else uses can't be deleted.
-- Typed values are kept as (type, value): type is text, integer, real, boolean or null, value has SQLite's own type.
-- Times of day are text in UTC; paths are relative to the registry's data folder.

CREATE TABLE schema_migrations (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at TEXT NOT NULL,
    dsgrid_version TEXT NOT NULL
) STRICT;

CREATE TABLE registrations (
    key INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice, also after a removal
    registered_at TEXT NOT NULL,
    submitter TEXT NOT NULL,
    log_message TEXT NOT NULL,
    job TEXT NOT NULL,
    spec_sha256 TEXT NOT NULL,
    dsgrid_version TEXT NOT NULL,
    bundle_sha256 TEXT NOT NULL
) STRICT;

-- Contents ------------------------------------------------------------------------------------------------------------

CREATE TABLE record_tables (
    key INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    records INTEGER NOT NULL
) STRICT;

CREATE TABLE records (
    record_table INTEGER NOT NULL REFERENCES record_tables ON DELETE CASCADE,
    position INTEGER NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (record_table, position),
    UNIQUE (record_table, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE record_columns (
    record_table INTEGER NOT NULL REFERENCES record_tables ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (record_table, position),
    UNIQUE (record_table, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE record_attributes (
    record_table INTEGER NOT NULL,
    record INTEGER NOT NULL,
    column INTEGER NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('text', 'integer', 'real', 'boolean', 'null')),
    value ANY,
    PRIMARY KEY (record_table, record, column),
    FOREIGN KEY (record_table, record) REFERENCES records (record_table, position) ON DELETE CASCADE,
    FOREIGN KEY (record_table, column) REFERENCES record_columns (record_table, position) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE association_tables (
    key INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    associations INTEGER NOT NULL
) STRICT;

CREATE TABLE associations (
    association_table INTEGER NOT NULL REFERENCES association_tables ON DELETE CASCADE,
    position INTEGER NOT NULL,
    from_id TEXT NOT NULL,
    to_id TEXT,  -- NULL drops from_id on purpose
    fraction REAL NOT NULL,
    PRIMARY KEY (association_table, position)
) STRICT, WITHOUT ROWID;

-- Dimensions and mappings ---------------------------------------------------------------------------------------------

CREATE TABLE dimensions (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,  -- conus_2022/county
    type TEXT NOT NULL CHECK (type IN ('geography', 'sector', 'subsector', 'metric', 'scenario', 'model_year',
                                       'weather_year', 'time'))
) STRICT;

CREATE TABLE dimension_versions (
    key INTEGER PRIMARY KEY,
    dimension INTEGER NOT NULL REFERENCES dimensions,
    major INTEGER NOT NULL CHECK (major >= 0),
    minor INTEGER NOT NULL CHECK (minor >= 0),
    patch INTEGER NOT NULL CHECK (patch >= 0),
    version TEXT NOT NULL GENERATED ALWAYS AS (major || '.' || minor || '.' || patch) VIRTUAL,
    name TEXT NOT NULL,
    record_class TEXT NOT NULL,
    description TEXT NOT NULL,
    record_table INTEGER REFERENCES record_tables,  -- NULL for time
    registration INTEGER NOT NULL REFERENCES registrations,
    UNIQUE (dimension, major, minor, patch)
) STRICT;
CREATE INDEX dimension_versions_by_record_table ON dimension_versions (record_table);
CREATE INDEX dimension_versions_by_registration ON dimension_versions (registration);
CREATE INDEX dimension_versions_by_name ON dimension_versions (name);

CREATE TABLE datetime_times (
    dimension_version INTEGER PRIMARY KEY REFERENCES dimension_versions ON DELETE CASCADE,
    first_label TEXT NOT NULL,
    last_label TEXT NOT NULL,
    step_microseconds INTEGER NOT NULL CHECK (step_microseconds > 0),
    zone TEXT NOT NULL,
    interval TEXT NOT NULL,
    measurement TEXT NOT NULL,
    column_name TEXT NOT NULL,
    labels TEXT NOT NULL
) STRICT;

CREATE TABLE mappings (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE  -- conus_2022/county:state, conus_2022/comstock/fips:county
) STRICT;

CREATE TABLE mapping_versions (
    key INTEGER PRIMARY KEY,
    mapping INTEGER NOT NULL REFERENCES mappings,
    major INTEGER NOT NULL CHECK (major >= 0),
    minor INTEGER NOT NULL CHECK (minor >= 0),
    patch INTEGER NOT NULL CHECK (patch >= 0),
    version TEXT NOT NULL GENERATED ALWAYS AS (major || '.' || minor || '.' || patch) VIRTUAL,
    kind TEXT NOT NULL,
    description TEXT NOT NULL,
    tolerance REAL NOT NULL CHECK (tolerance >= 0),
    from_dimension INTEGER NOT NULL REFERENCES dimension_versions,
    to_dimension INTEGER NOT NULL REFERENCES dimension_versions,
    association_table INTEGER NOT NULL REFERENCES association_tables,
    registration INTEGER NOT NULL REFERENCES registrations,
    UNIQUE (mapping, major, minor, patch)
) STRICT;
CREATE INDEX mapping_versions_by_from ON mapping_versions (from_dimension);
CREATE INDEX mapping_versions_by_to ON mapping_versions (to_dimension);
CREATE INDEX mapping_versions_by_association_table ON mapping_versions (association_table);
CREATE INDEX mapping_versions_by_registration ON mapping_versions (registration);

-- Projects ------------------------------------------------------------------------------------------------------------

CREATE TABLE projects (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE project_versions (
    key INTEGER PRIMARY KEY,
    project INTEGER NOT NULL REFERENCES projects,
    major INTEGER NOT NULL CHECK (major >= 0),
    minor INTEGER NOT NULL CHECK (minor >= 0),
    patch INTEGER NOT NULL CHECK (patch >= 0),
    version TEXT NOT NULL GENERATED ALWAYS AS (major || '.' || minor || '.' || patch) VIRTUAL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    time INTEGER NOT NULL REFERENCES dimension_versions,
    registration INTEGER NOT NULL REFERENCES registrations,
    UNIQUE (project, major, minor, patch)
) STRICT;
CREATE INDEX project_versions_by_time ON project_versions (time);
CREATE INDEX project_versions_by_registration ON project_versions (registration);

CREATE TABLE base_dimensions (
    project_version INTEGER NOT NULL REFERENCES project_versions ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,  -- in this project; the dimension may have been registered under another one
    dimension INTEGER NOT NULL REFERENCES dimension_versions,
    PRIMARY KEY (project_version, name),
    UNIQUE (project_version, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX base_dimensions_by_dimension ON base_dimensions (dimension);

CREATE TABLE supplemental_dimensions (
    project_version INTEGER NOT NULL REFERENCES project_versions ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    base TEXT NOT NULL,
    dimension INTEGER NOT NULL REFERENCES dimension_versions,
    mapping INTEGER NOT NULL REFERENCES mapping_versions,
    PRIMARY KEY (project_version, name),
    UNIQUE (project_version, position),
    FOREIGN KEY (project_version, base) REFERENCES base_dimensions (project_version, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX supplemental_dimensions_by_dimension ON supplemental_dimensions (dimension);
CREATE INDEX supplemental_dimensions_by_mapping ON supplemental_dimensions (mapping);

CREATE TABLE subsets (
    project_version INTEGER NOT NULL REFERENCES project_versions ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    base TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (project_version, name),
    UNIQUE (project_version, position),
    FOREIGN KEY (project_version, base) REFERENCES base_dimensions (project_version, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE selectors (
    project_version INTEGER NOT NULL,
    subset TEXT NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (project_version, subset, name),
    UNIQUE (project_version, subset, position),
    FOREIGN KEY (project_version, subset) REFERENCES subsets (project_version, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE selector_records (
    project_version INTEGER NOT NULL,
    subset TEXT NOT NULL,
    selector TEXT NOT NULL,
    position INTEGER NOT NULL,
    record_id TEXT NOT NULL,
    PRIMARY KEY (project_version, subset, selector, position),
    FOREIGN KEY (project_version, subset, selector) REFERENCES selectors (project_version, subset, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE selector_attributes (
    project_version INTEGER NOT NULL,
    subset TEXT NOT NULL,
    selector TEXT NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('text', 'integer', 'real', 'boolean', 'null')),
    value ANY,
    PRIMARY KEY (project_version, subset, selector, name),
    FOREIGN KEY (project_version, subset, selector) REFERENCES selectors (project_version, subset, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- What a project demands of a dataset. The dataset is named, not referred to: it comes later. Coverage 0 holds types
-- that are required one by one, coverages 1, 2, ... the combinations of several types.
CREATE TABLE requirements (
    project_version INTEGER NOT NULL REFERENCES project_versions ON DELETE CASCADE,
    position INTEGER NOT NULL,
    dataset_id TEXT NOT NULL,
    together INTEGER NOT NULL,  -- how many coverages of combinations there are
    PRIMARY KEY (project_version, dataset_id),
    UNIQUE (project_version, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE required_types (
    project_version INTEGER NOT NULL,
    dataset_id TEXT NOT NULL,
    coverage INTEGER NOT NULL,
    position INTEGER NOT NULL,
    type TEXT NOT NULL,
    PRIMARY KEY (project_version, dataset_id, coverage, type),
    FOREIGN KEY (project_version, dataset_id) REFERENCES requirements (project_version, dataset_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE required_records (
    project_version INTEGER NOT NULL,
    dataset_id TEXT NOT NULL,
    coverage INTEGER NOT NULL,
    type TEXT NOT NULL,
    position INTEGER NOT NULL,
    record_id TEXT NOT NULL,
    PRIMARY KEY (project_version, dataset_id, coverage, type, position),
    FOREIGN KEY (project_version, dataset_id, coverage, type)
        REFERENCES required_types (project_version, dataset_id, coverage, type) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Datasets ------------------------------------------------------------------------------------------------------------

CREATE TABLE datasets (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE dataset_versions (
    key INTEGER PRIMARY KEY,
    dataset INTEGER NOT NULL REFERENCES datasets,
    major INTEGER NOT NULL CHECK (major >= 0),
    minor INTEGER NOT NULL CHECK (minor >= 0),
    patch INTEGER NOT NULL CHECK (patch >= 0),
    version TEXT NOT NULL GENERATED ALWAYS AS (major || '.' || minor || '.' || patch) VIRTUAL,
    kind TEXT NOT NULL,
    description TEXT NOT NULL,
    time INTEGER NOT NULL REFERENCES dimension_versions,
    two_tables INTEGER NOT NULL CHECK (two_tables IN (0, 1)),
    pivot TEXT,
    scaling_factor INTEGER NOT NULL CHECK (scaling_factor IN (0, 1)),
    null_cells INTEGER NOT NULL CHECK (null_cells IN (0, 1)),
    time_column TEXT NOT NULL,
    folder TEXT NOT NULL CHECK (folder NOT LIKE '/%' AND folder NOT LIKE '%..%'),  -- '' when it has no data of its own
    manifest_sha256 TEXT NOT NULL,
    registration INTEGER NOT NULL REFERENCES registrations,
    UNIQUE (dataset, major, minor, patch)
) STRICT;
CREATE INDEX dataset_versions_by_folder ON dataset_versions (folder);
CREATE INDEX dataset_versions_by_time ON dataset_versions (time);
CREATE INDEX dataset_versions_by_registration ON dataset_versions (registration);

CREATE TABLE dataset_dimensions (
    dataset_version INTEGER NOT NULL REFERENCES dataset_versions ON DELETE CASCADE,
    position INTEGER NOT NULL,
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    dimension INTEGER NOT NULL REFERENCES dimension_versions,
    PRIMARY KEY (dataset_version, type)
) STRICT, WITHOUT ROWID;
CREATE INDEX dataset_dimensions_by_dimension ON dataset_dimensions (dimension);

CREATE TABLE dataset_columns (
    dataset_version INTEGER NOT NULL REFERENCES dataset_versions ON DELETE CASCADE,
    place TEXT NOT NULL CHECK (place IN ('facts', 'lookup', 'trivial')),
    position INTEGER NOT NULL,
    type TEXT NOT NULL,
    PRIMARY KEY (dataset_version, place, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE dataset_files (
    dataset_version INTEGER NOT NULL REFERENCES dataset_versions ON DELETE CASCADE,
    position INTEGER NOT NULL,
    path TEXT NOT NULL,
    role TEXT NOT NULL,
    bytes INTEGER NOT NULL CHECK (bytes >= 0),
    rows INTEGER NOT NULL CHECK (rows >= 0),
    sha256 TEXT NOT NULL,
    PRIMARY KEY (dataset_version, position),
    UNIQUE (dataset_version, path)
) STRICT, WITHOUT ROWID;

-- A row per value, under its key path: classification, tags[0], origin.doi. Types 'table' and 'array' stand for empty ones.
CREATE TABLE dataset_metadata (
    dataset_version INTEGER NOT NULL REFERENCES dataset_versions ON DELETE CASCADE,
    position INTEGER NOT NULL,
    path TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('text', 'integer', 'real', 'boolean', 'null', 'table', 'array')),
    value ANY,
    PRIMARY KEY (dataset_version, path)
) STRICT, WITHOUT ROWID;

-- Combinations that a dataset is known to lack; NULL stands for every record of that type.
CREATE TABLE missing_associations (
    dataset_version INTEGER NOT NULL REFERENCES dataset_versions ON DELETE CASCADE,
    position INTEGER NOT NULL,
    geography TEXT,
    sector TEXT,
    subsector TEXT,
    metric TEXT,
    scenario TEXT,
    model_year TEXT,
    weather_year TEXT,
    PRIMARY KEY (dataset_version, position)
) STRICT, WITHOUT ROWID;

-- Submissions ---------------------------------------------------------------------------------------------------------

CREATE TABLE submissions (
    key INTEGER PRIMARY KEY,
    project_version INTEGER NOT NULL REFERENCES project_versions,
    dataset_version INTEGER NOT NULL REFERENCES dataset_versions,
    wrap_time INTEGER NOT NULL CHECK (wrap_time IN (0, 1)),
    registration INTEGER NOT NULL REFERENCES registrations,
    UNIQUE (project_version, dataset_version)
) STRICT;
CREATE INDEX submissions_by_dataset_version ON submissions (dataset_version);
CREATE INDEX submissions_by_registration ON submissions (registration);

CREATE TABLE submission_mappings (
    submission INTEGER NOT NULL REFERENCES submissions ON DELETE CASCADE,
    position INTEGER NOT NULL,
    type TEXT NOT NULL,
    base TEXT NOT NULL,
    mapping INTEGER REFERENCES mapping_versions,  -- NULL: the dataset's ids are base ids
    PRIMARY KEY (submission, type)
) STRICT, WITHOUT ROWID;
CREATE INDEX submission_mappings_by_mapping ON submission_mappings (mapping);

-- A submission's status is its newest row here; rows are only added.
CREATE TABLE submission_statuses (
    key INTEGER PRIMARY KEY,
    submission INTEGER NOT NULL REFERENCES submissions ON DELETE CASCADE,
    status TEXT NOT NULL CHECK (status IN ('accepted', 'invalidated')),
    reason TEXT NOT NULL,
    registration INTEGER NOT NULL REFERENCES registrations
) STRICT;
CREATE INDEX submission_statuses_by_submission ON submission_statuses (submission);
CREATE INDEX submission_statuses_by_registration ON submission_statuses (registration);

-- What is registered stays as it is -----------------------------------------------------------------------------------

CREATE TRIGGER registrations_stay BEFORE UPDATE ON registrations
BEGIN SELECT RAISE(ABORT, 'a registration never changes'); END;
CREATE TRIGGER dimension_versions_stay BEFORE UPDATE ON dimension_versions
BEGIN SELECT RAISE(ABORT, 'a registered version never changes'); END;
CREATE TRIGGER mapping_versions_stay BEFORE UPDATE ON mapping_versions
BEGIN SELECT RAISE(ABORT, 'a registered version never changes'); END;
CREATE TRIGGER project_versions_stay BEFORE UPDATE ON project_versions
BEGIN SELECT RAISE(ABORT, 'a registered version never changes'); END;
CREATE TRIGGER dataset_versions_stay BEFORE UPDATE ON dataset_versions
BEGIN SELECT RAISE(ABORT, 'a registered version never changes'); END;
CREATE TRIGGER records_stay BEFORE UPDATE ON records
BEGIN SELECT RAISE(ABORT, 'registered records never change'); END;
CREATE TRIGGER associations_stay BEFORE UPDATE ON associations
BEGIN SELECT RAISE(ABORT, 'registered associations never change'); END;
CREATE TRIGGER submissions_stay BEFORE UPDATE ON submissions
BEGIN SELECT RAISE(ABORT, 'a submission never changes'); END;

-- Views for people (sqlite3 registry.db 'select * from current_projects') and for listings -----------------------------

CREATE VIEW all_dimensions AS
SELECT d.id, v.version, d.type, v.name, v.record_class AS class, coalesce(t.records, 0) AS records,
       r.registered_at, r.submitter, v.description, v.key, v.dimension, v.major, v.minor, v.patch
FROM dimension_versions v
JOIN dimensions d ON d.key = v.dimension
JOIN registrations r ON r.key = v.registration
LEFT JOIN record_tables t ON t.key = v.record_table;

CREATE VIEW all_mappings AS
SELECT m.id, v.version, v.kind, f.id AS from_id, f.version AS from_version, t.id AS to_id, t.version AS to_version,
       f.type, a.associations, v.tolerance, r.registered_at, r.submitter, v.description,
       v.key, v.mapping, v.major, v.minor, v.patch
FROM mapping_versions v
JOIN mappings m ON m.key = v.mapping
JOIN registrations r ON r.key = v.registration
JOIN association_tables a ON a.key = v.association_table
JOIN all_dimensions f ON f.key = v.from_dimension
JOIN all_dimensions t ON t.key = v.to_dimension;

CREATE VIEW all_projects AS
SELECT p.id, v.version, v.name,
       (SELECT count(*) FROM base_dimensions b WHERE b.project_version = v.key) AS base,
       (SELECT count(*) FROM supplemental_dimensions s WHERE s.project_version = v.key) AS supplemental,
       (SELECT count(*) FROM requirements q WHERE q.project_version = v.key) AS required,
       (SELECT count(DISTINCT dv.dataset) FROM submissions s JOIN dataset_versions dv ON dv.key = s.dataset_version
        WHERE s.project_version = v.key) AS submitted,
       r.registered_at, r.submitter, v.description, v.key, v.project, v.major, v.minor, v.patch
FROM project_versions v
JOIN projects p ON p.key = v.project
JOIN registrations r ON r.key = v.registration;

CREATE VIEW all_datasets AS
SELECT d.id, v.version, v.kind, v.two_tables, v.pivot,
       (SELECT coalesce(sum(f.rows), 0) FROM dataset_files f WHERE f.dataset_version = v.key AND f.role = 'facts') AS rows,
       (SELECT coalesce(sum(f.bytes), 0) FROM dataset_files f WHERE f.dataset_version = v.key) AS bytes,
       v.folder, r.registered_at, r.submitter, v.description, v.key, v.dataset, v.major, v.minor, v.patch
FROM dataset_versions v
JOIN datasets d ON d.key = v.dataset
JOIN registrations r ON r.key = v.registration;

CREATE VIEW all_submissions AS
SELECT p.id AS project_id, p.version AS project_version, d.id AS dataset_id, d.version AS dataset_version, s.wrap_time,
       (SELECT status FROM submission_statuses t WHERE t.submission = s.key ORDER BY t.key DESC LIMIT 1) AS status,
       r.registered_at, r.submitter, s.key, s.project_version AS project_key, s.dataset_version AS dataset_key
FROM submissions s
JOIN registrations r ON r.key = s.registration
JOIN all_projects p ON p.key = s.project_version
JOIN all_datasets d ON d.key = s.dataset_version;

CREATE VIEW current_dimensions AS
SELECT * FROM all_dimensions v WHERE NOT EXISTS (
    SELECT 1 FROM dimension_versions w
    WHERE w.dimension = v.dimension AND (w.major, w.minor, w.patch) > (v.major, v.minor, v.patch));

CREATE VIEW current_mappings AS
SELECT * FROM all_mappings v WHERE NOT EXISTS (
    SELECT 1 FROM mapping_versions w
    WHERE w.mapping = v.mapping AND (w.major, w.minor, w.patch) > (v.major, v.minor, v.patch));

CREATE VIEW current_projects AS
SELECT * FROM all_projects v WHERE NOT EXISTS (
    SELECT 1 FROM project_versions w
    WHERE w.project = v.project AND (w.major, w.minor, w.patch) > (v.major, v.minor, v.patch));

CREATE VIEW current_datasets AS
SELECT * FROM all_datasets v WHERE NOT EXISTS (
    SELECT 1 FROM dataset_versions w
    WHERE w.dataset = v.dataset AND (w.major, w.minor, w.patch) > (v.major, v.minor, v.patch));

CREATE VIEW dimension_records AS
SELECT d.id AS dimension_id, d.version, r.position, r.id, r.name
FROM all_dimensions d
JOIN dimension_versions v ON v.key = d.key
JOIN records r ON r.record_table = v.record_table;

CREATE VIEW dimension_attributes AS
SELECT d.id AS dimension_id, d.version, r.id, c.name AS attribute, a.type, a.value
FROM all_dimensions d
JOIN dimension_versions v ON v.key = d.key
JOIN records r ON r.record_table = v.record_table
JOIN record_attributes a ON a.record_table = r.record_table AND a.record = r.position
JOIN record_columns c ON c.record_table = a.record_table AND c.position = a.column;

CREATE VIEW mapping_associations AS
SELECT m.id AS mapping_id, v.version, a.position, a.from_id, a.to_id, a.fraction
FROM mapping_versions v
JOIN mappings m ON m.key = v.mapping
JOIN associations a ON a.association_table = v.association_table;

-- Who needs whom: the parent can't do without the child. Walked down it says what something is made of, walked up who
-- would miss it.
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
SELECT 'project' AS parent_kind, p.id AS parent_id, p.version AS parent_version,
       'dimension' AS child_kind, c.id AS child_id, c.version AS child_version
FROM project_versions v JOIN project p ON p.key = v.key JOIN dimension c ON c.key = v.time
UNION SELECT 'project', p.id, p.version, 'dimension', c.id, c.version
FROM base_dimensions b JOIN project p ON p.key = b.project_version JOIN dimension c ON c.key = b.dimension
UNION SELECT 'project', p.id, p.version, 'dimension', c.id, c.version
FROM supplemental_dimensions s JOIN project p ON p.key = s.project_version JOIN dimension c ON c.key = s.dimension
UNION SELECT 'project', p.id, p.version, 'mapping', c.id, c.version
FROM supplemental_dimensions s JOIN project p ON p.key = s.project_version JOIN mapping c ON c.key = s.mapping
UNION SELECT 'mapping', p.id, p.version, 'dimension', c.id, c.version
FROM mapping_versions v JOIN mapping p ON p.key = v.key JOIN dimension c ON c.key IN (v.from_dimension, v.to_dimension)
UNION SELECT 'dataset', p.id, p.version, 'dimension', c.id, c.version
FROM dataset_versions v JOIN dataset p ON p.key = v.key JOIN dimension c ON c.key = v.time
UNION SELECT 'dataset', p.id, p.version, 'dimension', c.id, c.version
FROM dataset_dimensions d JOIN dataset p ON p.key = d.dataset_version JOIN dimension c ON c.key = d.dimension
UNION SELECT 'submission', s.id, s.version, 'project', c.id, c.version
FROM submission s JOIN project c ON c.key = s.project_version
UNION SELECT 'submission', s.id, s.version, 'dataset', c.id, c.version
FROM submission s JOIN dataset c ON c.key = s.dataset_version
UNION SELECT 'submission', s.id, s.version, 'mapping', c.id, c.version
FROM submission_mappings m JOIN submission s ON s.key = m.submission JOIN mapping c ON c.key = m.mapping;
