-- Schema 4: projects have metadata as datasets do; a view for people, and for listings and searches, over both.

-- A row per value, under its key path: status, tags[0], origin.authors[1]. As in `dataset_metadata`.
CREATE TABLE project_metadata (
    project_version INTEGER NOT NULL REFERENCES project_versions ON DELETE CASCADE,
    position INTEGER NOT NULL,
    path TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('text', 'integer', 'real', 'boolean', 'null', 'table', 'array')),
    value ANY,
    PRIMARY KEY (project_version, path)
) STRICT, WITHOUT ROWID;

CREATE VIEW all_metadata AS
SELECT 'project' AS kind, e.id, v.version, m.path, m.type, m.value, m.position, v.key
FROM project_metadata m
JOIN project_versions v ON v.key = m.project_version
JOIN projects e ON e.key = v.project
UNION ALL
SELECT 'dataset', e.id, v.version, m.path, m.type, m.value, m.position, v.key
FROM dataset_metadata m
JOIN dataset_versions v ON v.key = m.dataset_version
JOIN datasets e ON e.key = v.dataset;
