-- The SQL for the least roles, a line per row: for the daemon in its own database, and for the neighbours' reading.
WITH roles(part, role, whose, rights) AS (
    VALUES (1, :'applier', 'this node''s own daemon: the user of `database` in its configuration', 'SELECT, INSERT, UPDATE, DELETE'),
           (2, :'reader', 'the neighbours'' daemons: the user of `database` of this neighbour in their configurations', 'SELECT')
), tied AS (
    -- What foreign keys tie to the replicated tables without being replicated.
    SELECT DISTINCT n.nspname::text AS schema_name, l.relname::text AS table_name
    FROM pg_constraint c
    JOIN pg_class l ON l.oid IN (c.conrelid, c.confrelid)
    JOIN pg_namespace n ON n.oid = l.relnamespace
    WHERE c.contype = 'f' AND l.oid NOT IN (SELECT relation FROM replication.tables)
      AND EXISTS (SELECT FROM replication.tables t WHERE t.relation IN (c.conrelid, c.confrelid))
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
    FROM (SELECT schema_name FROM replication.tables UNION VALUES ('replication') UNION SELECT schema_name FROM tied WHERE r.part = 1) s
    UNION ALL
    SELECT 7, o.kind, format('GRANT %s ON ALL %s IN SCHEMA replication TO %I;', CASE r.part WHEN 1 THEN 'ALL' ELSE 'SELECT' END, o.kind, r.role)
    FROM (VALUES ('TABLES'), ('SEQUENCES')) o(kind)
    UNION ALL
    SELECT 8, '', format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA replication TO %I;', r.role) WHERE r.part = 1
    UNION ALL
    SELECT 9, t.schema_name || '.' || t.table_name, format('GRANT %s ON TABLE %I.%I TO %I;', r.rights, t.schema_name, t.table_name, r.role)
    FROM replication.tables t
    UNION ALL
    SELECT 9, t.schema_name || '.' || t.table_name,
           format('GRANT SELECT ON TABLE %I.%I TO %I;  -- to report rows that lost the one they refer to', t.schema_name, t.table_name, r.role)
    FROM tied t
    WHERE r.part = 1
    UNION ALL
    -- Objects have rights of their own, to be given anew for each one that is made. Reading their pages needs this one.
    SELECT 9, '', format('GRANT SELECT ON TABLE pg_catalog.pg_largeobject TO %I;  -- all large objects of this database', r.role)
    WHERE EXISTS (SELECT FROM replication.tables WHERE large_objects <> '{}')
    UNION ALL
    SELECT DISTINCT 10, k.sequence::regclass::text, format('GRANT SELECT ON SEQUENCE %s TO %I;', k.sequence::regclass, r.role)
    FROM replication.table_sequences() k
) l
ORDER BY r.part, l.position, l.name)
