-- The SQL for the least roles, a line per row: for the daemon in its own database, and for the neighbours' reading.
WITH roles(part, role, whose, rights) AS (
    VALUES (1, :'applier', 'this node''s own daemon: the user of `database` in its configuration', 'SELECT, INSERT, UPDATE, DELETE'),
           (2, :'reader', 'the neighbours'' daemons: the user of `database` of this neighbour in their configurations', 'SELECT')
), schemas AS (
    SELECT DISTINCT schema_name FROM replication.tables
)
SELECT '-- Run this as a superuser, in database ' || quote_ident(current_database()) || ', again after every init. init itself is for the owner of the tables.' AS line
UNION ALL
(SELECT l.line
FROM roles r
CROSS JOIN LATERAL (
    SELECT 1 AS position, '' AS name, format('-- For %s.', r.whose) AS line
    UNION ALL
    SELECT 2, '', format('DO $$ BEGIN CREATE ROLE %I LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;', r.role)
    UNION ALL
    SELECT 3, '', format('ALTER ROLE %I BYPASSRLS;  -- row level security must hide nothing from replication', r.role)
    UNION ALL
    SELECT 4, '', format('GRANT CONNECT%s ON DATABASE %I TO %I;', CASE r.part WHEN 1 THEN ', TEMPORARY' ELSE '' END, current_database(), r.role)
    UNION ALL
    SELECT 5, '', CASE WHEN current_setting('server_version_num')::integer >= 150000
                       THEN format('GRANT SET ON PARAMETER session_replication_role TO %I;', r.role)
                       ELSE format('ALTER ROLE %I SUPERUSER;  -- before PostgreSQL 15 nobody else may set session_replication_role', r.role) END
    WHERE r.part = 1
    UNION ALL
    SELECT 11, '', format('GRANT %I TO %I;  -- to end a pull that keeps users waiting', r.role, a.role)
    FROM roles a
    WHERE r.part = 2 AND a.part = 1 AND a.role <> r.role
    UNION ALL
    SELECT 6, s.schema_name, format('GRANT USAGE ON SCHEMA %I TO %I;', s.schema_name, r.role)
    FROM (TABLE schemas UNION ALL VALUES ('replication')) s
    UNION ALL
    SELECT 7, o.kind, format('GRANT %s ON ALL %s IN SCHEMA replication TO %I;', CASE r.part WHEN 1 THEN 'ALL' ELSE 'SELECT' END, o.kind, r.role)
    FROM (VALUES ('TABLES'), ('SEQUENCES')) o(kind)
    UNION ALL
    SELECT 8, '', format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA replication TO %I;', r.role) WHERE r.part = 1
    UNION ALL
    SELECT 9, t.schema_name || '.' || t.table_name, format('GRANT %s ON TABLE %I.%I TO %I;', r.rights, t.schema_name, t.table_name, r.role)
    FROM replication.tables t
    UNION ALL
    SELECT DISTINCT 10, k.sequence::regclass::text, format('GRANT SELECT ON SEQUENCE %s TO %I;', k.sequence::regclass, r.role)
    FROM replication.key_sequences() k
) l
ORDER BY r.part, l.position, l.name)
