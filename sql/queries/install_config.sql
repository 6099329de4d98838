INSERT INTO replication.config (key, value)
VALUES ('schema_version', :'schema_version'), ('max_nodes', :'max_nodes'), ('ddl_capture', :'ddl_capture'), ('ddl_apply', :'ddl_apply')
ON CONFLICT (key) DO UPDATE SET value = excluded.value;
-- The identity of this copy of the data: made once.
INSERT INTO replication.config (key, value) VALUES ('incarnation', gen_random_uuid()::text)
ON CONFLICT (key) DO NOTHING
