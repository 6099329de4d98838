-- A statement that was just run here, as an event trigger sees it: is it replicated, which text is it, and would it do elsewhere what it did here?
-- Renewed by every `trompctl init`.

-- The text of the statement at hand, and its words. `context`: the functions that run it, from the inside; null: it was given directly.
-- candidates: how many of the statements in the string it may be; null: it is one of an extension's script, which nobody gave.
CREATE OR REPLACE FUNCTION replication.statement_at_hand(tag text, context text, OUT statement text, OUT words text[], OUT candidates integer, OUT nested boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    standard_strings CONSTANT boolean := current_setting('standard_conforming_strings')::boolean;
    tag_words        CONSTANT text[] := string_to_array(lower(CASE tag WHEN 'CREATE TABLE AS' THEN 'CREATE TABLE' WHEN 'SELECT INTO' THEN 'INTO' ELSE tag END), ' ');
    given            CONSTANT text := current_setting('trompd.statement', true);
    place            CONSTANT integer := strpos(split_part(context, E'\n', 1), split_part(given, E'\n', 1));
    s                record;
BEGIN
    candidates := 0;
    nested := context IS NOT NULL;
    -- replication.ddl() runs one statement at a time, and says which. What surrounds it in the context depends on lc_messages.
    IF nested AND given <> '' AND place BETWEEN 1 AND 64 AND substr(context, place, length(given)) = given
       AND substr(context, place + length(given), 300) ~ '^[^\n]{1,8}\n[^\n]*\mddl\(text\)' THEN
        nested := false;
        SELECT 1, o.* INTO candidates, statement, words FROM replication.statements_of(given, standard_strings) o;
    ELSIF nested THEN
        -- As much of it as is to be seen.
        SELECT o.* INTO statement, words FROM replication.statements_of(regexp_replace(context, '^[^"\u00ab\u00bb\u201e\u201c]*["\u00ab\u00bb\u201e\u201c]\s*', ''), standard_strings) o LIMIT 1;
    ELSE
        FOR s IN SELECT * FROM replication.statements_of(current_query(), standard_strings) LOOP
            IF s.words[1] IN ('create', 'alter') AND s.words[2] = 'extension' AND tag NOT LIKE '% EXTENSION' THEN
                candidates := NULL;
            END IF;
            CONTINUE WHEN s.words[1] NOT IN (tag_words[1], 'select', 'with', '()') OR NOT s.words @> tag_words;
            statement := s.statement;
            words := s.words;
            candidates := candidates + 1;
        END LOOP;
    END IF;
    IF words[1:2] IN ('{create,extension}', '{alter,extension}') AND tag NOT LIKE '% EXTENSION' OR context ~ '(^|\n)extension script file "' THEN
        candidates := NULL;
    END IF;
END
$$;

-- The name in a statement that alters something, as the parts that were given.
CREATE OR REPLACE FUNCTION replication.name_altered(words text[], tag text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    place integer := cardinality(string_to_array(tag, ' ')) + 1;
    parts text[] := '{}';
BEGIN
    IF words[place] = 'if' AND words[place + 1] = 'exists' THEN
        place := place + 2;
    END IF;
    IF words[place] = 'only' THEN
        place := place + 1;
    END IF;
    LOOP
        parts := parts || CASE WHEN words[place] LIKE '"%' THEN replace(substr(words[place], 2, length(words[place]) - 2), '""', '"') ELSE words[place] END;
        EXIT WHEN words[place + 1] IS DISTINCT FROM '.' OR words[place + 2] IS NULL;
        place := place + 2;
    END LOOP;
    RETURN parts;
END
$$;

-- What an ALTER TABLE does, one after the other: the words between its commas.
CREATE OR REPLACE FUNCTION replication.changes_in(words text[]) RETURNS TABLE (change text[])
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    place integer := 3;
    word  text;
BEGIN
    IF words[1:2] <> '{alter,table}' THEN
        RETURN;
    END IF;
    place := place + CASE WHEN words[3:4] = '{if,exists}' THEN 2 ELSE 0 END;
    place := place + CASE WHEN words[place] = 'only' THEN 1 ELSE 0 END;
    place := place + CASE WHEN words[place + 1] = '.' THEN 3 ELSE 1 END;
    place := place + CASE WHEN words[place] = '*' THEN 1 ELSE 0 END;
    change := '{}';
    FOREACH word IN ARRAY words[place:] || ARRAY[','] LOOP
        IF word <> ',' THEN
            change := change || word;
        ELSE
            RETURN NEXT;
            change := '{}';
        END IF;
    END LOOP;
END
$$;

-- How much of what the statement does is each node's own: an owner, a tablespace, the numbers of a sequence? all, some or none.
CREATE OR REPLACE FUNCTION replication.local_part(words text[]) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN words[1] <> 'alter' THEN 'none'
        WHEN words[3:5] = '{all,in,tablespace}' OR words[4:6] = '{all,in,tablespace}' THEN 'all'
        WHEN words[2] = 'table' THEN
            (SELECT CASE WHEN bool_and(l.is_local) THEN 'all' WHEN bool_or(l.is_local) THEN 'some' ELSE 'none' END
             FROM replication.changes_in(words) c
             CROSS JOIN LATERAL (SELECT c.change[CASE WHEN c.change[2] = 'column' THEN 4 ELSE 3 END:] AS of_column) o
             CROSS JOIN LATERAL (SELECT coalesce(c.change[1:2] IN ('{owner,to}', '{set,tablespace}')
                                                 OR (c.change[1] = 'alter' AND (o.of_column[1] = 'restart' OR o.of_column[1:2] IN ('{set,start}', '{set,increment}'))),
                                                 false) AS is_local) l)
        WHEN words[2] = 'sequence' AND words && '{restart,increment,start}' THEN
            CASE WHEN words && '{owned,as,cycle,cache,minvalue,maxvalue,logged}' THEN 'some' ELSE 'all' END
        WHEN words[cardinality(words) - 2 : cardinality(words) - 1] IN ('{owner,to}', '{set,tablespace}')
             AND words[cardinality(words) - 3] NOT IN ('rename', 'column', 'attribute', 'constraint') THEN 'all'
        WHEN words[2] = 'collation' AND words[cardinality(words) - 1:] = '{refresh,version}' THEN 'all'
        ELSE 'none' END
$$;

-- Does the statement move something between what is replicated and what is not? Others do not have it, or would keep it.
CREATE OR REPLACE FUNCTION replication.refusal_of_move(tag text, words text[], objects jsonb, OUT why text, OUT way text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    set_schema CONSTANT boolean := words[cardinality(words) - 2 : cardinality(words) - 1] = '{set,schema}';
    rename     CONSTANT boolean := words[cardinality(words) - 2 : cardinality(words) - 1] = '{rename,to}';
    old        CONSTANT text[] := replication.name_altered(words, tag);
    schemas    text[] := current_setting('trompd.path', true)::text[];
    o          record;
    was        boolean;
    may_be     boolean;
    is_now     boolean;
BEGIN
    IF NOT set_schema AND NOT (rename AND tag IN ('ALTER TABLE', 'ALTER SCHEMA')) OR tag = 'ALTER EXTENSION' THEN
        RETURN;
    END IF;
    FOR o IN SELECT x.kind, x.relation, x.schema_name, n.nspname, c.relname, t.id AS captured
             FROM jsonb_to_recordset(objects) AS x(kind text, relation oid, schema_name text)
             LEFT JOIN (pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace) ON c.oid = x.relation
             LEFT JOIN replication.tables t ON t.relation = c.oid
             WHERE (x.relation IS NULL OR (x.kind = 'table' AND c.relpersistence <> 't' AND NOT c.relispartition)) LOOP
        CONTINUE WHEN o.kind NOT IN ('schema', 'table') AND rename;
        IF tag = 'ALTER SCHEMA' THEN
            was := replication.is_replicated_schema(old[1]);
            may_be := was;
            is_now := replication.is_replicated_schema(o.schema_name);
        ELSE
            IF rename THEN
                schemas := ARRAY[o.nspname];
            ELSIF cardinality(old) > 1 THEN
                schemas := old[cardinality(old) - 1 : cardinality(old) - 1];
            END IF;
            SELECT bool_and(k.is_meant), bool_or(k.is_meant) INTO was, may_be
            FROM unnest(schemas) AS p(name)
            CROSS JOIN LATERAL (SELECT CASE WHEN o.relation IS NULL THEN replication.is_replicated_schema(p.name)
                                            ELSE replication.is_meant(p.name, old[cardinality(old)], false) END) AS k(is_meant)
            WHERE p.name NOT LIKE 'pg\_temp%';
            is_now := CASE WHEN o.relation IS NULL THEN replication.is_replicated_schema(o.schema_name) ELSE replication.is_meant(o.nspname, o.relname, false) END;
            IF o.captured IS NOT NULL AND NOT rename THEN
                was := true;
            END IF;
        END IF;
        IF is_now AND NOT was THEN
            why := CASE WHEN may_be THEN 'it cannot be told from which schema it comes' ELSE 'it was none of what is replicated, and the other nodes do not have it' END;
            way := CASE WHEN may_be THEN 'Give its schema in the statement.' ELSE 'Create it under its new name.' END;
            RETURN;
        ELSIF may_be AND NOT is_now THEN
            why := 'under its new name it is none of what `tables` in the configuration replicates, and the other nodes would go on with it';
            way := 'Give it a name that `tables` matches, or take it out of replication first: trompctl tables remove.';
            RETURN;
        END IF;
    END LOOP;
END
$$;

-- Takes the statement with tag `tag`, which made, changed or dropped `objects` (as objects_changed() and objects_dropped() have them), into the
-- log, unless there is a reason why not. Setting trompd.taken tells replication.ddl() what became of it.
CREATE OR REPLACE FUNCTION replication.take_statement(tag text, objects jsonb, context text, OUT what text, OUT why text, OUT way text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    inside  boolean;
    outside boolean;
    other   text;
    tables  text[];
    s       record;
    -- Read now: what replication does itself by DDL tells who does that.
    role     CONSTANT text := current_setting('trompd.role');
    path     CONSTANT text[] := current_setting('trompd.path')::text[];
    tag_kind CONSTANT text := lower(substr(tag, strpos(tag, ' ') + 1));
BEGIN
    SELECT bool_or(o.is_replicated), bool_or(NOT o.is_replicated) FILTER (WHERE o.original IS NOT false),  -- CASCADE takes along what each node has
           (array_agg(o.identity ORDER BY o.kind = tag_kind DESC, o.kind, o.identity) FILTER (WHERE o.is_replicated))[1],
           (array_agg(o.identity ORDER BY o.kind = tag_kind DESC, o.kind, o.identity) FILTER (WHERE NOT o.is_replicated))[1]
    INTO inside, outside, what, other
    FROM jsonb_to_recordset(objects) AS o(kind text, identity text, is_replicated boolean, original boolean);
    PERFORM set_config('trompd.taken', CASE WHEN objects IS NULL THEN 'nothing' ELSE 'elsewhere' END, true);
    IF inside IS NULL AND outside IS NULL OR (NOT inside AND tag NOT LIKE 'ALTER %') THEN
        RETURN;
    END IF;
    SELECT * INTO s FROM replication.statement_at_hand(tag, context);
    IF s.candidates IS NULL THEN
        RETURN;
    END IF;
    what := tag || coalesce(' ' || coalesce(what, other), '');
    SELECT m.why, m.way INTO why, way FROM replication.refusal_of_move(tag, s.words, objects) m;
    IF why IS NOT NULL OR NOT inside OR replication.local_part(s.words) = 'all' THEN
        RETURN;
    END IF;
    IF tag IN ('CREATE TABLE AS', 'SELECT INTO') THEN
        why := 'the table gets no key, and its rows would be none of those here';
        way := 'Make it with CREATE TABLE and a primary key, then fill it with INSERT ... SELECT.';
    ELSIF tag = 'DROP OWNED' THEN
        why := 'what a role owns is each node''s own';
        way := 'Drop the objects by their names.';
    ELSIF outside THEN
        why := format('the statement concerns %s too, which is not replicated', other);
        way := 'Give a statement for each of them.';
    ELSIF s.nested THEN
        why := 'a function or a DO block runs it, and the other nodes have to be given a statement';
        way := 'Give the statement by itself, or to trompctl ddl; a function can run it by replication.ddl().';
    ELSIF s.candidates <> 1 THEN
        why := 'it was given in one string with other statements, and it cannot be told which of them it is';
        way := 'Send the statements one by one, or give them to trompctl ddl or replication.ddl().';
    ELSIF octet_length(s.statement) > 1048576 THEN
        why := 'the statement is longer than 1 MB';
        way := 'Make it shorter.';
    ELSE
        SELECT w.why, w.way INTO why, way FROM replication.refusal_of_words(s.words) w;
    END IF;
    IF why IS NULL THEN
        SELECT c.why, c.way INTO why, way FROM replication.refusal_of_change(s.words, objects) c;
    END IF;
    IF why IS NOT NULL THEN
        RETURN;
    END IF;

    SELECT coalesce(array_agg(DISTINCT n.name ORDER BY n.name), '{}') INTO tables
    FROM (SELECT coalesce((SELECT format('%I.%I', t.schema_name, t.table_name) FROM replication.tables t WHERE t.relation = o.relation), o.table_name,
                          (SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = o.relation)) AS name
          FROM jsonb_to_recordset(objects) AS o(relation oid, table_name text, is_replicated boolean) WHERE o.is_replicated) n
    WHERE n.name IS NOT NULL;
    PERFORM set_config('trompd.taken', replication.record_statement(s.statement, replication.is_alone(s.words), tables, role, path)::text, true);
    PERFORM replication.after_statement(s.statement, s.words, objects);
END
$$;
