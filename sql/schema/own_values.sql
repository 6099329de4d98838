-- What every node would compute for itself, and each otherwise: the origin's values reach all, as changes of its rows. Renewed by every `trompctl init`.

-- Does an expression, as the catalogue has it, give the same at every node and at any time?
CREATE OR REPLACE FUNCTION replication.is_constant(expression text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT expression !~ '\{(SQLVALUEFUNCTION|NEXTVALUEEXPR|COERCEVIAIO|CURRENTOFEXPR|MINMAXEXPR|XMLEXPR)\M'
       AND NOT EXISTS (SELECT FROM regexp_matches(expression, ':(?:func|opfunc|elemfunc)id ([0-9]+)', 'g') m
                       JOIN pg_proc f ON f.oid = m[1]::oid WHERE f.provolatile <> 'i')
       AND NOT EXISTS (SELECT FROM regexp_matches(expression, ':opno ([0-9]+)', 'g') m
                       JOIN pg_operator o ON o.oid = m[1]::oid JOIN pg_proc f ON f.oid = o.oprcode WHERE f.provolatile <> 'i')
$$;

-- Did the statement with these words, an ALTER TABLE, give the rows of a table values that other nodes would not come to?
CREATE OR REPLACE FUNCTION replication.made_own_values(statement text, words text[], table_relation oid) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part text[];
    name text;
BEGIN
    FOR part IN SELECT change FROM replication.changes_in(words) LOOP
        IF part[1] = 'alter' AND 'type' = ANY (part) THEN
            -- USING with a function, or with what calls one without parentheses.
            IF part[coalesce(array_position(part, 'using'), cardinality(part) + 1):]
               && '{(),current_timestamp,current_time,current_date,localtimestamp,localtime,current_user,current_role,session_user,user,current_schema,current_catalog}' THEN
                RETURN true;
            END IF;
        ELSIF part[1] = 'add' THEN
            part := part[CASE WHEN part[2] = 'column' THEN 3 ELSE 2 END:];
            part := part[CASE WHEN part[1:3] = '{if,not,exists}' THEN 4 ELSE 1 END:];
            name := CASE WHEN part[1] LIKE '"%' THEN replace(substr(part[1], 2, length(part[1]) - 2), '""', '"') ELSE part[1] END;
            IF EXISTS (SELECT FROM pg_attribute a
                       JOIN pg_type y ON y.oid = a.atttypid
                       LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                       WHERE a.attrelid = table_relation AND a.attname = name AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                         AND (a.attidentity <> '' OR NOT replication.is_constant(coalesce(d.adbin::text, y.typdefaultbin::text))
                              -- These were understood as the time of day when the statement was.
                              OR (d.adbin IS NOT NULL AND statement ~* '''\s*(now|today|tomorrow|yesterday)\s*'''))) THEN
                RETURN true;
            END IF;
        END IF;
    END LOOP;
    RETURN false;
END
$$;

-- After a statement that was taken into the log: the captured tables become what the catalogue says, and values of our own go to the others.
CREATE OR REPLACE FUNCTION replication.after_statement(statement text, words text[], objects jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET trompd.own_work = 'on'
AS $$
DECLARE
    -- Of tables that are captured only now all rows are logged.
    captured CONSTANT integer[] := ARRAY(SELECT DISTINCT t.id FROM jsonb_to_recordset(objects) AS o(relation oid)
                                         JOIN replication.tables t ON t.relation = coalesce(pg_partition_root(o.relation), o.relation));
BEGIN
    -- Only at what the statement concerns, where that is known: all tables are much where there are a thousand.
    IF words[1] <> 'comment'
       AND EXISTS (SELECT FROM jsonb_to_recordset(objects) AS o(kind text, relation oid, table_name text)
                   WHERE o.relation IS NOT NULL OR o.table_name IS NOT NULL
                      OR o.kind NOT IN ('view', 'materialized view', 'function', 'procedure', 'aggregate', 'sequence', 'operator', 'cast')) THEN
        PERFORM replication.follow_schema((SELECT CASE WHEN bool_and(o.relation IS NOT NULL OR o.table_name IS NOT NULL)
                                                       THEN coalesce(array_agg(DISTINCT o.relation) FILTER (WHERE o.relation IS NOT NULL), '{}') END
                                           FROM jsonb_to_recordset(objects) AS o(relation oid, table_name text)));
    END IF;
    PERFORM replication.log_all_rows(t.id, 'U')
    FROM replication.tables t WHERE t.id = ANY (captured) AND replication.made_own_values(statement, words, t.relation);
END
$$;
