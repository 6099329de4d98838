-- Functions of schema `replication` that every `trompctl init` renews. All run with a pinned search_path.

CREATE OR REPLACE FUNCTION replication.node() RETURNS smallint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS 'SELECT node FROM replication.nodes WHERE is_self';

-- Raises the clock to `version`; never lowers it. The lock makes look and set one step for daemons of several links.
CREATE OR REPLACE FUNCTION replication.advance_clock(version bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_lock(1953656685, 0);
    IF coalesce(pg_sequence_last_value('replication.clock'::regclass), 0) < version THEN
        PERFORM setval('replication.clock', version);
    END IF;
    PERFORM pg_advisory_unlock(1953656685, 0);
END
$$;

-- The version of a change made here now. A clock beyond the year 2200 counts as 2200: that leaves room above it, up to 2^53, for what
-- others write after it.
CREATE OR REPLACE FUNCTION replication.next_version() RETURNS bigint
LANGUAGE sql VOLATILE
AS $$
    SELECT least(9007199254740992, greatest(0, least((extract(epoch FROM clock_timestamp()) * 1000000)::bigint, 7258118400000000),
                                            pg_sequence_last_value('replication.clock'::regclass) + 1))
$$;

-- The key columns of a table: its primary key, or else a column `nr` that is not null and unique; null where there is neither.
CREATE OR REPLACE FUNCTION replication.key_of(relation oid) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg(a.attname::text ORDER BY k.position)
    FROM (SELECT i.indexrelid, i.indkey
          FROM pg_index i
          WHERE i.indrelid = relation AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
            AND (i.indisprimary
                 OR (i.indisunique AND i.indnkeyatts = 1
                     AND EXISTS (SELECT FROM pg_attribute n WHERE n.attrelid = relation AND n.attnum = i.indkey[0]
                                 AND n.attname = 'nr' AND n.attnotnull)))
          ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1) i
    JOIN pg_index full_index ON full_index.indexrelid = i.indexrelid
    CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(attnum, position)
    JOIN pg_attribute a ON a.attrelid = relation AND a.attnum = k.attnum
    WHERE k.position <= full_index.indnkeyatts
$$;

-- Is the key one integer column? Its value then goes into events.nr as it is.
CREATE OR REPLACE FUNCTION replication.key_is_integer(relation oid, key_columns text[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT cardinality(key_columns) = 1 AND EXISTS (
        SELECT FROM pg_attribute a
        WHERE a.attrelid = relation AND a.attname = key_columns[1]
          AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype))
$$;

-- Is it a type of PostgreSQL's own, or a domain over one?
CREATE OR REPLACE FUNCTION replication.is_own_type(type oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE base AS (
        SELECT y.* FROM pg_type y WHERE y.oid = type
        UNION ALL
        SELECT y.* FROM base b JOIN pg_type y ON y.oid = b.typbasetype WHERE b.typtype = 'd'
    )
    SELECT typnamespace = 'pg_catalog'::regnamespace FROM base WHERE typtype <> 'd'
$$;

-- SQL for the key of a row `alias` as a jsonb array. Numbers and booleans stay what they are, all else travels as text. A user's type is printed, not
-- cast: whoever makes a type may make a cast to text as well, which would run with the rights of the schema's owner.
CREATE OR REPLACE FUNCTION replication.key_expression(relation oid, key_columns text[], alias text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'jsonb_build_array(' || string_agg(format(
               CASE WHEN a.atttypid IN ('bool'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype, 'text'::regtype)
                    THEN '%s.%I'
                    WHEN replication.is_own_type(a.atttypid) THEN '%s.%I::text' ELSE 'format(''%%s'', %s.%I)' END, alias, a.attname), ', ' ORDER BY k.position) || ')'
    FROM unnest(key_columns) WITH ORDINALITY AS k(name, position)
    JOIN pg_attribute a ON a.attrelid = relation AND a.attname = k.name
$$;

-- The tables that a statement may name when it writes to a table: itself and, where it is partitioned, all its partitions.
CREATE OR REPLACE FUNCTION replication.parts_of(relation oid) RETURNS TABLE (part oid, relkind "char")
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.oid, c.relkind
    FROM (SELECT relation AS oid UNION SELECT p.relid::oid FROM pg_partition_tree(relation) p) p JOIN pg_class c ON c.oid = p.oid
$$;

-- Why this table cannot be replicated; null if it can.
CREATE OR REPLACE FUNCTION replication.refusal(relation oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN c.relispartition THEN format('it is a partition of %s, and replicated with that', pg_partition_root(c.oid)::regclass)
        WHEN c.relkind NOT IN ('r', 'p') THEN 'it is not an ordinary table'
        WHEN c.relpersistence = 't' THEN 'it is temporary'
        WHEN EXISTS (SELECT FROM replication.parts_of(c.oid) p WHERE p.relkind NOT IN ('r', 'p'))
            THEN format('its partition %s is no ordinary table',
                        (SELECT p.part::regclass FROM replication.parts_of(c.oid) p WHERE p.relkind NOT IN ('r', 'p') ORDER BY 1 LIMIT 1))
        WHEN c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent))
            THEN 'it takes part in table inheritance, whose changes triggers cannot see right'
        WHEN EXISTS (SELECT FROM pg_trigger g JOIN replication.parts_of(c.oid) p ON p.part = g.tgrelid WHERE NOT g.tgisinternal AND g.tgenabled IN ('A', 'R'))
            THEN format('its trigger %I is ENABLE ALWAYS or ENABLE REPLICA: it would fire where changes are applied, and what it writes would not be captured; use ALTER TABLE ... ENABLE TRIGGER',
                        (SELECT g.tgname FROM pg_trigger g JOIN replication.parts_of(c.oid) p ON p.part = g.tgrelid
                         WHERE NOT g.tgisinternal AND g.tgenabled IN ('A', 'R') ORDER BY 1 LIMIT 1))
        WHEN replication.key_of(c.oid) IS NULL
            THEN 'it has no primary key and no column nr that is not null and unique; add one: ALTER TABLE ... ADD PRIMARY KEY (...)'
        WHEN EXISTS (SELECT FROM pg_attribute a JOIN pg_collation l ON l.oid = a.attcollation
                     WHERE a.attrelid = c.oid AND a.attname = ANY (replication.key_of(c.oid)) AND NOT l.collisdeterministic)
            THEN 'its key has a nondeterministic collation: unequal texts would be equal keys'
        END
    FROM pg_class c WHERE c.oid = relation
$$;

-- Refuses where this transaction may not see all rows of a table that it has locked: its snapshot may be older.
CREATE OR REPLACE FUNCTION replication.require_all_rows(relation oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') AND NOT replication.is_made_here(relation) THEN
        RAISE EXCEPTION 'the rows of table % are to be sent, but this transaction may not see all of them', relation::regclass
            USING ERRCODE = 'feature_not_supported', HINT = 'Do it in a transaction that is READ COMMITTED.';
    END IF;
END
$$;

-- Gives a table this trigger, for each statement, unless it has it: to drop one keeps all users away.
CREATE OR REPLACE FUNCTION replication.put_trigger(relation oid, name text, event text, referencing text, function text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    present CONSTANT text := (SELECT pg_get_triggerdef(g.oid) || CASE WHEN g.tgenabled <> 'O' THEN ' disabled' ELSE '' END
                              FROM pg_trigger g WHERE g.tgrelid = relation AND g.tgname = name);
    wanted  CONSTANT text := format('CREATE TRIGGER %I %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION %s', name, event, relation::regclass,
                                    referencing, function);
BEGIN
    IF replace(present, ' ', '') = replace(wanted, ' ', '') THEN
        RETURN;
    END IF;
    IF present IS NOT NULL THEN
        EXECUTE format('DROP TRIGGER %I ON %s', name, relation::regclass);
    END IF;
    EXECUTE wanted;
END
$$;

-- (Re)creates the trigger functions and triggers of a replicated table. Of a partitioned one all partitions have them: a statement fires those
-- of the table that it names. Only TRUNCATE fires those of all that it empties.
CREATE OR REPLACE FUNCTION replication.capture(table_id integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $capture$
DECLARE
    t           record;
    is_integer  boolean;
    settings    text := '';
    head        text;
    key_of_row  text;   -- the beginning of a query: nr, key
    rows_end    text;   -- its end, behind the name of the rows
    old_keys    text;   -- a query: nr, key
    new_keys    text;
    old_rows    text;   -- the same with the rows' strength, where that depends on the row
    new_rows    text;
    strength    text := '';
    rank        text := 'NULL::float8';
    delete_rank text;
    gone        text;   -- a query as old_rows: those whose keys are none of the new ones
    log         text;   -- SQL that logs them: version, action, strength and derived table k are to be filled in
    events      text;   -- the same but for the version, and with the wake-up
    wake_up     CONSTANT text := $wake_up$
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written > 0 AND pg_sequence_last_value('replication.armed'::regclass) = 2 THEN
        PERFORM pg_notify('trompd_capture', '');
    END IF;$wake_up$;
    body        text;
    operation   record;
BEGIN
    SELECT * INTO STRICT t FROM replication.tables WHERE id = table_id;
    is_integer := replication.key_is_integer(t.relation, t.key_columns);
    IF t.resolver = 'node_priority' THEN
        rank := coalesce(cardinality(t.priority) - array_position(t.priority, replication.node()) + 1, 0) || '::float8';
    END IF;
    IF replication.capture_strength(table_id) THEN
        rank := 'k.strength';
        strength := format(', %s AS strength', replication.strength_sql(table_id, 'r'));
    END IF;
    delete_rank := CASE t.delete_resolver WHEN 'delete_wins' THEN quote_literal('Infinity') || '::float8' ELSE rank END;

    IF is_integer THEN
        key_of_row := format('SELECT r.%I::bigint AS nr, NULL::jsonb AS key', t.key_columns[1]);
        rows_end := ' r';
    ELSE
        key_of_row := format('SELECT jsonb_hash_extended(x.key, 0) AS nr, x.* FROM (SELECT %s AS key',
                             replication.key_expression(t.relation, t.key_columns, 'r'));
        rows_end := ' r) x';
        -- The text of these does not depend on the writer's settings; that of any other type may.
        IF EXISTS (SELECT FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
                   WHERE a.attrelid = t.relation AND a.attname = ANY (t.key_columns) AND y.typtype <> 'e'
                     AND a.atttypid NOT IN ('bool'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype,
                                            'text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'uuid'::regtype)) THEN
            settings := ' SET datestyle = ''ISO, YMD'' SET intervalstyle = ''postgres'' SET timezone = ''UTC'' SET extra_float_digits = 1'
                        ' SET bytea_output = ''hex'' SET lc_monetary = ''C''';
        END IF;
    END IF;
    old_keys := key_of_row || ' FROM old_rows' || rows_end;
    new_keys := key_of_row || ' FROM new_rows' || rows_end;
    old_rows := key_of_row || strength || ' FROM old_rows' || rows_end;
    new_rows := key_of_row || strength || ' FROM new_rows' || rows_end;
    gone := old_keys || ' EXCEPT ' || new_keys;
    IF delete_rank = 'k.strength' THEN
        gone := format('SELECT o.* FROM (%s) o JOIN (%s) g ON g.nr = o.nr AND g.key IS NOT DISTINCT FROM o.key', old_rows, gone);
    END IF;

    log := format('INSERT INTO replication.events (xid, nr, version, tbl, via, origin, action, strength, key)'
                  ' SELECT pg_current_xact_id(), k.nr, %%s, %1$s, %2$s, %2$s, %%s, %%s, k.key FROM (%%s) k', table_id, replication.node());
    events := format($events$
    %s;%s$events$, format(log, 'now_or_later', '%L', '%s', '%s'), wake_up);

    FOR operation IN
        SELECT * FROM (VALUES
            ('insert', 'AFTER INSERT', 'REFERENCING NEW TABLE AS new_rows'),
            ('update', 'AFTER UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'),
            ('delete', 'AFTER DELETE', 'REFERENCING OLD TABLE AS old_rows'),
            ('truncate', 'BEFORE TRUNCATE', '')) AS o(name, event, referencing)
    LOOP
        body := CASE operation.name
            WHEN 'insert' THEN format(events, 'I', rank, new_rows)
            -- The new keys; and as deletes the old keys that are none of them: keys that change or swap come out right.
            -- A single row, the usual case, is told by a look that costs less than EXCEPT.
            WHEN 'update' THEN format($update$%1$s
    IF written > 1 OR (SELECT %2$s FROM (%3$s) k) IS DISTINCT FROM (SELECT %2$s FROM (%4$s) k) THEN%5$s
    END IF;$update$, format(events, 'U', rank, new_rows), CASE WHEN is_integer THEN 'k.nr' ELSE 'k.key' END, old_keys, new_keys,
                                      format(events, 'D', delete_rank, gone))
            WHEN 'delete' THEN format(events, 'D', delete_rank, old_rows)
            -- Under TRUNCATE's lock, which is taken before. Of the table it is one event; of a partition a delete of each of its rows, as weak as that,
            -- unless its table has just been emptied by this transaction: the triggers of that run first. A neighbour that is still to compare the
            -- table must know which rows were in it, so those of which no event tells are logged as well, before.
            ELSE format($truncate$
    PERFORM replication.restart_beyond(tg_relid);
    IF NOT (SELECT c.relispartition FROM pg_class c WHERE c.oid = tg_relid) THEN
        IF NOT replication.all_compared() THEN
            EXECUTE format(%L, tg_relid::regclass) USING now_or_later;
        END IF;
        %s;%s
    ELSIF NOT coalesce((SELECT e.nr IS NULL FROM replication.events e WHERE e.tbl = %s AND e.xid = pg_current_xact_id() ORDER BY e.id DESC LIMIT 1), false) THEN
        PERFORM replication.require_all_rows(tg_relid);
        EXECUTE format(%L, tg_relid::regclass) USING now_or_later;%s
    END IF;$truncate$,
                        format(log, '$1', quote_literal('D'), quote_literal('-Infinity') || '::float8', replace(key_of_row, '%', '%%') || ' FROM %s' || rows_end)
                            || format(' WHERE NOT EXISTS (SELECT FROM replication.events e WHERE e.tbl = %s AND e.nr = k.nr AND e.key IS NOT DISTINCT FROM k.key)', table_id),
                        format(log, 'now_or_later', quote_literal('T'), quote_literal('-Infinity') || '::float8', 'SELECT NULL::bigint AS nr, NULL::jsonb AS key'), wake_up, table_id,
                        format(log, '$1', quote_literal('D'), quote_literal('-Infinity') || '::float8', replace(key_of_row, '%', '%%') || ' FROM ONLY %s' || rows_end), wake_up)
        END;
        head := format('CREATE OR REPLACE FUNCTION replication.capture_%s_%s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER'
                       ' SET search_path = pg_catalog, pg_temp%s AS ', table_id, operation.name, settings);
        EXECUTE head || quote_literal(format($body$
DECLARE
    now_or_later CONSTANT bigint := replication.next_version();
    written      bigint;
BEGIN%s
    RETURN NULL;
END $body$, body));
        EXECUTE format('REVOKE ALL ON FUNCTION replication.capture_%s_%s() FROM PUBLIC', table_id, operation.name);
        PERFORM replication.put_trigger(p.part, 'trompd_' || operation.name, operation.event, operation.referencing,
                                        format('replication.capture_%s_%s()', table_id, operation.name))
        FROM replication.parts_of(t.relation) p;
    END LOOP;
END
$capture$;

-- Takes the triggers of a table away, and its events: nobody reads them any more.
CREATE OR REPLACE FUNCTION replication.release(table_id integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET trompd.own_work = 'on' SET client_min_messages = warning
AS $$
DECLARE
    operation text;
BEGIN
    FOREACH operation IN ARRAY ARRAY['insert', 'update', 'delete', 'truncate'] LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS replication.capture_%s_%s() CASCADE', table_id, operation);
    END LOOP;
    EXECUTE format('DROP FUNCTION IF EXISTS replication.strength_%s(record)', table_id);
    DELETE FROM replication.events WHERE tbl = table_id;
    DELETE FROM replication.ahead WHERE tbl = table_id;
    DELETE FROM replication.unlocked WHERE tbl = table_id;
    DELETE FROM replication.tables WHERE id = table_id;
END
$$;

-- SQL for the strength of the row `alias`, where the table has one.
CREATE OR REPLACE FUNCTION replication.strength_sql(table_id integer, alias text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN to_regprocedure(format('replication.strength_%s(record)', table_id)) IS NULL THEN 'NULL::float8'
                ELSE format('replication.strength_%s(%s.*)', table_id, alias) END
$$;

-- Logs a change of ours as the triggers log a user's; `strength` is the row's own, where the table has such. The row itself is written by who calls.
CREATE OR REPLACE FUNCTION replication.log_change(table_id integer, change "char", row_key jsonb, strength float8) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO replication.events (xid, nr, version, tbl, via, origin, action, strength, key)
    SELECT pg_current_xact_id(), CASE WHEN k.is_integer THEN (row_key ->> 0)::bigint ELSE jsonb_hash_extended(row_key, 0) END,
           replication.next_version(), t.id, n.node, n.node, change,
           CASE WHEN change = 'D' AND t.delete_resolver = 'delete_wins' THEN 'Infinity'::float8
                WHEN t.resolver = 'node_priority' THEN coalesce(cardinality(t.priority) - array_position(t.priority, n.node) + 1, 0)
                ELSE log_change.strength END,
           CASE WHEN NOT k.is_integer THEN row_key END
    FROM replication.tables t
    JOIN replication.nodes n ON n.is_self
    CROSS JOIN LATERAL replication.key_is_integer(t.relation, t.key_columns) AS k(is_integer)
    WHERE t.id = table_id
$$;
