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
        ' UPDATE pg_temp.decision d SET settled = true FROM t WHERE d.ctid = ANY ($1) AND NOT d.here AND %s',
        table_sql, columns_sql, staged_sql, stage_sql, match_staged_sql, on_conflict_sql, keys_sql, match_sql);
    gone     tid[];
    moving   tid[];
    same     tid[];
    absent   tid[];
    work     record;
    place    tid;
    places   tid[];
    errors   text[];
    message  text;
    detail   text;
BEGIN
    EXECUTE format('CREATE INDEX stage_keys ON %s (%s)', stage_sql, keys_sql);
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
        places := '{}';
        errors := '{}';
        BEGIN
            EXECUTE deletes USING gone || moving;
            FOR work IN
                SELECT w.statement, w.rows[g.first : g.first + together - 1] AS lot
                FROM (VALUES (1, updates, CASE WHEN assignments_sql <> '' THEN same END), (2, inserts, moving || absent)) AS w(step, statement, rows)
                CROSS JOIN generate_series(1, cardinality(w.rows), together) AS g(first)
                ORDER BY w.step, g.first
            LOOP
                BEGIN
                    EXECUTE work.statement USING work.lot;
                EXCEPTION WHEN integrity_constraint_violation OR data_exception OR with_check_option_violation OR raise_exception THEN
                    FOREACH place IN ARRAY work.lot LOOP
                        BEGIN
                            EXECUTE work.statement USING ARRAY[place];
                        EXCEPTION WHEN integrity_constraint_violation OR data_exception OR with_check_option_violation OR raise_exception THEN
                            GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
                            places := array_append(places, place);
                            errors := array_append(errors, concat_ws('; ', message, nullif(detail, '')));
                        END;
                    END LOOP;
                END;
            END LOOP;
            IF places <> '{}' THEN
                RAISE EXCEPTION USING ERRCODE = 'TR001', MESSAGE = 'once more without those that are refused';
            END IF;
            EXIT;
        EXCEPTION WHEN SQLSTATE 'TR001' THEN
            UPDATE pg_temp.decision d SET refused = r.error FROM unnest(places, errors) AS r(place, error) WHERE d.ctid = r.place;
        END;
    END LOOP;
    DROP INDEX pg_temp.stage_keys;
END
$$;

-- Puts held rows of one table that still count into the stage and the decisions, as rows that are taken, save those whose key the
-- batch decides anyway; the ones that were tried least, a thousand at a time. One that does not fit the table's columns any more stays held, with the error.
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
             ORDER BY s.tries, s.id LIMIT 1000
    LOOP
        BEGIN
            EXECUTE format('INSERT INTO %s (%s) SELECT %s FROM (SELECT $1 AS row) h', stage_sql, columns_sql, casts_sql) USING h.row;
            INSERT INTO pg_temp.decision (tbl, nr, key, theirs, inserted, present, held)
            SELECT table_id, h.nr, CASE WHEN replication.key_is_integer(t.relation, t.key_columns) THEN NULL ELSE h.key END, h.tag, true, true, h.id
            FROM replication.tables t WHERE t.id = table_id;
        EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN
            UPDATE replication.held SET tries = tries + 1, error = SQLERRM WHERE id = h.id;
        END;
    END LOOP;
END
$$;

-- These held rows are held no more: they lost against what was written here under their keys, or to a TRUNCATE made here.
CREATE OR REPLACE FUNCTION replication.held_lost(ids bigint[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    WITH superseded AS (
        DELETE FROM replication.held h WHERE h.id = ANY (ids) RETURNING h.*
    )
    INSERT INTO replication.conflicts (type, schema_name, table_name, key, winner_origin, winner_version, loser_origin, loser_version,
                                       loser_row, resolver, neighbour)
    SELECT CASE WHEN e.action IN ('D', 'T') THEN 'update_deleted' ELSE 'update_origin_differs' END, h.schema_name, h.table_name, h.key,
           e.origin, e.version, h.tag[3]::smallint, h.tag[2]::bigint, replication.image_of_texts(h.row), t.resolver, h.neighbour
    FROM superseded h
    JOIN replication.tables t ON t.id = h.tbl
    CROSS JOIN LATERAL (SELECT * FROM replication.events e
                        WHERE e.tbl = h.tbl AND (e.nr IS NULL OR (e.nr = h.nr AND coalesce(e.key, jsonb_build_array(e.nr)) = h.key))
                          AND e.via = (SELECT node FROM replication.nodes WHERE is_self)
                        ORDER BY coalesce(e.ord, e.id) DESC, e.id DESC LIMIT 1) e
$$;

-- Makes the present row of a held row's key, or its absence, a new change made here: that is what everybody gets, and what was
-- held goes to the conflicts. Returns the key as text; null where there is no such held row. No batch is applied meanwhile (resolve_lock_absent.sql):
-- it might be about to make the held row a row, which nobody here can see before it commits.
CREATE OR REPLACE FUNCTION replication.discard_held(held_id bigint) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    h        record;
    present  boolean;
    strength float8;
BEGIN
    PERFORM pg_advisory_xact_lock(1953656685, 3);
    SELECT s.*, t.relation, t.key_columns INTO h
    FROM replication.held s JOIN replication.tables t ON t.id = s.tbl WHERE s.id = held_id FOR UPDATE OF s;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    EXECUTE format('SELECT count(*) = 1, max(r.strength) FROM (SELECT %3$s AS strength FROM %1$s t WHERE (%2$s) = (SELECT %2$s FROM replication.row_of(NULL::%1$s, $1)) FOR UPDATE) r',
                   h.relation::regclass, (SELECT string_agg(quote_ident(c), ', ') FROM unnest(h.key_columns) c), replication.strength_sql(h.tbl, 't'))
    INTO present, strength
    USING (SELECT replication.image_of_texts(jsonb_object_agg(c.name, h.key -> (c.position::integer - 1))) FROM unnest(h.key_columns) WITH ORDINALITY c(name, position));
    PERFORM replication.log_change(h.tbl, CASE WHEN present THEN 'U' ELSE 'D' END::"char", h.key, strength);
    PERFORM replication.held_lost(ARRAY[held_id]);
    RETURN format('%I.%I %s', h.schema_name, h.table_name, h.key);
END
$$;
