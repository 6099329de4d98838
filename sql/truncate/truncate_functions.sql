-- What TRUNCATE needs, where it is made and where it is applied.

-- Before a TRUNCATE: one that restarts the table's own sequences would hand out keys again that others still know. So the place that
-- it goes back to is put above the highest key used, in this node's share. What it restarts it has locked by now, and only that is touched: others
-- may hold numbers of a sequence while they wait for the table.
CREATE OR REPLACE FUNCTION replication.restart_above(relation oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET trompd.own_work = 'on'
AS $$
DECLARE
    s       record;
    highest bigint;
    in_use  bigint;
    start   bigint;
BEGIN
    FOR s IN SELECT c.oid, q.seqstart, q.seqincrement, q.seqmin, q.seqmax, a.attname,
                    y.typcategory = 'N' AND has_table_privilege(relation, 'SELECT')
                        AND EXISTS (SELECT FROM pg_index i WHERE i.indrelid = relation AND i.indkey[0] = a.attnum) AS is_cheap
             FROM pg_depend d
             JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S' AND pg_has_role(c.relowner, 'USAGE')
             JOIN pg_sequence q ON q.seqrelid = c.oid AND q.seqincrement > 0
             JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
             JOIN pg_type y ON y.oid = a.atttypid
             WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = relation AND d.deptype IN ('a', 'i')
               AND EXISTS (SELECT FROM pg_locks l
                           WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.relation = c.oid
                             AND l.mode = 'AccessExclusiveLock' AND l.granted)
    LOOP
        EXECUTE format('SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM %s', s.oid::regclass) INTO highest;
        IF s.is_cheap THEN
            EXECUTE format('SELECT max(%I)::bigint FROM %s', s.attname, relation::regclass) INTO in_use;
            highest := greatest(highest, in_use);
        END IF;
        start := s.seqstart + greatest((highest - s.seqstart + s.seqincrement) / s.seqincrement, 0) * s.seqincrement;
        IF start <> s.seqstart AND start <= s.seqmax THEN
            EXECUTE format('ALTER SEQUENCE %s START WITH %s', s.oid::regclass, start);
        END IF;
    END LOOP;
END
$$;

-- Resolve, where a TRUNCATE came with the batch: adds the rows here, held ones too, that the source does not have, as deletes that are weaker
-- than whatever our log says of their keys. Not what the batch decides about anyway, and not what comes with a later chunk.
CREATE OR REPLACE FUNCTION replication.sweep(table_id integer, table_sql text, spared_sql text, match_spared_sql text) RETURNS void
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
        CROSS JOIN (SELECT %1$s FROM %2$s t WHERE NOT EXISTS (SELECT FROM %3$s r WHERE %4$s)
                    UNION
                    SELECT h.nr, %5$s FROM replication.standing h
                    WHERE h.tbl = $1 AND NOT EXISTS (SELECT FROM %3$s t WHERE %6$s = h.key)) k
        WHERE c.tbl = $1
          AND NOT EXISTS (SELECT FROM pg_temp.spared_key s WHERE s.tbl = $1 AND s.nr = k.nr AND s.key IS NOT DISTINCT FROM k.key)
          AND NOT EXISTS (SELECT FROM pg_temp.decision d WHERE d.tbl = $1 AND d.nr = k.nr AND d.key IS NOT DISTINCT FROM k.key)$sweep$,
        CASE WHEN integer_key THEN format('t.%I::bigint AS nr, NULL::jsonb AS key', t.key_columns[1])
             ELSE format('jsonb_hash_extended(%1$s, 0) AS nr, %1$s AS key', row_key) END,
        table_sql, spared_sql, match_spared_sql, CASE WHEN integer_key THEN 'NULL::jsonb' ELSE 'h.key' END, row_key)
    USING table_id;
END
$$;
