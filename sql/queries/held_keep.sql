-- Hold: the rows of one table that were refused, with their images.
INSERT INTO replication.held (schema_name, table_name, key, row, error, neighbour, tbl, nr, tag, seen)
SELECT t.schema_name, t.table_name, coalesce(d.key, jsonb_build_array(d.nr)), jsonb_object(ARRAY[:names]::text[], ARRAY[:texts]::text[]),
       d.refused, :source, d.tbl, d.nr, d.theirs,
       coalesce(d.seen, '{}') || ARRAY(SELECT e.id FROM replication.events e WHERE e.tbl = d.tbl AND e.nr IS NULL)
FROM pg_temp.decision d
JOIN replication.tables t ON t.id = d.tbl
JOIN :stage r ON :match_staged
WHERE d.tbl = :tbl AND d.refused IS NOT NULL AND d.held IS NULL;
