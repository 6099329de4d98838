-- What TRUNCATE needs, where it is made and where it is applied.

-- Before a TRUNCATE: one that restarts the table's own sequences would hand out keys again that others still know. So the place that
-- it goes back to is put beyond all keys used, in this node's share. What it restarts it has locked by now, and only that is touched: others
-- may hold numbers of a sequence while they wait for the table.
CREATE OR REPLACE FUNCTION replication.restart_beyond(relation oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET trompd.own_work = 'on'
AS $$
DECLARE
    restarted CONSTANT oid[] := ARRAY(SELECT l.relation FROM pg_locks l JOIN pg_class c ON c.oid = l.relation AND c.relkind = 'S'
                                      WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.granted);
    s         record;
    towards   integer;
    extreme   numeric;
    in_use    numeric;
    start     numeric;
BEGIN
    IF restarted = '{}' THEN
        RETURN;
    END IF;
    FOR s IN SELECT k.sequence, q.seqstart, q.seqincrement, q.seqmin, q.seqmax, k.column_name, k.is_number AND k.is_indexed AS is_cheap
             FROM replication.table_sequences(ARRAY(SELECT t.id FROM replication.tables t WHERE t.relation = pg_partition_root(restart_beyond.relation) OR t.relation = restart_beyond.relation)) k
             JOIN pg_class c ON c.oid = restart_beyond.relation AND c.relname = k.table_name
              AND c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = k.schema_name)
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = k.column_name
             JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = k.sequence AND d.refclassid = 'pg_class'::regclass
              AND d.refobjid = c.oid AND d.refobjsubid = a.attnum AND d.deptype IN ('a', 'i')
             JOIN pg_class o ON o.oid = k.sequence AND pg_has_role(o.relowner, 'USAGE')
             JOIN pg_sequence q ON q.seqrelid = k.sequence
             WHERE k.sequence = ANY (restarted)
    LOOP
        towards := sign(s.seqincrement);
        EXECUTE format('SELECT CASE WHEN is_called THEN last_value ELSE last_value::numeric - $1 END FROM %s', s.sequence::regclass)
        INTO extreme USING towards;
        IF s.is_cheap THEN
            EXECUTE format('SELECT %1$s(%2$I)::numeric FROM %3$s WHERE %2$I BETWEEN $1 AND $2', CASE WHEN towards > 0 THEN 'max' ELSE 'min' END,
                           s.column_name, relation::regclass)
            INTO in_use USING s.seqmin, s.seqmax;
            extreme := CASE WHEN towards > 0 THEN greatest(extreme, in_use) ELSE least(extreme, in_use) END;
        END IF;
        CONTINUE WHEN (extreme - s.seqstart) * towards < 0;
        start := s.seqstart + (div(extreme - s.seqstart, s.seqincrement) + 1) * s.seqincrement;
        IF start BETWEEN s.seqmin AND s.seqmax THEN
            EXECUTE format('ALTER SEQUENCE %s START WITH %s', s.sequence::regclass, start);
        END IF;
    END LOOP;
END
$$;

-- Have all neighbours, or all but one, compared our tables with theirs? As far as we know; one that has not will compare what we have then.
CREATE OR REPLACE FUNCTION replication.all_compared(but smallint DEFAULT NULL) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT NOT EXISTS (SELECT FROM replication.nodes n
                       WHERE NOT n.is_self AND NOT n.stale AND n.node IS DISTINCT FROM but
                         AND n.compared IS DISTINCT FROM (SELECT md5(string_agg(format('%I.%I', t.schema_name, t.table_name), ',' ORDER BY t.schema_name COLLATE "C", t.table_name COLLATE "C"))
                                                          FROM replication.tables t))
$$;

-- Resolve, where a TRUNCATE came with the batch: adds the rows here, held ones too, that the source does not have, as deletes that are weaker
-- than whatever our log says of their keys. Not what the batch decides about anyway, not what comes with a later chunk, and not rows t of which `uncompared_sql` is
-- true: what the two ends never had in common is compared yet.
CREATE OR REPLACE FUNCTION replication.sweep(table_id integer, table_sql text, spared_sql text, match_spared_sql text, uncompared_sql text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    t           record;
    integer_key boolean;
    row_key     text;
BEGIN
    SELECT * INTO STRICT t FROM replication.tables WHERE id = table_id;
    integer_key := replication.key_is_integer(t.relation, t.key_columns);
    row_key := replication.key_expression(t.relation, t.key_columns, 't');
    EXECUTE format($sweep$
        INSERT INTO pg_temp.decision (tbl, nr, key, theirs, inserted, present, swept)
        SELECT c.tbl, k.nr, k.key, ARRAY['-Infinity', c.version, c.origin, c.number]::float8[], false, false, true
        FROM pg_temp.incoming_truncate c
        CROSS JOIN (SELECT %1$s FROM %2$s t WHERE NOT (%7$s) AND NOT EXISTS (SELECT FROM %3$s r WHERE %4$s)
                    UNION
                    SELECT h.nr, %5$s FROM replication.standing h
                    WHERE h.tbl = $1 AND NOT EXISTS (SELECT FROM %3$s t WHERE %6$s = h.key)) k
        WHERE c.tbl = $1
          AND NOT EXISTS (SELECT FROM pg_temp.spared_key s WHERE s.tbl = $1 AND s.nr = k.nr AND s.key IS NOT DISTINCT FROM k.key)
          AND NOT EXISTS (SELECT FROM pg_temp.decision d WHERE d.tbl = $1 AND d.nr = k.nr AND d.key IS NOT DISTINCT FROM k.key)$sweep$,
        CASE WHEN integer_key THEN format('t.%I::bigint AS nr, NULL::jsonb AS key', t.key_columns[1])
             ELSE format('jsonb_hash_extended(%1$s, 0) AS nr, %1$s AS key', row_key) END,
        table_sql, spared_sql, match_spared_sql, CASE WHEN integer_key THEN 'NULL::jsonb' ELSE 'h.key' END, row_key, uncompared_sql)
    USING table_id;
END
$$;
