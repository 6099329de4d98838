-- Statements given directly are seen by event triggers, which only a superuser can make, and which only he can make anew. Nothing is parsed here: what
-- cannot be told for sure is refused, with the way to do it. They do not fire where changes are applied (session_replication_role = replica).

-- Who gives the statement, and how names are found. Not SECURITY DEFINER, to see what the statement saw, so every name is qualified; and a superuser's,
-- because it runs with the rights of whoever gives a statement.
CREATE OR REPLACE FUNCTION replication.on_ddl_given() RETURNS event_trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_catalog.set_config('trompd.role', CURRENT_USER::pg_catalog.text, true),
            pg_catalog.set_config('trompd.path', pg_catalog.current_schemas(false)::pg_catalog.text, true);
END
$$;
ALTER FUNCTION replication.on_ddl_given() OWNER TO CURRENT_USER;

-- Before DROP INDEX: the tables of all indexes, since afterwards nothing tells them. Not only for this transaction: DROP INDEX CONCURRENTLY takes several.
CREATE OR REPLACE FUNCTION replication.on_drop_index() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM set_config('trompd.indexes', coalesce(jsonb_object_agg(format('%I.%I', n.nspname, c.relname), format('%I.%I', r.nspname, t.relname)), '{}')::text, false)
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace r ON r.oid = t.relnamespace
    WHERE n.nspname NOT LIKE 'pg\_%';
END
$$;

CREATE OR REPLACE FUNCTION replication.on_drop() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_event_trigger_dropped_objects() WHERE NOT is_temporary) THEN
        PERFORM set_config('trompd.dropped', '[]', true);
        RETURN;
    END IF;
    PERFORM set_config('trompd.dropped', coalesce(jsonb_agg(to_jsonb(d)), '[]')::text, true)
    FROM replication.objects_dropped(nullif(current_setting('trompd.indexes', true), '')::jsonb) d;
END
$$;

CREATE OR REPLACE FUNCTION replication.on_ddl() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
DECLARE
    context text;
    objects jsonb;
    refused record;
BEGIN
    GET DIAGNOSTICS context = PG_CONTEXT;
    objects := nullif(current_setting('trompd.dropped', true), '')::jsonb;
    PERFORM set_config('trompd.dropped', '', true), set_config('trompd.indexes', '', false);
    IF current_setting('trompd.own_work', true) = 'on'
       OR tg_tag ~ '^(GRANT|REVOKE|ALTER DEFAULT PRIVILEGES|SECURITY LABEL|REFRESH|REINDEX|IMPORT FOREIGN SCHEMA)' THEN
        RETURN;
    END IF;
    -- The usual thing in functions; it shall cost them little.
    IF (CASE WHEN tg_tag LIKE 'DROP %' THEN objects = '[]'
             ELSE EXISTS (SELECT FROM pg_event_trigger_ddl_commands())
                  AND NOT EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE schema_name IS DISTINCT FROM 'pg_temp') END) THEN
        PERFORM set_config('trompd.taken', 'elsewhere', true);
        RETURN;
    END IF;
    IF tg_tag NOT LIKE 'DROP %' THEN
        SELECT coalesce(jsonb_agg(to_jsonb(o)), CASE WHEN EXISTS (SELECT FROM pg_event_trigger_ddl_commands()) THEN '[]'::jsonb END) INTO objects
        FROM replication.objects_changed() o;
    END IF;
    -- Behind the first line, which is this function's, the context tells who runs the statement.
    SELECT * INTO refused FROM replication.take_statement(tg_tag, objects, substr(context, nullif(strpos(context, E'\n'), 0) + 1));
    IF refused.why IS NOT NULL THEN
        RAISE EXCEPTION '% cannot be replicated: %', refused.what, refused.why USING HINT = refused.way, ERRCODE = 'feature_not_supported';
    END IF;
END
$$;

-- What runs as its owner is owned by the owner of the schema, who may change what it calls. Triggers of one event fire in the order of their names.
DO $$
DECLARE
    owner CONSTANT text := (SELECT nspowner::regrole::text FROM pg_catalog.pg_namespace WHERE nspname = 'replication');
BEGIN
    EXECUTE format('ALTER FUNCTION replication.on_drop_index() OWNER TO %s', owner);
    EXECUTE format('ALTER FUNCTION replication.on_drop() OWNER TO %s', owner);
    EXECUTE format('ALTER FUNCTION replication.on_ddl() OWNER TO %s', owner);
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtname = 'trompd_ddl') THEN
        CREATE EVENT TRIGGER trompd_a_given ON ddl_command_end EXECUTE FUNCTION replication.on_ddl_given();
        CREATE EVENT TRIGGER trompd_ddl ON ddl_command_end EXECUTE FUNCTION replication.on_ddl();
        CREATE EVENT TRIGGER trompd_drop ON sql_drop EXECUTE FUNCTION replication.on_drop();
        CREATE EVENT TRIGGER trompd_drop_index ON ddl_command_start WHEN TAG IN ('DROP INDEX') EXECUTE FUNCTION replication.on_drop_index();
    END IF;
END
$$;
REVOKE ALL ON FUNCTION replication.on_ddl_given(), replication.on_drop_index(), replication.on_drop(), replication.on_ddl() FROM PUBLIC;
