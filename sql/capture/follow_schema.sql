-- The captured tables become what the catalogue says now: after every DDL statement, and at `trompctl init`, which renews all of this.

-- Notes why a table is not replicated, or not as it should be. Says whether that is news.
CREATE OR REPLACE FUNCTION replication.refuse(table_relation oid, why text, is_unseen boolean) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_news CONSTANT boolean := NOT EXISTS (SELECT FROM replication.refused r WHERE r.relation = table_relation AND r.reason = why);
BEGIN
    INSERT INTO replication.refused (relation, reason, unseen) VALUES (table_relation, why, is_unseen)
    ON CONFLICT (relation) DO UPDATE SET reason = excluded.reason, unseen = excluded.unseen;
    PERFORM replication.note_shape(table_relation);
    RETURN is_news;
END
$$;

-- Tables that are gone are forgotten, with their events; those with a new name keep their number, so that their events still mean them.
CREATE OR REPLACE FUNCTION replication.follow_names() RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    gone    CONSTANT integer[] := ARRAY(SELECT t.id FROM replication.tables t WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = t.relation));
    renamed CONSTANT integer[] := ARRAY(SELECT t.id FROM replication.tables t
                                        JOIN pg_class c ON c.oid = t.relation
                                        JOIN pg_namespace n ON n.oid = c.relnamespace
                                        WHERE c.relname <> t.table_name OR n.nspname <> t.schema_name);
BEGIN
    PERFORM replication.release(id) FROM unnest(gone) AS g(id);
    DELETE FROM replication.refused r WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = r.relation);
    -- In two steps, since two tables may have changed names.
    UPDATE replication.tables SET schema_name = '', table_name = id WHERE id = ANY (renamed);
    UPDATE replication.tables t SET schema_name = n.nspname, table_name = c.relname
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = t.relation AND t.id = ANY (renamed);
    RETURN cardinality(gone || renamed) > 0;
END
$$;

-- The roles that may read the log, or write it, may read a new table as well, or write it: they are the neighbours' daemons and our own
-- (trompctl grants).
CREATE OR REPLACE FUNCTION replication.grant_to_daemons(table_id integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = error
AS $$
DECLARE
    reader record;
    t      record;
    object text;
BEGIN
    SELECT k.relation, k.schema_name INTO STRICT t FROM replication.tables k WHERE k.id = table_id;
    FOR reader IN SELECT r.rolname, bool_or(x.privilege_type = 'INSERT') AS writes
                  FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) x JOIN pg_roles r ON r.oid = x.grantee
                  WHERE c.oid = 'replication.events'::regclass AND x.grantee <> c.relowner AND NOT r.rolsuper
                  GROUP BY r.rolname LOOP
        BEGIN
            IF NOT has_schema_privilege(reader.rolname, t.schema_name, 'USAGE') THEN
                EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', t.schema_name, reader.rolname);
            END IF;
            EXECUTE format('GRANT %s ON TABLE %s TO %I', CASE WHEN reader.writes THEN 'SELECT, INSERT, UPDATE, DELETE' ELSE 'SELECT' END,
                           t.relation::regclass, reader.rolname);
            FOR object IN SELECT s.sequence::regclass FROM replication.table_sequences(ARRAY[table_id]) s LOOP
                EXECUTE format('GRANT SELECT ON SEQUENCE %s TO %I', object, reader.rolname);
            END LOOP;
            IF reader.writes AND to_regprocedure(format('replication.strength_%s(record)', table_id)) IS NOT NULL THEN
                EXECUTE format('GRANT EXECUTE ON FUNCTION replication.strength_%s(record) TO %I', table_id, reader.rolname);
            END IF;
        EXCEPTION WHEN insufficient_privilege THEN
            NULL; -- the link says what is missing
        END;
    END LOOP;
END
$$;

-- Captures a table that the other nodes get by the same statement: what it holds already is sent, and needs no comparison. A link that has not
-- begun compares all tables when it does.
CREATE OR REPLACE FUNCTION replication.capture_anew(table_relation oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before   CONSTANT integer := (SELECT k.id FROM replication.tables k WHERE k.id = replication.captured_as(table_relation));
    table_id CONSTANT integer := (SELECT c.table_id FROM replication.capture_table(table_relation) c);
BEGIN
    PERFORM replication.partition_sequences((SELECT value::integer FROM replication.config WHERE key = 'max_nodes'), ARRAY[table_id]);
    PERFORM replication.grant_to_daemons(table_id);
    IF replication.have_same_key(table_id, before) THEN
        PERFORM replication.take_leaver(table_id, before);
    ELSE
        INSERT INTO replication.compared (node, tbl) SELECT p.node, table_id FROM replication.positions p;
        PERFORM replication.log_all_rows(table_id, 'I');
    END IF;
END
$$;

-- The tables among these entries of pg_class: for an index its table, for a partition all tables of which it is one. Null for null.
CREATE OR REPLACE FUNCTION replication.tables_of(touched oid[]) RETURNS oid[]
LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
    WITH own AS (SELECT t AS oid FROM unnest(touched) t
                 UNION SELECT i.indrelid FROM pg_index i WHERE i.indexrelid = ANY (touched))
    SELECT coalesce(array_agg(o.oid), '{}')
    FROM (SELECT own.oid FROM own UNION SELECT a.relid::oid FROM own CROSS JOIN LATERAL pg_partition_ancestors(own.oid) a) o
$$;

-- A captured table has changed. What makes its events meaningless is refused, with the statement that does it.
CREATE OR REPLACE FUNCTION replication.follow_table(table_id integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    t   record;
    why text;
BEGIN
    SELECT k.*, c.relispartition INTO t FROM replication.tables k JOIN pg_class c ON c.oid = k.relation WHERE k.id = table_id;
    IF NOT FOUND THEN
        RETURN; -- as a partition it went with its table
    ELSIF t.relispartition THEN
        PERFORM replication.release(t.id);
        RETURN;
    END IF;
    why := replication.key_refusal(t.relation);
    IF why IS NULL THEN
        why := replication.rule_refusal(t.relation, t.strength, t.large_objects);
    END IF;
    IF why IS NOT NULL THEN
        RAISE EXCEPTION 'table % cannot stay replicated: %', t.relation::regclass, why USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    why := replication.capture_refusal(t.relation);
    IF why IS NULL THEN
        PERFORM replication.renew(t.id);
        PERFORM replication.partition_sequences((SELECT value::integer FROM replication.config WHERE key = 'max_nodes'), ARRAY[t.id]);
        DELETE FROM replication.refused r WHERE r.relation = t.relation;
    ELSE
        IF replication.refuse(t.relation, why, false) THEN
            RAISE WARNING 'table % is not replicated as it should be: %', t.relation::regclass, why;
        END IF;
        PERFORM replication.note_shape(t.relation);
    END IF;
END
$$;

-- A table that is not to be replicated. As a partition it may have been, and its triggers go on.
CREATE OR REPLACE FUNCTION replication.leave_alone(table_relation oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part      record;
    operation text;
BEGIN
    DELETE FROM replication.refused r WHERE r.relation = table_relation;
    FOR part IN SELECT p.part, replication.captured_as(p.part) AS id FROM replication.parts_of(table_relation) p LOOP
        CONTINUE WHEN part.id IS NULL
                   OR EXISTS (SELECT FROM replication.tables k CROSS JOIN LATERAL replication.parts_of(k.relation) o WHERE k.id = part.id AND o.part = part.part);
        FOREACH operation IN ARRAY ARRAY['insert', 'update', 'delete', 'truncate'] LOOP
            EXECUTE format('DROP TRIGGER IF EXISTS trompd_%s ON %s', operation, part.part::regclass);
        END LOOP;
    END LOOP;
END
$$;

-- Tables that have their names and columns as before cost little here; with `touched`, the entries of pg_class that a statement touched, only these
-- are looked at. Says whether anything was changed. Does nothing in a database that was moved, where the tables' numbers mean nothing, until init.
CREATE OR REPLACE FUNCTION replication.follow_schema(touched oid[] DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET trompd.own_work = 'on'
AS $$
DECLARE
    t       record;
    why     text;
    unseen  boolean;
    changed boolean;
    own_age CONSTANT integer := age(pg_current_xact_id()::xid);
    tables  CONSTANT oid[] := replication.tables_of(touched);
BEGIN
    IF (SELECT moved FROM replication.home) IS NOT NULL THEN
        RETURN false;
    END IF;
    changed := replication.follow_names();

    FOR t IN SELECT k.id, k.relation
             FROM replication.shapes(ARRAY(SELECT k.relation FROM replication.tables k WHERE tables IS NULL OR k.relation = ANY (tables))) s
             JOIN replication.tables k USING (relation)
             JOIN pg_class c ON c.oid = k.relation
             WHERE k.shape IS DISTINCT FROM s.shape
             ORDER BY c.relispartition, k.id -- what is a partition now goes to its table first
    LOOP
        changed := true;
        PERFORM replication.follow_table(t.id);
    END LOOP;

    -- Those made by this transaction, and those that were refused and have changed. Of any other nobody knows what other nodes have.
    FOR t IN SELECT c.oid AS relation, n.nspname, c.relname, r.unseen
             FROM pg_class c
             JOIN pg_namespace n ON n.oid = c.relnamespace
             LEFT JOIN replication.refused r ON r.relation = c.oid
             LEFT JOIN replication.shapes(ARRAY(SELECT r.relation FROM replication.refused r WHERE tables IS NULL OR r.relation = ANY (tables))) s
               ON s.relation = c.oid
             WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
               AND NOT EXISTS (SELECT FROM replication.tables k WHERE k.relation = c.oid)
               AND (age(c.xmin) <= own_age OR s.shape <> r.shape)
             ORDER BY c.oid
    LOOP
        IF NOT replication.is_meant(t.nspname, t.relname, replication.only_by_name(t.relation)) THEN
            PERFORM replication.leave_alone(t.relation);
            CONTINUE;
        END IF;
        unseen := coalesce(t.unseen, NOT replication.is_made_here(t.relation) AND replication.captured_as(t.relation) IS NULL);
        why := coalesce(replication.capture_refusal(t.relation), replication.rule_refusal(t.relation),
                        CASE WHEN unseen THEN 'it was made where replication did not see it; trompctl tables add at each node takes it in, and it is compared then' END);
        IF why IS NULL THEN
            changed := true;
            PERFORM replication.capture_anew(t.relation);
        ELSIF replication.refuse(t.relation, why, unseen) THEN
            RAISE NOTICE 'table % is not replicated: %', t.relation::regclass, why;
        END IF;
    END LOOP;
    RETURN changed;
END
$$;
