CREATE OR REPLACE FUNCTION replication.schema_is_meant(schema_name text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT schema_is_meant.schema_name IN ('public', 'app') $$;
CREATE OR REPLACE FUNCTION replication.is_meant(schema_name text, table_name text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT replication.schema_is_meant(is_meant.schema_name) AND is_meant.table_name NOT LIKE 'cache\_%' $$;
CREATE OR REPLACE FUNCTION replication.follow_schema() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT id FROM replication.tables WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = relation) LOOP
        PERFORM replication.release(r.id);
    END LOOP;
    UPDATE replication.tables t SET schema_name = n.nspname, table_name = c.relname, key_columns = replication.key_of(t.relation), key_kinds = replication.key_kinds(t.relation, replication.key_of(t.relation))
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = t.relation;
    FOR r IN INSERT INTO replication.tables (relation, schema_name, table_name, key_columns, resolver, delete_resolver, key_kinds)
        SELECT c.oid, n.nspname, c.relname, replication.key_of(c.oid), 'last_update_wins', 'delete_wins', replication.key_kinds(c.oid, replication.key_of(c.oid))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND replication.is_meant(n.nspname, c.relname) AND replication.refusal(c.oid) IS NULL
        ON CONFLICT DO NOTHING RETURNING id LOOP
    END LOOP;
    FOR r IN SELECT id FROM replication.tables LOOP
        PERFORM replication.capture(r.id);
    END LOOP;
END
$$;
