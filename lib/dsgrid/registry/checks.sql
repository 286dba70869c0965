-- Schema 5: what holds of the values of a dataset, as it says itself, and what its values are like.

-- A row per value, under its key path: checks[0].kind, checks[0].where.metric[1]. As in `dataset_metadata`.
CREATE TABLE dataset_checks (
    dataset_version INTEGER NOT NULL REFERENCES dataset_versions ON DELETE CASCADE,
    position INTEGER NOT NULL,
    path TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('text', 'integer', 'real', 'boolean', 'null', 'table', 'array')),
    value ANY,
    PRIMARY KEY (dataset_version, path)
) STRICT, WITHOUT ROWID;

-- The values of each metric, over all its combinations with other records, and all time.
CREATE TABLE dataset_profiles (
    dataset_version INTEGER NOT NULL REFERENCES dataset_versions ON DELETE CASCADE,
    position INTEGER NOT NULL,
    metric TEXT NOT NULL,
    combinations INTEGER NOT NULL,
    value_count INTEGER NOT NULL,
    minimum REAL NOT NULL,
    maximum REAL NOT NULL,
    total REAL NOT NULL,
    PRIMARY KEY (dataset_version, metric)
) STRICT, WITHOUT ROWID;
