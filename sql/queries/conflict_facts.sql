-- What is needed to look at a conflict's row or to write it back: the parts of the statements, quoted. A column that was
-- added later is not in `loser_row` and is left as it is. A row of key columns alone assigns one of these: restoring is a change.
-- The key is the losing row's own, by the columns that are the key today.
-- No key_columns: the table is not replicated any more. What lost where a parent is missing is the parent: it is the row that can come back.
SELECT c.type, c.schema_name, c.table_name, c.key, c.loser_row, to_char(c.restored_at, 'YYYY-MM-DD HH24:MI:SS') AS restored_at,
       replication.image_sql(t.relation, 'present') AS image, k.columns AS key_columns, k.present AS present_key,
       replication.image_of_texts(k.object) || coalesce(c.loser_row, '{}') AS key_object,
       r.columns AS row_columns, coalesce(r.assignments, k.assignment) AS assignments,
       jsonb_array_length(c.key) = cardinality(t.key_columns) OR c.loser_row ?& t.key_columns AS key_fits
FROM (SELECT id, type, restored_at, schema_name, table_name, key, loser_row FROM replication.conflicts WHERE type <> 'foreign_key_violation'
      UNION ALL
      SELECT id, type, restored_at, other_schema, other_table, other_key, other_row FROM replication.conflicts WHERE type = 'foreign_key_violation') c
LEFT JOIN replication.tables t ON t.schema_name = c.schema_name AND t.table_name = c.table_name
LEFT JOIN LATERAL (
    SELECT string_agg(quote_ident(n.name), ', ' ORDER BY n.position) AS columns,
           string_agg('present.' || quote_ident(n.name), ', ' ORDER BY n.position) AS present,
           min(format('%1$I = present.%1$I', n.name)) FILTER (WHERE a.attidentity <> 'a' AND a.attgenerated = '') AS assignment,
           jsonb_object_agg(n.name, c.key -> (n.position - 1)::integer) AS object
    FROM unnest(t.key_columns) WITH ORDINALITY AS n(name, position)
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = t.relation AND a.attname = n.name) k ON true
LEFT JOIN LATERAL (
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns,
           string_agg(format('%1$I = lost.%1$I', a.attname), ', ' ORDER BY a.attnum)
               FILTER (WHERE a.attname <> ALL (t.key_columns) AND a.attidentity <> 'a') AS assignments
    FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = t.relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND c.loser_row ? a.attname) r ON true
WHERE c.id = :id
