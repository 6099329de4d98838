-- This database was moved: it is another copy of the data from now on, and all its links begin anew. What waits to be sent
-- stays, but the transaction ids of the log are those of another place: all of it becomes one transaction of this one.
UPDATE replication.config SET value = gen_random_uuid()::text WHERE key = 'incarnation';
UPDATE replication.nodes
SET acknowledged = NULL, held = '{}', compared = NULL, reach = NULL, mark = gen_random_uuid(), mark_before = NULL,
    link = gen_random_uuid(), knows = NULL, used = false, behind = whole, yields = false, asked = '{"kind": "resync"}'
WHERE NOT is_self;
DELETE FROM replication.positions;
DELETE FROM replication.held_tables;
DELETE FROM replication.compared;
DELETE FROM replication.comparing;
DELETE FROM replication.ahead;
DELETE FROM replication.unlocked;
DELETE FROM replication.suspects;
UPDATE replication.events SET xid = pg_current_xact_id();
-- So are the numbers of the tables. In two steps, since one may be that of another table by now.
UPDATE replication.tables SET relation = (4294967295 - id)::oid;
UPDATE replication.tables SET relation = to_regclass(format('%I.%I', schema_name, table_name))
WHERE to_regclass(format('%I.%I', schema_name, table_name)) IS NOT NULL;
UPDATE replication.tables t
SET shape = NULL, (key_numbers, key_types) = (
    SELECT array_agg(a.attnum ORDER BY k.position), array_agg(a.atttypid ORDER BY k.position)
    FROM unnest(t.key_columns) WITH ORDINALITY AS k(name, position)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = t.relation AND a.attname = k.name);
DELETE FROM replication.refused
