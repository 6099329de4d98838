-- Functions that apply rows of which some are refused. Names ending in _sql are pieces made by the daemon from the table's columns.

-- Applies what is taken of one table, as far as the database accepts it; the keys of the rest get the error as
-- decision.refused, and their rows here stay as they are. The rows whose unique values change go first and come back, so
-- values may swap and rotate. A row that stays in the place of another one refuses that too: all begins again without it, until
-- nothing is refused any more.
CREATE OR REPLACE FUNCTION replication.apply_singly(
    table_id integer, table_sql text, stage_sql text, columns_sql text, staged_sql text, assignments_sql text, moving_sql text,
    match_sql text, match_staged_sql text, on_conflict_sql text, keys_sql text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    together CONSTANT integer := 500;  -- rows that share a subtransaction as long as none of them is refused
    deletes  CONSTANT text := format('DELETE FROM %s t USING pg_temp.decision d WHERE d.ctid = ANY ($1) AND %s', table_sql, match_sql);
    updates  CONSTANT text := format('UPDATE %s t SET %s FROM pg_temp.decision d JOIN %s r ON %s WHERE d.ctid = ANY ($1) AND %s',
                                     table_sql, assignments_sql, stage_sql, match_staged_sql, match_sql);
    inserts  CONSTANT text := format(
        'WITH t AS (INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM pg_temp.decision d JOIN %s r ON %s WHERE d.ctid = ANY ($1) %s RETURNING %s)'
        ' UPDATE pg_temp.decision d SET settled = true FROM t WHERE d.tbl = %s AND NOT d.here AND %s',
        table_sql, columns_sql, staged_sql, stage_sql, match_staged_sql, on_conflict_sql, keys_sql, table_id, match_sql);
    gone     tid[];
    moving   tid[];
    same     tid[];
    absent   tid[];
    refusals jsonb;
BEGIN
    LOOP
        EXECUTE format(
            'SELECT array_agg(d.ctid) FILTER (WHERE NOT d.present AND d.here),'
            ' array_agg(d.ctid) FILTER (WHERE d.present AND d.here AND (%1$s)),'
            ' array_agg(d.ctid) FILTER (WHERE d.present AND d.here AND NOT (%1$s)),'
            ' array_agg(d.ctid) FILTER (WHERE d.present AND NOT d.here)'
            ' FROM pg_temp.decision d LEFT JOIN %2$s r ON %3$s LEFT JOIN %4$s t ON d.here AND %5$s'
            ' WHERE d.tbl = $1 AND NOT d.settled AND d.taken AND d.refused IS NULL',
            moving_sql, stage_sql, match_staged_sql, table_sql, match_sql)
        INTO gone, moving, same, absent USING table_id;
        BEGIN
            EXECUTE deletes USING gone || moving;
            refusals := replication.try_each(updates, same, together) || replication.try_each(inserts, moving || absent, together);
            IF refusals <> '{}' THEN
                RAISE EXCEPTION USING ERRCODE = 'TR001', MESSAGE = 'once more without those that are refused';
            END IF;
            RETURN;
        EXCEPTION WHEN SQLSTATE 'TR001' THEN
            UPDATE pg_temp.decision d SET refused = r.value FROM jsonb_each_text(refusals) r WHERE d.ctid = r.key::tid;
        END;
    END LOOP;
END
$$;

-- Runs a statement with each of these places as $1, many at once where all goes well; returns the errors of those that are refused.
CREATE OR REPLACE FUNCTION replication.try_each(statement text, places tid[], together integer) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    refusals jsonb := '{}';
    lot      tid[];
    message  text;
    detail   text;
BEGIN
    IF statement IS NULL OR places IS NULL THEN
        RETURN refusals;
    END IF;
    FOR start IN 1 .. cardinality(places) BY together LOOP
        lot := places[start : start + together - 1];
        BEGIN
            EXECUTE statement USING lot;
        EXCEPTION WHEN integrity_constraint_violation OR data_exception OR with_check_option_violation OR raise_exception THEN
            IF together > 1 THEN
                refusals := refusals || replication.try_each(statement, lot, 1);
            ELSE
                GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
                refusals := refusals || jsonb_build_object(lot[1]::text, concat_ws('; ', message, nullif(detail, '')));
            END IF;
        END;
    END LOOP;
    RETURN refusals;
END
$$;

-- Puts the held rows of one table that still count into the stage and the decisions, as rows that are taken, save those whose
-- key the batch decides anyway. One that does not fit the table's columns any more stays held, with the error.
CREATE OR REPLACE FUNCTION replication.stage_held(table_id integer, stage_sql text, columns_sql text, casts_sql text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    h record;
BEGIN
    FOR h IN SELECT s.id, s.row, s.nr, s.key, s.tag
             FROM replication.standing s
             WHERE s.tbl = table_id
               AND NOT EXISTS (SELECT FROM pg_temp.decision d WHERE d.tbl = s.tbl AND d.nr = s.nr
                               AND coalesce(d.key, jsonb_build_array(d.nr)) = s.key)
             ORDER BY s.id
    LOOP
        BEGIN
            EXECUTE format('INSERT INTO %s (%s) SELECT %s FROM (SELECT $1 AS row) h', stage_sql, columns_sql, casts_sql) USING h.row;
            INSERT INTO pg_temp.decision (tbl, nr, key, theirs, inserted, present, newest_ord, newest_id, held)
            SELECT table_id, h.nr, CASE WHEN replication.key_is_integer(t.relation, t.key_columns) THEN NULL ELSE h.key END, h.tag, true, true, 0, 0, h.id
            FROM replication.tables t WHERE t.id = table_id;
        EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
            UPDATE replication.held SET tries = tries + 1, error = SQLERRM WHERE id = h.id;
        END;
    END LOOP;
END
$$;

-- Makes the present row of a held row's key, or its absence, a new change made here: that is what everybody gets, and what was
-- held goes to the conflicts. Returns the key as text; null where there is no such held row.
CREATE OR REPLACE FUNCTION replication.discard_held(held_id bigint) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    h       record;
    present boolean;
BEGIN
    SELECT s.*, t.relation, t.key_columns, t.resolver, t.delete_resolver, t.priority INTO h
    FROM replication.held s JOIN replication.tables t ON t.id = s.tbl WHERE s.id = held_id FOR UPDATE OF s;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    EXECUTE format('SELECT count(*) = 1 FROM (SELECT FROM %s t WHERE (%s) = (SELECT %2$s FROM jsonb_populate_record(NULL::%1$s, $1)) FOR UPDATE) r',
                   h.relation::regclass, (SELECT string_agg(quote_ident(c), ', ') FROM unnest(h.key_columns) c))
    INTO present
    USING (SELECT jsonb_object_agg(c.name, h.key -> (c.position::integer - 1)) FROM unnest(h.key_columns) WITH ORDINALITY c(name, position));
    INSERT INTO replication.events (xid, nr, version, tbl, via, origin, action, strength, key)
    SELECT pg_current_xact_id(), h.nr,
           greatest((extract(epoch FROM clock_timestamp()) * 1000000)::bigint, pg_sequence_last_value('replication.clock'::regclass) + 1),
           h.tbl, n.node, n.node, CASE WHEN present THEN 'U' ELSE 'D' END,
           CASE WHEN NOT present AND h.delete_resolver = 'delete_wins' THEN 'Infinity'::float8
                WHEN h.resolver = 'node_priority' THEN coalesce(cardinality(h.priority) - array_position(h.priority, n.node) + 1, 0) END,
           CASE WHEN NOT replication.key_is_integer(h.relation, h.key_columns) THEN h.key END
    FROM replication.nodes n WHERE n.is_self;
    RETURN format('%I.%I %s', h.schema_name, h.table_name, h.key);
END
$$;
