-- What foreign keys cannot say. Each statement selects where something is wrong, and what.

-- Dimensions and mappings ---------------------------------------------------------------------------------------------

SELECT d.id || '@' || d.version, 'a time dimension has its times, any other its records, and this one has not'
FROM all_dimensions d
JOIN dimension_versions v ON v.key = d.key
WHERE (d.type = 'time') <> (v.record_table IS NULL)
   OR (d.type = 'time') <> EXISTS (SELECT 1 FROM times t WHERE t.dimension_version = d.key);

SELECT d.id || '@' || d.version, 'a time of the kind ' || t.kind || ' has not the rows that make one'
FROM times t
JOIN all_dimensions d ON d.key = t.dimension_version
WHERE (t.kind IN ('datetime', 'index', 'annual'))
          <> EXISTS (SELECT 1 FROM time_ranges r WHERE r.dimension_version = t.dimension_version)
   OR (t.kind = 'representative') <> EXISTS (SELECT 1 FROM time_parts p WHERE p.dimension_version = t.dimension_version)
   OR (t.kind IN ('datetime', 'index', 'representative')) <> (t.step_microseconds IS NOT NULL)
   OR (t.kind = 'index') <> (t.first_index IS NOT NULL AND t.last_index IS NOT NULL);

SELECT m.id || '@' || m.version, 'it maps from ' || f.type || ' to ' || t.type
FROM all_mappings m
JOIN mapping_versions v ON v.key = m.key
JOIN all_dimensions f ON f.key = v.from_dimension
JOIN all_dimensions t ON t.key = v.to_dimension
WHERE f.type <> t.type;

SELECT m.id || '@' || m.version, 'it maps from "' || min(a.from_id) || '", which is no record of ' || m.from_id
FROM all_mappings m
JOIN mapping_versions v ON v.key = m.key
JOIN dimension_versions d ON d.key = v.from_dimension
JOIN associations a ON a.association_table = v.association_table
WHERE NOT EXISTS (SELECT 1 FROM records r WHERE r.record_table = d.record_table AND r.id = a.from_id)
GROUP BY m.key;

SELECT m.id || '@' || m.version, 'it maps to "' || min(a.to_id) || '", which is no record of ' || m.to_id
FROM all_mappings m
JOIN mapping_versions v ON v.key = m.key
JOIN dimension_versions d ON d.key = v.to_dimension
JOIN associations a ON a.association_table = v.association_table
WHERE a.to_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM records r WHERE r.record_table = d.record_table AND r.id = a.to_id)
GROUP BY m.key;

-- Projects ------------------------------------------------------------------------------------------------------------

SELECT p.id || '@' || p.version,
       'the mapping of supplemental dimension "' || s.name || '" does not lead from "' || s.base || '" to it'
FROM supplemental_dimensions s
JOIN all_projects p ON p.key = s.project_version
JOIN base_dimensions b ON b.project_version = s.project_version AND b.name = s.base
JOIN mapping_versions m ON m.key = s.mapping
WHERE m.from_dimension <> b.dimension OR m.to_dimension <> s.dimension;

SELECT p.id || '@' || p.version,
       'selector "' || c.selector || '" of subset "' || c.subset || '" names "' || min(c.record_id)
       || '", which is no record of "' || s.base || '"'
FROM selector_records c
JOIN all_projects p ON p.key = c.project_version
JOIN subsets s ON s.project_version = c.project_version AND s.name = c.subset
JOIN base_dimensions b ON b.project_version = s.project_version AND b.name = s.base
JOIN dimension_versions d ON d.key = b.dimension
WHERE NOT EXISTS (SELECT 1 FROM records r WHERE r.record_table = d.record_table AND r.id = c.record_id)
GROUP BY p.key, c.subset, c.selector;

SELECT p.id || '@' || p.version,
       'the requirements of dataset ' || q.dataset_id || ' name "' || min(q.record_id)
       || '", which is no base record of the type ' || q.type
FROM required_records q
JOIN all_projects p ON p.key = q.project_version
WHERE NOT EXISTS (
    SELECT 1 FROM base_dimensions b
    JOIN dimension_versions v ON v.key = b.dimension
    JOIN dimensions d ON d.key = v.dimension AND d.type = q.type
    JOIN records r ON r.record_table = v.record_table AND r.id = q.record_id
    WHERE b.project_version = q.project_version)
GROUP BY p.key, q.dataset_id, q.type;

-- Datasets ------------------------------------------------------------------------------------------------------------

SELECT d.id || '@' || d.version, 'it has ' || count(e.type) || ' record dimensions instead of 7'
FROM all_datasets d
LEFT JOIN dataset_dimensions e ON e.dataset_version = d.key
GROUP BY d.key
HAVING count(e.type) <> 7;

SELECT d.id || '@' || d.version, 'its dimension of the type ' || e.type || ' is ' || v.id || ', of the type ' || v.type
FROM dataset_dimensions e
JOIN all_datasets d ON d.key = e.dataset_version
JOIN all_dimensions v ON v.key = e.dimension
WHERE e.type <> v.type;

SELECT d.id || '@' || d.version, 'it is a composite of ' || p.id || '@' || p.version || ', which it is not submitted to'
FROM composites c
JOIN all_datasets d ON d.key = c.dataset_version
JOIN all_projects p ON p.key = c.project_version
WHERE NOT EXISTS (
    SELECT 1 FROM submissions s WHERE s.project_version = c.project_version AND s.dataset_version = c.dataset_version);

-- Submissions ---------------------------------------------------------------------------------------------------------

SELECT s.dataset_id || ' in ' || s.project_id || '@' || s.project_version,
       'it says how ' || count(m.type) || ' types reach the project instead of 7'
FROM all_submissions s
LEFT JOIN submission_mappings m ON m.submission = s.key
GROUP BY s.key
HAVING count(m.type) <> 7;

SELECT s.dataset_id || ' in ' || s.project_id || '@' || s.project_version, 'nothing says whether it was accepted'
FROM all_submissions s
WHERE s.status IS NULL;

SELECT s.dataset_id || ' in ' || s.project_id || '@' || s.project_version,
       'it maps ' || m.type || ' to "' || m.base || '", which is no base dimension of that type'
FROM submission_mappings m
JOIN all_submissions s ON s.key = m.submission
WHERE NOT EXISTS (
    SELECT 1 FROM base_dimensions b
    JOIN all_dimensions d ON d.key = b.dimension
    WHERE b.project_version = s.project_key AND b.name = m.base AND d.type = m.type);

SELECT s.dataset_id || ' in ' || s.project_id || '@' || s.project_version,
       'the mapping of ' || m.type || ' does not lead from the dimension of the dataset to "' || m.base || '"'
FROM submission_mappings m
JOIN all_submissions s ON s.key = m.submission
JOIN mapping_versions v ON v.key = m.mapping
JOIN base_dimensions b ON b.project_version = s.project_key AND b.name = m.base
JOIN dataset_dimensions e ON e.dataset_version = s.dataset_key AND e.type = m.type
WHERE v.from_dimension <> e.dimension OR v.to_dimension <> b.dimension;

SELECT s.dataset_id || ' in ' || s.project_id || '@' || s.project_version,
       'no mapping brings ' || m.type || ' "' || min(r.id) || '" to "' || m.base || '"'
FROM submission_mappings m
JOIN all_submissions s ON s.key = m.submission
JOIN base_dimensions b ON b.project_version = s.project_key AND b.name = m.base
JOIN dimension_versions w ON w.key = b.dimension
JOIN dataset_dimensions e ON e.dataset_version = s.dataset_key AND e.type = m.type
JOIN dimension_versions v ON v.key = e.dimension
JOIN records r ON r.record_table = v.record_table
WHERE m.mapping IS NULL AND w.record_table <> v.record_table
  AND NOT EXISTS (SELECT 1 FROM records t WHERE t.record_table = w.record_table AND t.id = r.id)
GROUP BY s.key, m.type;

SELECT s.dataset_id || ' in ' || s.project_id || '@' || s.project_version,
       'its values follow the course of ' || d.id || '@' || d.version || ', but only annual ones may, and only one of slots'
FROM submission_shapes h
JOIN all_submissions s ON s.key = h.submission
JOIN all_datasets d ON d.key = h.dataset_version
JOIN dataset_versions o ON o.key = s.dataset_key
JOIN dataset_versions c ON c.key = h.dataset_version
JOIN times t ON t.dimension_version = o.time
JOIN times u ON u.dimension_version = c.time
WHERE t.kind <> 'annual' OR u.kind NOT IN ('datetime', 'index');
