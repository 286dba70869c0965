-- Schema 6: composites, which are results of queries that a project has as sources of other queries.

-- A version of a dataset that is a composite of a project. The project need not expect it, and no submission changes how
-- it reaches the project: it has the project's own records. What made it stands in `derived_datasets`, as of any dataset
-- that a query made.
CREATE TABLE composites (
    dataset_version INTEGER PRIMARY KEY REFERENCES dataset_versions ON DELETE CASCADE,
    project_version INTEGER NOT NULL REFERENCES project_versions,  -- the one that it was registered in
    registration INTEGER NOT NULL REFERENCES registrations
) STRICT;
CREATE INDEX composites_by_project_version ON composites (project_version);
CREATE INDEX composites_by_registration ON composites (registration);

CREATE TRIGGER composites_stay BEFORE UPDATE ON composites
BEGIN SELECT RAISE(ABORT, 'a registered composite never changes'); END;

CREATE VIEW all_composites AS
SELECT d.id, d.version, p.id AS project_id, p.version AS project_version,
       coalesce(q.name, '') AS query, coalesce(q.run, '') AS run,
       d.rows, d.bytes, d.registered_at, d.submitter, d.description, d.key, d.dataset, d.major, d.minor, d.patch
FROM composites c
JOIN all_datasets d ON d.key = c.dataset_version
JOIN all_projects p ON p.key = c.project_version
LEFT JOIN derived_datasets e ON e.dataset_version = c.dataset_version
LEFT JOIN queries q ON q.key = e.query;

CREATE VIEW current_composites AS
SELECT * FROM all_composites v WHERE NOT EXISTS (
    SELECT 1 FROM dataset_versions w
    WHERE w.dataset = v.dataset AND (w.major, w.minor, w.patch) > (v.major, v.minor, v.patch));

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
UNION SELECT 'dataset', p.key, p.id, p.version, 'project', c.key, c.id, c.version
FROM composites o JOIN dataset p ON p.key = o.dataset_version JOIN project c ON c.key = o.project_version
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
