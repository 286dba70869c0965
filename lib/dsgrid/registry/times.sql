-- Schema 3: every kind of time, and the rules by which a dataset's time becomes the project's.

CREATE TABLE times (
    dimension_version INTEGER PRIMARY KEY REFERENCES dimension_versions ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('datetime', 'annual', 'representative', 'index', 'none')),
    step_microseconds INTEGER CHECK (step_microseconds > 0),  -- NULL where slots have no length of their own
    zone TEXT NOT NULL,  -- '' where there is none; 'geography' and 'project_geography' are those of records
    clock TEXT NOT NULL,
    interval TEXT NOT NULL,
    measurement TEXT NOT NULL,
    leap_days INTEGER NOT NULL CHECK (leap_days IN (0, 1)),
    year_of TEXT NOT NULL CHECK (year_of IN ('', 'weather_year', 'model_year')),
    labels TEXT NOT NULL,
    first_index INTEGER,
    last_index INTEGER
) STRICT;

-- Runs of slots: of a datetime with the labels of both ends, of an index with the reading of its first number (twice),
-- of annual values with two years. `record` is the weather year or model year that a run belongs to.
CREATE TABLE time_ranges (
    dimension_version INTEGER NOT NULL REFERENCES times ON DELETE CASCADE,
    position INTEGER NOT NULL,
    first_label TEXT NOT NULL,
    last_label TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (dimension_version, position)
) STRICT, WITHOUT ROWID;

-- The columns of a dataset's files by what they hold, and the parts of a representative period, in order.
CREATE TABLE time_columns (
    dimension_version INTEGER NOT NULL REFERENCES times ON DELETE CASCADE,
    position INTEGER NOT NULL,
    meaning TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (dimension_version, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE time_parts (
    dimension_version INTEGER NOT NULL REFERENCES times ON DELETE CASCADE,
    position INTEGER NOT NULL,
    part TEXT NOT NULL,
    PRIMARY KEY (dimension_version, position)
) STRICT, WITHOUT ROWID;

-- Seasons with their months (1 to 12) and day types with their days of the week (0 is Monday), where they are not the
-- usual ones. A day type without days is that of holidays; its member is NULL.
CREATE TABLE time_groups (
    dimension_version INTEGER NOT NULL REFERENCES times ON DELETE CASCADE,
    position INTEGER NOT NULL,
    part TEXT NOT NULL CHECK (part IN ('season', 'day_type')),
    name TEXT NOT NULL,
    member INTEGER,
    PRIMARY KEY (dimension_version, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE time_holidays (
    dimension_version INTEGER NOT NULL REFERENCES times ON DELETE CASCADE,
    date TEXT NOT NULL,
    PRIMARY KEY (dimension_version, date)
) STRICT, WITHOUT ROWID;

INSERT INTO times
SELECT dimension_version, 'datetime', step_microseconds, zone, 'prevailing', interval, measurement, 1, '', labels,
       NULL, NULL
FROM datetime_times;
INSERT INTO time_ranges SELECT dimension_version, 0, first_label, last_label, '' FROM datetime_times;
INSERT INTO time_columns SELECT dimension_version, 0, 'label', column_name FROM datetime_times;
DROP TABLE datetime_times;

-- What a submission says about time, but for `wrap_time`, which stands with it: only rules that are given.
CREATE TABLE submission_rules (
    submission INTEGER NOT NULL REFERENCES submissions ON DELETE CASCADE,
    rule TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (submission, rule)
) STRICT, WITHOUT ROWID;

-- The dataset whose course over a year the annual values of a submitted one follow.
CREATE TABLE submission_shapes (
    submission INTEGER PRIMARY KEY REFERENCES submissions ON DELETE CASCADE,
    dataset_version INTEGER NOT NULL REFERENCES dataset_versions
) STRICT;
CREATE INDEX submission_shapes_by_dataset_version ON submission_shapes (dataset_version);

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
UNION SELECT 'submission', s.key, s.id, s.version, 'dataset', c.key, c.id, c.version
FROM submission_shapes h JOIN submission s ON s.key = h.submission JOIN dataset c ON c.key = h.dataset_version
UNION SELECT 'submission', s.key, s.id, s.version, 'mapping', c.key, c.id, c.version
FROM submission_mappings m JOIN submission s ON s.key = m.submission JOIN mapping c ON c.key = m.mapping;
