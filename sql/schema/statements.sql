-- Statements go into the log. Renewed by every `trompctl init`.

-- What it takes for a statement of this session to mean the same elsewhere. `path`: current_schemas(false) of who gave it, so that "$user" is one no more.
CREATE OR REPLACE FUNCTION replication.settings_of_session(path text[]) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_object_agg(s.name, s.value)
    FROM (SELECT 'search_path' AS name, coalesce(string_agg(quote_ident(p.name), ', ' ORDER BY p.position), '') AS value
          FROM unnest(path) WITH ORDINALITY AS p(name, position) WHERE p.name NOT LIKE 'pg\_temp\_%'
          UNION ALL
          SELECT n.name, current_setting(n.name)
          FROM unnest(ARRAY['check_function_bodies', 'standard_conforming_strings', 'DateStyle', 'IntervalStyle', 'TimeZone', 'xmloption',
                            'transform_null_equals', 'array_nulls']) AS n(name)) s
$$;

-- Can the statement not be in a transaction with its data?
CREATE OR REPLACE FUNCTION replication.is_alone(words text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE words[1] || ' ' || words[2]
           WHEN 'create index' THEN words[3] = 'concurrently'
           WHEN 'create unique' THEN words[4] = 'concurrently'
           WHEN 'drop index' THEN words[3] = 'concurrently'
           WHEN 'alter table' THEN words[cardinality(words)] = 'concurrently' AND 'detach' = ANY (words)
           WHEN 'alter type' THEN array_to_string(words, ' ') ~ '^[^'']* add value '
           ELSE false END
$$;

-- Puts a statement that was run here into the log. Returns its number. Elsewhere a role of the same name runs it; but the owner of this schema may
-- have another name there, so it is told that he gave it (statement_role.sql).
CREATE OR REPLACE FUNCTION replication.record_statement(statement text, is_alone boolean, tables text[], role text, path text[]) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    self    CONSTANT smallint := replication.node();
    number  CONSTANT bigint := nextval('replication.event_id');
    version CONSTANT bigint := replication.next_version();
    owner   CONSTANT text := (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'replication');
BEGIN
    INSERT INTO replication.statements (origin, number, via, version, statement, role, settings, alone, tables)
    VALUES (self, number, self, version, statement, role,
            replication.settings_of_session(path) || CASE WHEN role = owner THEN '{"given_by": "owner"}' ELSE '{}' END::jsonb, is_alone, tables);
    INSERT INTO replication.events (id, xid, nr, version, tbl, via, origin, action, key)
    VALUES (number, pg_current_xact_id(), number, version, 0, self, self, 'S', jsonb_build_array(self, number));
    IF pg_sequence_last_value('replication.armed'::regclass) = 2 THEN
        PERFORM pg_notify('trompd_capture', '');
    END IF;
    RETURN number;
END
$$;
