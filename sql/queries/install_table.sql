INSERT INTO replication.tables AS t
       (relation, schema_name, table_name, key_columns, resolver, delete_resolver, priority, strength, orphans, key_kinds)
VALUES (:relation, :'schema', :'table', replication.key_of(:relation), :'resolver', :'delete_resolver', :'priority', nullif(:'strength', ''), :'orphans',
        replication.key_kinds(:relation, replication.key_of(:relation)))
ON CONFLICT (schema_name, table_name) DO UPDATE
SET relation = excluded.relation, key_columns = excluded.key_columns, resolver = excluded.resolver,
    delete_resolver = excluded.delete_resolver, priority = excluded.priority, strength = excluded.strength, orphans = excluded.orphans,
    key_kinds = excluded.key_kinds
RETURNING t.id, (t.xmax = 0) AS is_new
