-- Functions that share the sequences of the replicated tables among the nodes.

-- The sequences that fill columns of these replicated tables (null: of all) and their partitions, owned or not: by a default, by that of a domain, or as
-- identity; and whether the columns are numbers, and found by an index.
CREATE OR REPLACE FUNCTION replication.table_sequences(table_ids integer[] DEFAULT NULL)
RETURNS TABLE (sequence oid, schema_name text, table_name text, column_name text, is_number boolean, is_indexed boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT DISTINCT s.oid, n.nspname::text, c.relname::text, a.attname::text,
           y.typcategory = 'N' AND NOT (y.typnamespace = 'pg_catalog'::regnamespace AND (y.typname IN ('money', 'oid') OR y.typname LIKE 'reg%')),
           EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL AND i.indkey[0] = a.attnum)
    FROM replication.tables t
    CROSS JOIN LATERAL replication.parts_of(t.relation) p
    JOIN pg_class c ON c.oid = p.part
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type y ON y.oid = a.atttypid
    LEFT JOIN pg_attrdef f ON f.adrelid = c.oid AND f.adnum = a.attnum
    CROSS JOIN LATERAL (
        SELECT d.objid AS sequence FROM pg_depend d
        WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.refobjsubid = a.attnum
        UNION
        SELECT d.refobjid FROM pg_depend d WHERE d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass
        UNION
        SELECT d.refobjid FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = y.oid AND d.refclassid = 'pg_class'::regclass
    ) d
    JOIN pg_class s ON s.oid = d.sequence AND s.relkind = 'S'
    WHERE table_ids IS NULL OR t.id = ANY (table_ids)
$$;

-- The first of this node's numbers from `value` on, upwards or downwards. Numbers may be negative, where mod() has another sign.
CREATE OR REPLACE FUNCTION replication.first_of_share(value numeric, max_nodes integer, upwards boolean) RETURNS numeric
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN upwards THEN value + mod(mod(replication.node() - value, max_nodes) + max_nodes, max_nodes)
                ELSE value - mod(mod(value - replication.node(), max_nodes) + max_nodes, max_nodes) END
$$;

-- Each of these once, with SQL that finds a number in use: the ends of queries `SELECT ...`, to be completed by the number. Only where that is quick.
CREATE OR REPLACE FUNCTION replication.sequence_uses(table_ids integer[] DEFAULT NULL) RETURNS TABLE (sequence oid, uses text[])
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT k.sequence,
           coalesce(array_agg(format('FROM %I.%I WHERE %I = ', k.schema_name, k.table_name, k.column_name))
                    FILTER (WHERE k.is_number AND k.is_indexed
                            AND has_column_privilege(format('%I.%I', k.schema_name, k.table_name), k.column_name, 'SELECT')), '{}')
    FROM replication.table_sequences(table_ids) k
    GROUP BY k.sequence
$$;

-- What is wrong with a sequence of the tables; null if nothing, or if the caller may not look at it. `uses` as above.
CREATE OR REPLACE FUNCTION replication.sequence_fault(sequence oid, uses text[], max_nodes integer) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    last     bigint;
    used     boolean;
    q        pg_sequence;
    next     numeric;
    looks    text;
    is_taken boolean := false;
BEGIN
    IF NOT (has_sequence_privilege(sequence, 'SELECT')
            AND has_schema_privilege((SELECT relnamespace FROM pg_class WHERE oid = sequence), 'USAGE')) THEN
        RETURN NULL;
    END IF;
    SELECT * INTO q FROM pg_sequence WHERE seqrelid = sequence;
    EXECUTE format('SELECT last_value, is_called FROM %s', sequence::regclass) INTO last, used;
    -- Where it is now, where TRUNCATE ... RESTART IDENTITY takes it, and where it begins again if it cycles.
    IF abs(q.seqincrement) <> max_nodes
       OR EXISTS (SELECT FROM unnest(ARRAY[last, q.seqstart, CASE WHEN NOT q.seqcycle THEN last WHEN q.seqincrement > 0 THEN q.seqmin ELSE q.seqmax END]) v
                  WHERE v <> replication.first_of_share(v, max_nodes, true)) THEN
        RETURN 'does not give the numbers of this node, so others may give the same: it is new, or somebody moved it';
    END IF;
    next := CASE WHEN used THEN last::numeric + q.seqincrement ELSE last END;
    looks := (SELECT string_agg(format('EXISTS (SELECT %s%L::bigint)', u, next), ' OR ') FROM unnest(uses) u);
    IF looks IS NOT NULL AND next BETWEEN q.seqmin AND q.seqmax THEN
        EXECUTE 'SELECT ' || looks INTO is_taken;
    END IF;
    RETURN CASE WHEN is_taken THEN format('gives a number next that is in use already, %s: somebody moved it', next) END;
END
$$;

-- Gives this node its own share of every sequence of these tables (null: of all): steps of `max_nodes`, from the node's number, beyond all values in use.
-- Returns the sequences that were changed; one that is right already stays as it is.
CREATE OR REPLACE FUNCTION replication.partition_sequences(max_nodes integer, table_ids integer[] DEFAULT NULL) RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET trompd.own_work = 'on'
AS $$
DECLARE
    s       record;
    last    bigint;
    used    boolean;
    extreme numeric;
    next    numeric;
    wrap    numeric;   -- where it begins again if it cycles
    towards integer;
BEGIN
    FOR s IN SELECT k.sequence, q.seqincrement > 0 AS upwards, q.seqmin, q.seqmax, q.seqcycle,
                    string_agg(format('SELECT %1$s(%2$I)::numeric AS m FROM %3$I.%4$I WHERE %2$I BETWEEN %5$L::bigint AND %6$L::bigint',
                                      CASE WHEN q.seqincrement > 0 THEN 'max' ELSE 'min' END, k.column_name, k.schema_name, k.table_name,
                                      q.seqmin, q.seqmax), ' UNION ALL ') FILTER (WHERE k.is_number) AS values
             FROM replication.table_sequences(table_ids) k JOIN pg_sequence q ON q.seqrelid = k.sequence
             WHERE k.sequence IN (SELECT u.sequence FROM replication.sequence_uses(table_ids) u WHERE replication.sequence_fault(u.sequence, u.uses, max_nodes) IS NOT NULL)
             GROUP BY k.sequence, q.seqincrement, q.seqmin, q.seqmax, q.seqcycle
             ORDER BY k.sequence LOOP
        towards := CASE WHEN s.upwards THEN 1 ELSE -1 END;
        -- Nobody draws a number from here on, so none is drawn after the look.
        EXECUTE format('ALTER SEQUENCE %s INCREMENT BY %s', s.sequence::regclass, towards * max_nodes);
        EXECUTE format('SELECT last_value, is_called FROM %s', s.sequence::regclass) INTO last, used;
        EXECUTE coalesce('SELECT ' || CASE WHEN s.upwards THEN 'max' ELSE 'min' END || '(m) FROM (' || s.values || ') k', 'SELECT NULL') INTO extreme;
        next := CASE WHEN used THEN last ELSE last::numeric - towards END;
        next := CASE WHEN s.upwards THEN greatest(extreme, next) ELSE least(extreme, next) END;
        next := replication.first_of_share(next + towards, max_nodes, s.upwards);
        wrap := replication.first_of_share(CASE WHEN s.upwards THEN s.seqmin ELSE s.seqmax END, max_nodes, s.upwards);
        IF s.seqcycle AND next NOT BETWEEN s.seqmin AND s.seqmax THEN
            next := wrap;
        END IF;
        IF next NOT BETWEEN s.seqmin AND s.seqmax THEN
            RAISE EXCEPTION 'sequence % has no numbers left for this node: the next would be %', s.sequence::regclass, next
                USING HINT = 'Give it a larger type (ALTER SEQUENCE ... AS bigint), or a larger MAXVALUE.';
        END IF;
        EXECUTE format('ALTER SEQUENCE %1$s START WITH %2$s RESTART WITH %2$s %3$s', s.sequence::regclass, next,
                       CASE WHEN s.seqcycle THEN CASE WHEN s.upwards THEN 'MINVALUE ' ELSE 'MAXVALUE ' END || wrap END);
        RETURN NEXT s.sequence::regclass::text;
    END LOOP;
END
$$;
