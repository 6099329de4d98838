-- The indexes of these tables that were not finished, and nobody is at it.
SELECT format('DROP INDEX CONCURRENTLY %s', i.indexrelid::regclass) AS statement
FROM unnest(:'tables'::text[]) AS t(name)
JOIN pg_index i ON i.indrelid = to_regclass(t.name)
WHERE NOT i.indisvalid AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid);
