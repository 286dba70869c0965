-- Schema 7: aliases, which are what things were called in a registry that they were imported from.

-- One row for each version of something there: it stands for exactly one version here. An id of the same name may have
-- other numbers here, so an alias is looked at only where no version of its own has the id and number that is asked for.
CREATE TABLE aliases (
    key INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('project', 'dataset', 'dimension', 'mapping')),
    id TEXT NOT NULL,
    version TEXT NOT NULL,
    project_version INTEGER REFERENCES project_versions ON DELETE CASCADE,
    dataset_version INTEGER REFERENCES dataset_versions ON DELETE CASCADE,
    dimension_version INTEGER REFERENCES dimension_versions ON DELETE CASCADE,
    mapping_version INTEGER REFERENCES mapping_versions ON DELETE CASCADE,
    registration INTEGER NOT NULL REFERENCES registrations,
    UNIQUE (kind, id, version),
    CHECK (CASE kind WHEN 'project' THEN project_version WHEN 'dataset' THEN dataset_version
           WHEN 'dimension' THEN dimension_version ELSE mapping_version END IS NOT NULL),
    CHECK ((project_version IS NOT NULL) + (dataset_version IS NOT NULL) + (dimension_version IS NOT NULL)
           + (mapping_version IS NOT NULL) = 1)
) STRICT;
CREATE INDEX aliases_by_project_version ON aliases (project_version);
CREATE INDEX aliases_by_dataset_version ON aliases (dataset_version);
CREATE INDEX aliases_by_dimension_version ON aliases (dimension_version);
CREATE INDEX aliases_by_mapping_version ON aliases (mapping_version);
CREATE INDEX aliases_by_registration ON aliases (registration);

CREATE TRIGGER aliases_stay BEFORE UPDATE ON aliases
BEGIN SELECT RAISE(ABORT, 'an alias never changes'); END;

CREATE VIEW all_aliases AS
SELECT a.kind, a.id, a.version, t.id AS of_id, t.version AS of_version, r.registered_at, r.submitter, a.key,
       coalesce(a.project_version, a.dataset_version, a.dimension_version, a.mapping_version) AS of_key
FROM aliases a
JOIN (SELECT 'project' AS kind, key, id, version FROM all_projects
      UNION ALL SELECT 'dataset', key, id, version FROM all_datasets
      UNION ALL SELECT 'dimension', key, id, version FROM all_dimensions
      UNION ALL SELECT 'mapping', key, id, version FROM all_mappings) t
  ON t.kind = a.kind
 AND t.key = coalesce(a.project_version, a.dataset_version, a.dimension_version, a.mapping_version)
JOIN registrations r ON r.key = a.registration;
