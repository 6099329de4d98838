-- Captures a table, or renews its capture; and logs what it holds. Renewed by every `trompctl init`.

-- Logs every row of a table, or of one partition of it, as changed by this node now. What was committed before, we see; what is not committed yet, waits until we have ended.
CREATE OR REPLACE FUNCTION replication.log_all_rows(table_id integer, change "char", part oid DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET row_security = off SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 SET bytea_output = 'hex' SET lc_monetary = 'C'
AS $$
DECLARE
    t       record;
    source  oid;
    version CONSTANT bigint := replication.next_version();
    written bigint;
BEGIN
    SELECT k.*, replication.key_is_integer(k.relation, k.key_columns) AS is_integer INTO STRICT t FROM replication.tables k WHERE k.id = table_id;
    source := coalesce(part, t.relation);
    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', source::regclass);
    PERFORM replication.require_all_rows(source);
    EXECUTE format('INSERT INTO replication.events (xid, nr, version, tbl, via, origin, action, strength, key)'
                   ' SELECT pg_current_xact_id(), %s, $1, $2, $3, $3, $4, %s, %s FROM %s r',
                   CASE WHEN t.is_integer THEN format('r.%I', t.key_columns[1]) ELSE format('jsonb_hash_extended(%s, 0)', replication.key_expression(t.relation, t.key_columns, 'r')) END,
                   CASE WHEN t.resolver = 'node_priority' THEN '$5' ELSE replication.strength_sql(table_id, 'r') END,
                   CASE WHEN t.is_integer THEN 'NULL' ELSE replication.key_expression(t.relation, t.key_columns, 'r') END,
                   source::regclass)
    USING version, table_id, replication.node(), change,
          (coalesce(cardinality(t.priority) - array_position(t.priority, replication.node()) + 1, 0))::float8;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written > 0 AND pg_sequence_last_value('replication.armed'::regclass) = 2 THEN
        PERFORM pg_notify('trompd_capture', '');
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION replication.is_filled(relation oid) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET row_security = off
AS $$
DECLARE
    filled boolean;
BEGIN
    IF EXISTS (SELECT FROM pg_class c WHERE c.oid = relation) THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', relation::regclass) INTO filled;
    END IF;
    RETURN coalesce(filled, false);
END
$$;

-- Did this node never have a row, so that whatever it will have is in its log?
CREATE OR REPLACE FUNCTION replication.is_bare() RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    SELECT NOT EXISTS (SELECT FROM replication.events) AND NOT EXISTS (SELECT FROM replication.held)
       AND NOT EXISTS (SELECT FROM replication.tables t WHERE replication.is_filled(t.relation))
$$;

-- There is something now that no log tells of.
CREATE OR REPLACE FUNCTION replication.forget_whole() RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE replication.nodes SET whole = false, behind = behind AND used WHERE NOT is_self;
    SELECT true
$$;

-- Makes the capture of a table what its columns, key and partitions ask for now.
CREATE OR REPLACE FUNCTION replication.renew(table_id integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET trompd.own_work = 'on' SET client_min_messages = warning
AS $$
DECLARE
    t    record;
    new  record;
    part oid;
BEGIN
    SELECT * INTO STRICT t FROM replication.tables k WHERE k.id = table_id;
    SELECT * INTO STRICT new FROM replication.key_now(table_id);
    IF new.numbers <> t.key_numbers OR replication.kinds_of(new.types) <> replication.kinds_of(t.key_types) THEN
        -- Nothing is left in the log under the old one (key_refusal).
        DELETE FROM replication.ahead WHERE tbl = table_id;
        DELETE FROM replication.unlocked WHERE tbl = table_id;
    END IF;
    UPDATE replication.tables SET key_columns = new.columns, key_numbers = new.numbers, key_types = new.types WHERE id = table_id;
    -- One that is captured for the first time has no partitions that are new to it.
    IF replication.captured_as(t.relation) = table_id THEN
        FOR part IN SELECT p.part FROM replication.parts_of(t.relation) p
                    WHERE p.relkind = 'r' AND replication.captured_as(p.part) IS DISTINCT FROM table_id LOOP
            PERFORM replication.take_partition(table_id, part);
        END LOOP;
    END IF;
    PERFORM replication.capture(table_id);
    PERFORM replication.release(k.id) FROM replication.parts_of(t.relation) p JOIN replication.tables k ON k.relation = p.part WHERE k.id <> table_id;
    PERFORM replication.note_shape(t.relation);
END
$$;

-- Captures a table by the rule for its name, or renews its capture. Precondition: neither capture_refusal nor rule_refusal.
CREATE OR REPLACE FUNCTION replication.capture_table(table_relation oid, OUT table_id integer, OUT is_new boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET trompd.own_work = 'on'
AS $$
BEGIN
    -- Where other columns refer to large objects than before, what the ends have must be compared anew.
    DELETE FROM replication.compared c USING replication.tables t
    WHERE t.relation = table_relation AND c.tbl = t.id
      AND t.large_objects <> (SELECT r.large_objects FROM replication.rule_for(t.schema_name::name, t.table_name::name) r);
    INSERT INTO replication.tables AS t
           (relation, schema_name, table_name, key_columns, resolver, delete_resolver, priority, strength, orphans, large_objects)
    SELECT c.oid, n.nspname, c.relname, replication.key_of(c.oid), r.resolver, r.delete_resolver, r.priority, r.strength, r.orphans, r.large_objects
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL replication.rule_for(n.nspname, c.relname) r
    WHERE c.oid = table_relation
    ON CONFLICT (relation) DO UPDATE
    SET resolver = excluded.resolver, delete_resolver = excluded.delete_resolver, priority = excluded.priority, strength = excluded.strength,
        orphans = excluded.orphans, large_objects = excluded.large_objects
    RETURNING t.id, (t.xmax = 0) INTO STRICT table_id, is_new;
    DELETE FROM replication.refused r WHERE r.relation = table_relation;
    PERFORM replication.renew(table_id);
END
$$;
