-- What is needed to look at a conflict's row or to write it back: the parts of the statements, quoted. A column that was
-- added later is not in `loser_row` and is left as it is. No key_columns: the table is not replicated any more.
SELECT c.schema_name, c.table_name, c.key, c.loser_row, to_char(c.restored_at, 'YYYY-MM-DD HH24:MI:SS') AS restored_at,
       k.columns AS key_columns, k.object AS key_object, r.columns AS row_columns,
       coalesce('DO UPDATE SET ' || r.assignments, 'DO NOTHING') AS on_conflict
FROM replication.conflicts c
LEFT JOIN replication.tables t ON t.schema_name = c.schema_name AND t.table_name = c.table_name
LEFT JOIN LATERAL (
    SELECT string_agg(quote_ident(n.name), ', ' ORDER BY n.position) AS columns,
           jsonb_object_agg(n.name, c.key -> (n.position - 1)::integer) AS object
    FROM unnest(t.key_columns) WITH ORDINALITY AS n(name, position)) k ON true
LEFT JOIN LATERAL (
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns,
           string_agg(format('%1$I = excluded.%1$I', a.attname), ', ' ORDER BY a.attnum)
               FILTER (WHERE a.attname <> ALL (t.key_columns) AND a.attidentity <> 'a') AS assignments
    FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = t.relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND c.loser_row ? a.attname) r ON true
WHERE c.id = :id
