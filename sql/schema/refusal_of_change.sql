-- What cannot be replicated. Renewed by every `trompctl init`.

-- Why no statement with these words can be, wherever it is given: the daemons, who can parse, refuse all of these (common/statement_of_table.cpp).
CREATE OR REPLACE FUNCTION replication.refusal_of_words(words text[], OUT why text, OUT way text)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF replication.local_part(words) = 'some' THEN
        why := 'owners, tablespaces and the numbers of sequences are each node''s own';
        way := 'Change them by a statement of their own.';
    ELSIF EXISTS (SELECT FROM replication.changes_in(words) c WHERE c.change[1] IN ('enable', 'disable') AND c.change[2] = 'trigger' AND c.change[3] IN ('all', 'user')) THEN
        why := 'it concerns the triggers that capture changes as well';
        way := 'Name the triggers that are meant.';
    ELSIF EXISTS (SELECT FROM replication.changes_in(words) c WHERE c.change[1] = 'enable' AND c.change[2] IN ('always', 'replica')) THEN
        why := 'it would fire where changes are applied too, and what it writes there would not be captured';
        way := 'Use ENABLE without ALWAYS or REPLICA.';
    ELSIF EXISTS (SELECT FROM replication.changes_in(words) c WHERE c.change[1] = 'detach' AND c.change[cardinality(c.change)] = 'finalize') THEN
        why := 'it ends what was interrupted at this node alone';
        way := 'SET trompd.own_work = on, and run it at each node where it is needed.';
    ELSIF words[1] = 'create' AND array_position(words, 'trigger') BETWEEN 2 AND 5 AND words[array_position(words, 'trigger') + 1] ~ '^"?trompd_' THEN
        why := 'triggers with the names trompd_... are those that capture changes';
        way := 'Give it another name.';
    ELSIF words[1:2] = '{create,schema}' AND 'grant' = ANY (words[3:]) THEN
        why := 'rights are each node''s own';
        way := 'Give the GRANT by itself, at every node.';
    END IF;
END
$$;

-- Why the statement with these words, which changed `objects`, cannot be replicated for what it made of replicated tables.
CREATE OR REPLACE FUNCTION replication.refusal_of_change(words text[], objects jsonb, OUT why text, OUT way text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET trompd.own_work = 'on' SET client_min_messages = warning
AS $$
DECLARE
    t       record;
    numbers smallint[];
    types   oid[];
    own     text;
    part    record;
    has_rows boolean;
BEGIN
    FOR t IN
        SELECT DISTINCT k.*
        FROM (SELECT o.relation FROM jsonb_to_recordset(objects) AS o(relation oid) WHERE o.relation IS NOT NULL
              UNION ALL SELECT pg_partition_root(o.relation)::oid FROM jsonb_to_recordset(objects) AS o(relation oid)
              UNION ALL SELECT i.inhparent FROM jsonb_to_recordset(objects) AS o(relation oid) JOIN pg_inherits i ON i.inhrelid = o.relation) r
        JOIN replication.tables k ON k.relation = r.relation
        WHERE EXISTS (SELECT FROM pg_class c WHERE c.oid = k.relation)
    LOOP
        own := format('%I.%I', t.schema_name, t.table_name);
        SELECT format('its trigger %I, which captures its changes, would not fire', x.name) INTO why
        FROM replication.parts_of(t.relation) p
        CROSS JOIN unnest(ARRAY['trompd_insert', 'trompd_update', 'trompd_delete', 'trompd_truncate']) AS x(name)
        LEFT JOIN pg_trigger g ON g.tgrelid = p.part AND g.tgname = x.name
        WHERE g.tgenabled <> 'O' OR (g.oid IS NULL AND p.part = t.relation) LIMIT 1;
        IF why IS NOT NULL THEN
            way := 'Leave it as it is; trompctl tables remove takes a table out of replication.';
            RETURN;
        END IF;
        SELECT format('%I.%I is replicated by itself, and its changes are in the log under its name', k.schema_name, k.table_name) INTO why
        FROM replication.parts_of(t.relation) p JOIN replication.tables k ON k.relation = p.part WHERE k.relation <> t.relation LIMIT 1;
        IF why IS NOT NULL THEN
            way := 'Make the partition with CREATE TABLE ... PARTITION OF, and move the rows with INSERT ... SELECT.';
            RETURN;
        END IF;
        -- What is attached was no part of it, and has no trigger yet.
        FOR part IN SELECT format('%I.%I', n.nspname, c.relname) AS name, replication.is_meant(n.nspname, c.relname, false) AS is_meant
                    FROM replication.parts_of(t.relation) p
                    JOIN pg_class c ON c.oid = p.part
                    JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE words @> '{attach,partition}' AND NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = p.part AND g.tgname = 'trompd_insert') LOOP
            EXECUTE format('SELECT EXISTS (SELECT FROM %s)', part.name) INTO has_rows;
            IF has_rows OR NOT part.is_meant THEN
                why := CASE WHEN has_rows THEN format('the rows of %s are not in the log', part.name)
                            ELSE format('%s is none of what is replicated, and the other nodes do not have it', part.name) END;
                way := 'Make the partition with CREATE TABLE ... PARTITION OF, and move the rows with INSERT ... SELECT.';
                RETURN;
            END IF;
        END LOOP;
        -- A key column may have a new name.
        SELECT array_agg(a.attnum ORDER BY k.position), array_agg(a.atttypid ORDER BY k.position) INTO numbers, types
        FROM unnest(replication.key_of(t.relation)) WITH ORDINALITY AS k(name, position)
        JOIN pg_attribute a ON a.attrelid = t.relation AND a.attname = k.name;
        IF numbers IS DISTINCT FROM t.key_numbers THEN
            why := format('the key of %s would be %s instead of (%s), under which its changes are in the log', own,
                          coalesce('(' || array_to_string(replication.key_of(t.relation), ', ') || ')', 'gone'), array_to_string(t.key_columns, ', '));
            way := 'Make a new table with the other key, fill it with INSERT ... SELECT, drop this one and rename the new one.';
            RETURN;
        ELSIF replication.kinds_of(types) <> replication.kinds_of(t.key_types) THEN
            SELECT format('the key of %s would be of type (%s) instead of (%s), as which its values are in the log', own,
                          string_agg(format_type(y.now, NULL), ', ' ORDER BY y.position), string_agg(format_type(y.before, NULL), ', ' ORDER BY y.position)) INTO why
            FROM unnest(types, t.key_types) WITH ORDINALITY AS y(now, before, position);
            way := 'Only a change among integer types, or among text types, leaves the values what they are. For any other make a new table, fill it with INSERT ... SELECT, drop this one and rename the new one.';
            RETURN;
        ELSIF EXISTS (SELECT FROM replication.changes_in(words) c
                      CROSS JOIN unnest(t.key_columns) AS k(name)
                      WHERE c.change[1] = 'alter' AND c.change @> '{type,using}'
                        AND c.change[CASE WHEN c.change[2] = 'column' THEN 3 ELSE 2 END] IN (k.name, '"' || replace(k.name, '"', '""') || '"')) THEN
            why := format('USING may make other keys of those of %s, under which its changes are in the log', own);
            way := 'Leave USING out.';
            RETURN;
        END IF;
        why := CASE WHEN t.strength IS NOT NULL THEN replication.strength_refusal(t.relation, t.strength) END;
        IF why IS NOT NULL THEN
            why := format('%s has a rule in `conflicts` of the configuration, but %s', own, why);
            way := 'Change the rule first, at every node, and run trompctl init.';
            RETURN;
        END IF;
        why := replication.refusal(t.relation);
        IF why IS NOT NULL THEN
            why := format('%s could be replicated no longer: %s', own, why);
            way := 'Take it out of replication first: trompctl tables remove.';
            RETURN;
        END IF;
    END LOOP;
END
$$;
