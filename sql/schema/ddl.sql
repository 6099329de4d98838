-- Statements given to replication are run here and everywhere. Renewed by every `trompctl init`.

-- Are statements seen that are given directly?
CREATE OR REPLACE FUNCTION replication.sees_statements() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT current_setting('event_triggers', true) IS DISTINCT FROM 'off'
       AND EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'trompd_ddl' AND evtenabled = 'O')
$$;

-- Runs statements, one after the other, as who calls it, and hands them to all other nodes. Each is refused or replicated; the error of one
-- undoes all.
CREATE OR REPLACE FUNCTION replication.ddl(text) RETURNS void
LANGUAGE plpgsql
AS $ddl$
DECLARE
    s     record;
    taken pg_catalog.text;
BEGIN
    IF pg_catalog.current_setting('session_replication_role') OPERATOR(pg_catalog.=) 'replica' THEN
        RAISE EXCEPTION 'session_replication_role is replica: what this session does is not replicated' USING HINT = 'SET session_replication_role = origin.';
    END IF;
    FOR s IN SELECT o.statement, o.words[1] AS word, o.words
             FROM replication.statements_of($1, pg_catalog.current_setting('standard_conforming_strings')::pg_catalog.bool) o LOOP
        IF s.word OPERATOR(pg_catalog.<>) ALL (ARRAY['create', 'alter', 'drop', 'comment']::pg_catalog.text[]) THEN
            RAISE EXCEPTION 'not a statement that changes the schema: %', pg_catalog.left(s.statement, 200) USING ERRCODE = 'feature_not_supported',
                HINT = 'Only CREATE, ALTER, DROP and COMMENT go to the other nodes this way; rows go by themselves.';
        ELSIF replication.is_alone(s.words) AND s.words[2] OPERATOR(pg_catalog.<>) 'type' THEN
            RAISE EXCEPTION 'this cannot run in a function: %', pg_catalog.left(s.statement, 200) USING ERRCODE = 'active_sql_transaction',
                HINT = CASE WHEN replication.sees_statements() THEN 'Give it by itself, or to trompctl ddl.' ELSE 'Give it to trompctl ddl.' END;
        END IF;
        PERFORM pg_catalog.set_config('trompd.taken', '', true), pg_catalog.set_config('trompd.statement', s.statement, true);
        EXECUTE s.statement;
        taken := pg_catalog.current_setting('trompd.taken', true);
        PERFORM pg_catalog.set_config('trompd.statement', '', true);
        IF NOT replication.sees_statements() THEN
            IF NOT pg_catalog.has_function_privilege('replication.log_statement(text)', 'EXECUTE') THEN
                RAISE EXCEPTION 'statements cannot be told to the other nodes by role %', CURRENT_USER USING ERRCODE = 'insufficient_privilege',
                    HINT = 'Give the statement to trompctl ddl. (Where trompctl init is run by a superuser, everybody can give statements.)';
            END IF;
            PERFORM replication.log_statement(s.statement);
        ELSIF taken OPERATOR(pg_catalog.=) 'nothing' THEN
            RAISE NOTICE 'nothing was changed here, and nothing is told to the other nodes: %', pg_catalog.left(s.statement, 200);
        ELSIF taken OPERATOR(pg_catalog.=) 'elsewhere' OR coalesce(taken, '') OPERATOR(pg_catalog.=) '' THEN
            RAISE EXCEPTION 'concerns nothing that is replicated: %', pg_catalog.left(s.statement, 200) USING ERRCODE = 'feature_not_supported',
                HINT = 'Rights, owners, tablespaces, numbers of sequences, and what `tables` in the configuration does not match are each node''s own. Give the statement directly, at every node that needs it.';
        END IF;
    END LOOP;
END
$ddl$;

-- Takes a statement into the log that was run here already, where no event trigger did. Only for the owner of the schema: others could give any
-- text out as run. Not with a pinned search_path: how names are found is part of the statement.
CREATE OR REPLACE FUNCTION replication.log_statement(statement text) RETURNS bigint
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_catalog.set_config('trompd.role', CURRENT_USER::pg_catalog.text, true),
            pg_catalog.set_config('trompd.path', pg_catalog.current_schemas(false)::pg_catalog.text, true);
    RETURN replication.log_unseen($1);
END
$$;

-- What log_statement() does. Which tables a statement concerns, is told by its words alone: all that it may mean.
CREATE OR REPLACE FUNCTION replication.log_unseen(statement text) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    role    CONSTANT text := current_setting('trompd.role');
    path    CONSTANT text[] := current_setting('trompd.path')::text[];
    why     text;
    way     text;
    words   text[];
    names   text[];
    objects jsonb;
    tables  text[];
    number  bigint;
BEGIN
    SELECT o.words INTO STRICT words FROM replication.statements_of(log_unseen.statement, current_setting('standard_conforming_strings')::boolean) o;
    SELECT array_agg(CASE WHEN w.word LIKE '"%' THEN replace(substr(w.word, 2, length(w.word) - 2), '""', '"') ELSE w.word END ORDER BY w.position)
    INTO names FROM unnest(words) WITH ORDINALITY AS w(word, position);
    SELECT coalesce(jsonb_agg(to_jsonb(x)), '[]'), coalesce(array_agg(DISTINCT x.name ORDER BY x.name), '{}') INTO objects, tables
    FROM (SELECT CASE WHEN a.attnum IS NULL THEN 'table' ELSE 'table column' END AS kind, r.relation, a.attnum AS column_number, true AS is_replicated,
                 format('%I.%I', r.schema_name, r.table_name) AS name
          FROM (SELECT t.relation, t.schema_name, t.table_name FROM replication.tables t
                UNION
                SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relname = ANY (names) AND c.relkind IN ('r', 'p') AND replication.is_replicated(c.oid)
                  AND c.oid NOT IN (SELECT k.relation FROM replication.tables k)) r
          LEFT JOIN pg_attribute a ON a.attrelid = r.relation AND a.attnum > 0 AND a.attname = names[cardinality(names)] AND 'rename' = ANY (words)
          WHERE r.table_name = ANY (names) AND (r.schema_name = ANY (path) OR r.schema_name = ANY (names))) x;
    IF replication.local_part(words) <> 'none' THEN
        why := 'owners, tablespaces and the numbers of sequences are each node''s own';
        way := 'Give the statement directly, at every node that needs it.';
    ELSIF words[1] = 'create' AND 'table' = ANY (words[2:4]) AND 'as' = ANY (words) THEN
        why := 'the table gets no key, and its rows would be none of those here';
        way := 'Make it with CREATE TABLE and a primary key, then fill it with INSERT ... SELECT.';
    ELSIF octet_length(statement) > 1048576 THEN
        why := 'the statement is longer than 1 MB';
        way := 'Make it shorter.';
    ELSE
        SELECT w.why, w.way INTO why, way FROM replication.refusal_of_words(words) w;
    END IF;
    IF why IS NULL THEN
        SELECT c.why, c.way INTO why, way FROM replication.refusal_of_change(words, objects) c;
    END IF;
    IF why IS NOT NULL THEN
        RAISE EXCEPTION 'cannot be replicated, %: %', why, left(statement, 200) USING HINT = way, ERRCODE = 'feature_not_supported';
    END IF;
    number := replication.record_statement(statement, replication.is_alone(words), tables, role, path);
    PERFORM replication.after_statement(log_unseen.statement, words, objects);
    RETURN number;
END
$$;
