-- Where other columns refer to large objects than before, what the ends have must be compared anew.
DELETE FROM replication.compared c USING replication.tables t
WHERE t.id = c.tbl AND t.schema_name = :'schema' AND t.table_name = :'table'
  AND t.large_objects <> ARRAY(SELECT DISTINCT o COLLATE "C" FROM unnest(:large_objects::text[]) o ORDER BY 1);
INSERT INTO replication.tables AS t
       (relation, schema_name, table_name, key_columns, resolver, delete_resolver, priority, strength, orphans, large_objects)
VALUES (:relation, :'schema', :'table', replication.key_of(:relation), :'resolver', :'delete_resolver', :'priority', nullif(:'strength', ''), :'orphans',
        ARRAY(SELECT DISTINCT o COLLATE "C" FROM unnest(:large_objects::text[]) o ORDER BY 1))
ON CONFLICT (schema_name, table_name) DO UPDATE
SET relation = excluded.relation, key_columns = excluded.key_columns, resolver = excluded.resolver,
    delete_resolver = excluded.delete_resolver, priority = excluded.priority, strength = excluded.strength, orphans = excluded.orphans,
    large_objects = excluded.large_objects
RETURNING t.id, (t.xmax = 0) AS is_new
