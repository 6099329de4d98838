-- The captured tables become what the catalogue says now: after every DDL statement, and at `trompctl init`, which renews all of this.

-- Is this, of a row that is visible, the transaction at hand or part of it?
CREATE OR REPLACE FUNCTION replication.is_uncommitted(writer xid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN age(writer) <= age(own.id::xid)
                THEN pg_xact_status((own.id::text::bigint + age(own.id::xid) - age(writer))::text::xid8) = 'in progress' ELSE false END
    FROM (SELECT pg_current_xact_id() AS id) own
$$;

-- Was this table made by the transaction at hand? Then nobody else has rows in it. (No ALTER TABLE touches the entry of a system column.)
CREATE OR REPLACE FUNCTION replication.is_made_here(relation oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT replication.is_uncommitted(a.xmin) FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum = -1), false)
$$;

-- For each of these tables a number that changes with whatever its capture depends on: columns, defaults, indexes, partitions, owner, triggers
-- that would fire where changes are applied, inheritance. Of all tables in one go, because it is asked after every DDL statement.
CREATE OR REPLACE FUNCTION replication.shapes(relations oid[]) RETURNS TABLE (relation oid, shape numeric)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH asked AS MATERIALIZED (
        SELECT c.oid, c.relkind, hashint8extended(c.relowner::bigint, ascii(c.relkind::text) + CASE WHEN c.relispartition THEN 1000 ELSE 0 END) AS hash
        FROM pg_class c WHERE c.oid = ANY (relations)
    ), member AS MATERIALIZED (
        SELECT a.oid AS root, a.oid AS part FROM asked a
        UNION ALL
        SELECT a.oid, p.relid FROM asked a CROSS JOIN LATERAL pg_partition_tree(a.oid) p WHERE a.relkind = 'p' AND p.relid <> a.oid
    )
    SELECT x.relation, sum(x.hash)
    FROM (SELECT a.oid AS relation, a.hash FROM asked a
          UNION ALL
          SELECT t.attrelid, hashnameextended(t.attname, (t.atttypid::bigint << 32) # (t.attcollation::bigint << 20)
                    # ((t.attnotnull::integer + 2 * t.atthasdef::integer + 4 * (t.attidentity <> '')::integer + 8 * (t.attgenerated <> '')::integer) << 12) # t.attnum)
          FROM asked a JOIN pg_attribute t ON t.attrelid = a.oid AND t.attnum > 0
          UNION ALL
          SELECT d.adrelid, hashint8extended(d.oid::bigint, 1) FROM asked a JOIN pg_attrdef d ON d.adrelid = a.oid
          UNION ALL
          SELECT i.indrelid, hashint8extended(i.indexrelid::bigint, i.indisprimary::integer + 2 * i.indisvalid::integer)
          FROM asked a JOIN pg_index i ON i.indrelid = a.oid AND i.indisunique
          UNION ALL
          SELECT a.oid, hashint8extended(i.inhparent::bigint, i.inhrelid::bigint) FROM asked a JOIN pg_inherits i ON a.oid IN (i.inhrelid, i.inhparent)
          WHERE a.relkind <> 'p'
          UNION ALL
          SELECT m.root, hashint8extended(m.part::bigint, 2) FROM member m WHERE m.part <> m.root
          UNION ALL
          SELECT m.root, hashint8extended(g.oid::bigint, 3) FROM member m JOIN pg_trigger g ON g.tgrelid = m.part AND g.tgenabled IN ('A', 'R')) x
    GROUP BY x.relation
$$;

-- What is known of the shapes of the captured and the refused tables is that of now.
CREATE OR REPLACE FUNCTION replication.note_shape(table_relation oid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE replication.tables t SET shape = s.shape FROM replication.shapes(ARRAY[table_relation]) s WHERE t.relation = table_relation;
    UPDATE replication.refused r SET shape = s.shape FROM replication.shapes(ARRAY[table_relation]) s WHERE r.relation = table_relation;
$$;

-- The key of a captured table as it is now: by key_of or, where that finds none any more, the columns that it had.
CREATE OR REPLACE FUNCTION replication.key_now(table_id integer, OUT columns text[], OUT numbers smallint[], OUT types oid[])
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg(a.attname::text ORDER BY k.position), array_agg(a.attnum ORDER BY k.position), array_agg(a.atttypid ORDER BY k.position)
    FROM (SELECT t.*, replication.key_of(t.relation) AS found FROM replication.tables t WHERE t.id = table_id) t
    CROSS JOIN LATERAL generate_series(1, cardinality(coalesce(t.found, t.key_columns))) AS k(position)
    JOIN pg_attribute a ON a.attrelid = t.relation AND NOT a.attisdropped AND a.attnum > 0
     AND CASE WHEN t.found IS NOT NULL THEN a.attname = t.found[k.position] ELSE a.attnum = t.key_numbers[k.position] END
$$;

-- Types with the same values have the same kind.
CREATE OR REPLACE FUNCTION replication.kinds_of(types oid[]) RETURNS oid[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg(CASE WHEN y IN ('int2'::regtype, 'int4'::regtype) THEN 'int8'::regtype
                          WHEN y IN ('varchar'::regtype, 'bpchar'::regtype) THEN 'text'::regtype ELSE y END ORDER BY position)
    FROM unnest(types) WITH ORDINALITY AS k(y, position)
$$;

-- Why a captured table cannot go on with the key that it has now; null: it can. Its events hold values of the key: new names do not change
-- these, nor do types that print the same values in the same way.
CREATE OR REPLACE FUNCTION replication.key_refusal(table_relation oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN n.numbers IS NULL OR cardinality(n.numbers) < cardinality(t.key_columns) AND replication.key_of(t.relation) IS NULL
                THEN format('it has lost its key (%s)', array_to_string(t.key_columns, ', '))
                WHEN (n.numbers <> t.key_numbers OR replication.kinds_of(n.types) <> replication.kinds_of(t.key_types))
                     AND (EXISTS (SELECT FROM replication.events e WHERE e.tbl = t.id) OR EXISTS (SELECT FROM replication.held h WHERE h.tbl = t.id))
                THEN format('its key (%s) was changed, and there are changes under the old one that neighbours have not read yet; wait for them (trompctl sync --wait), or take the table out and in again: trompctl tables remove, then tables add',
                            array_to_string(t.key_columns, ', ')) END
    FROM replication.tables t
    CROSS JOIN LATERAL replication.key_now(t.id) n
    WHERE t.relation = table_relation
$$;

-- Why a table that is meant cannot be captured by us as it is; null if it can.
CREATE OR REPLACE FUNCTION replication.capture_refusal(relation oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN NOT pg_has_role(c.relowner, 'USAGE')
                THEN format('it belongs to %1$I, and only its owner can give it triggers: run init as %1$I, or GRANT %1$I TO %2$I',
                            pg_get_userbyid(c.relowner), current_user)
                ELSE coalesce(replication.refusal(c.oid), replication.key_refusal(c.oid)) END
    FROM pg_class c WHERE c.oid = relation
$$;

-- Why a rule with these cannot be that of the table: its rows cannot have the strength, or the columns cannot refer to large objects; null if it can.
CREATE OR REPLACE FUNCTION replication.rule_refusal(relation oid, strength text, large_objects text[]) RETURNS text
LANGUAGE sql SET search_path = pg_catalog, pg_temp SET trompd.own_work = 'on'
AS $$
    SELECT coalesce(CASE WHEN strength IS NOT NULL THEN replication.strength_refusal(relation, strength) END,
                    replication.large_object_refusal(relation, large_objects))
$$;

-- The same of the rule for the table's name.
CREATE OR REPLACE FUNCTION replication.rule_refusal(relation oid) RETURNS text
LANGUAGE sql SET search_path = pg_catalog, pg_temp SET trompd.own_work = 'on'
AS $$
    SELECT replication.rule_refusal(c.oid, r.strength, r.large_objects)
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL replication.rule_for(n.nspname, c.relname) r
    WHERE c.oid = relation
$$;

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

-- Makes the capture of a table what its columns, key and partitions ask for now.
CREATE OR REPLACE FUNCTION replication.renew(table_id integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET trompd.own_work = 'on' SET client_min_messages = warning
AS $$
BEGIN
    UPDATE replication.tables t
    SET (key_columns, key_numbers, key_types) = (SELECT n.columns, n.numbers, n.types FROM replication.key_now(t.id) n)
    WHERE t.id = table_id;
    PERFORM replication.capture(table_id);
    PERFORM replication.note_shape(t.relation) FROM replication.tables t WHERE t.id = table_id;
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

-- Logs every row of a table as changed by this node now. What was committed before, we see; what is not committed yet, waits until we have ended.
CREATE OR REPLACE FUNCTION replication.log_all_rows(table_id integer, change "char") RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 SET bytea_output = 'hex' SET lc_monetary = 'C'
AS $$
DECLARE
    t       record;
    version CONSTANT bigint := replication.next_version();
    written bigint;
BEGIN
    SELECT k.*, replication.key_is_integer(k.relation, k.key_columns) AS is_integer INTO STRICT t FROM replication.tables k WHERE k.id = table_id;
    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', t.relation::regclass);
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') AND NOT replication.is_made_here(t.relation) THEN
        RAISE EXCEPTION 'the rows of table % are to be sent, but this transaction may not see all of them', t.relation::regclass
            USING ERRCODE = 'feature_not_supported', HINT = 'Do it in a transaction that is READ COMMITTED.';
    END IF;
    EXECUTE format('INSERT INTO replication.events (xid, nr, version, tbl, via, origin, action, strength, key)'
                   ' SELECT pg_current_xact_id(), %s, $1, $2, $3, $3, $4, %s, %s FROM %s r',
                   CASE WHEN t.is_integer THEN format('r.%I', t.key_columns[1]) ELSE format('jsonb_hash_extended(%s, 0)', replication.key_expression(t.relation, t.key_columns, 'r')) END,
                   CASE WHEN t.resolver = 'node_priority' THEN '$5' ELSE replication.strength_sql(table_id, 'r') END,
                   CASE WHEN t.is_integer THEN 'NULL' ELSE replication.key_expression(t.relation, t.key_columns, 'r') END,
                   t.relation::regclass)
    USING version, table_id, replication.node(), change,
          (coalesce(cardinality(t.priority) - array_position(t.priority, replication.node()) + 1, 0))::float8;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written > 0 AND pg_sequence_last_value('replication.armed'::regclass) = 2 THEN
        PERFORM pg_notify('trompd_capture', '');
    END IF;
END
$$;

-- Tables that have their names and columns as before cost next to nothing here. Says whether anything was changed. Does nothing in a database
-- that was moved, where the tables' numbers mean nothing, until init.
CREATE OR REPLACE FUNCTION replication.follow_schema() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET trompd.own_work = 'on'
AS $$
DECLARE
    t       record;
    why     text;
    unseen  boolean;
    changed boolean;
    own_age CONSTANT integer := age(pg_current_xact_id()::xid);
    nodes   CONSTANT integer := (SELECT value::integer FROM replication.config WHERE key = 'max_nodes');
BEGIN
    IF (SELECT moved FROM replication.home) IS NOT NULL THEN
        RETURN false;
    END IF;
    changed := replication.follow_names();

    FOR t IN SELECT k.id, k.relation, s.shape
             FROM replication.shapes(ARRAY(SELECT relation FROM replication.tables)) s
             JOIN replication.tables k USING (relation)
             WHERE k.shape IS DISTINCT FROM s.shape
             ORDER BY k.id
    LOOP
        changed := true;
        IF (SELECT c.relispartition FROM pg_class c WHERE c.oid = t.relation) THEN
            PERFORM replication.release(t.id);
            CONTINUE;
        END IF;
        why := replication.key_refusal(t.relation);
        IF why IS NULL THEN
            why := (SELECT replication.rule_refusal(k.relation, k.strength, k.large_objects) FROM replication.tables k WHERE k.id = t.id);
        END IF;
        IF why IS NOT NULL THEN
            RAISE EXCEPTION 'table % cannot stay replicated: %', t.relation::regclass, why USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
        PERFORM replication.renew(t.id);
        PERFORM replication.partition_sequences(nodes, ARRAY[t.id]);
        why := replication.capture_refusal(t.relation);
        IF why IS NULL THEN
            DELETE FROM replication.refused r WHERE r.relation = t.relation;
        ELSIF replication.refuse(t.relation, why, false) THEN
            RAISE WARNING 'table % is not replicated as it should be: %', t.relation::regclass, why;
        END IF;
    END LOOP;

    -- Those made by this transaction, and those that were refused and have changed. Of any other nobody knows what other nodes have.
    FOR t IN SELECT c.oid AS relation, n.nspname, c.relname, r.unseen
             FROM pg_class c
             JOIN pg_namespace n ON n.oid = c.relnamespace
             LEFT JOIN replication.refused r ON r.relation = c.oid
             LEFT JOIN replication.shapes(ARRAY(SELECT relation FROM replication.refused)) s ON s.relation = c.oid
             WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
               AND NOT EXISTS (SELECT FROM replication.tables k WHERE k.relation = c.oid)
               AND (r.shape IS DISTINCT FROM s.shape OR age(c.xmin) <= own_age AND r.relation IS NULL)
             ORDER BY c.oid
    LOOP
        IF NOT replication.is_meant(t.nspname, t.relname, replication.only_by_name(t.relation)) THEN
            DELETE FROM replication.refused r WHERE r.relation = t.relation;
            CONTINUE;
        END IF;
        unseen := coalesce(t.unseen, NOT replication.is_made_here(t.relation));
        why := coalesce(replication.capture_refusal(t.relation), replication.rule_refusal(t.relation),
                        CASE WHEN unseen THEN 'it was made where replication did not see it; trompctl tables add at each node takes it in, and it is compared then' END);
        IF why IS NOT NULL THEN
            IF replication.refuse(t.relation, why, unseen) THEN
                RAISE NOTICE 'table % is not replicated: %', t.relation::regclass, why;
            END IF;
            CONTINUE;
        END IF;
        changed := true;
        PERFORM replication.capture_anew(t.relation);
    END LOOP;
    RETURN changed;
END
$$;

-- Captures a table that the other nodes get by the same statement: what it holds already is sent, and needs no comparison. A link that has not
-- begun compares all tables when it does.
CREATE OR REPLACE FUNCTION replication.capture_anew(table_relation oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    table_id CONSTANT integer := (SELECT c.table_id FROM replication.capture_table(table_relation) c);
BEGIN
    PERFORM replication.partition_sequences((SELECT value::integer FROM replication.config WHERE key = 'max_nodes'), ARRAY[table_id]);
    INSERT INTO replication.compared (node, tbl) SELECT p.node, table_id FROM replication.positions p;
    PERFORM replication.log_all_rows(table_id, 'I');
END
$$;
