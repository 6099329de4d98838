-- The resolver `strongest`: a change is as strong as an expression over its row says. Renewed by every `trompctl init`.

-- A query for the strength of `trompd_row`, every name in it as PostgreSQL understood it. What is asked of the expression is what
-- PostgreSQL asks of a generated column: the row's columns only, immutable, no subquery, and a number. Raises what is wrong with it.
CREATE OR REPLACE FUNCTION replication.strength_query(relation oid, expression text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    understood text;
    columns    text;
    strength   text;
BEGIN
    EXECUTE format('CREATE TABLE replication.strength_check (LIKE %s)', relation::regclass);
    EXECUTE format(E'ALTER TABLE replication.strength_check ADD COLUMN "trompd strength" double precision GENERATED ALWAYS AS (%s\n) STORED',
                   expression);
    SELECT pg_get_expr(f.adbin, f.adrelid) INTO understood
    FROM pg_attrdef f WHERE f.adrelid = 'replication.strength_check'::regclass;
    SELECT string_agg(format('trompd_row.%1$I%2$s AS %1$I', a.attname,
                             CASE WHEN a.attcollation <> y.typcollation THEN format(' COLLATE %s.%I', l.collnamespace::regnamespace, l.collname) END), ', ')
    INTO columns
    FROM pg_attribute a
    JOIN pg_type y ON y.oid = a.atttypid
    LEFT JOIN pg_collation l ON l.oid = a.attcollation
    WHERE a.attrelid = 'replication.strength_check'::regclass AND a.attgenerated = ''
      AND a.attnum IN (SELECT d.refobjsubid FROM pg_depend d
                       WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid
                         AND d.classid IN ('pg_class'::regclass, 'pg_attrdef'::regclass));
    strength := format($query$SELECT least(greatest(coalesce(nullif((%s)::float8, 'NaN'), 0), '-1.7976931348623157e308'), '1.7976931348623157e308') FROM (SELECT %s) r$query$,
                    understood, columns);
    EXECUTE format('SELECT (%s) FROM (SELECT * FROM replication.strength_check) trompd_row', strength);
    DROP TABLE replication.strength_check;
    RETURN strength;
END
$$;

-- Why an expression cannot give the strengths of a table; null if it can.
CREATE OR REPLACE FUNCTION replication.strength_refusal(relation oid, expression text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    hint text;
BEGIN
    PERFORM replication.strength_query(relation, expression);
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    IF SQLSTATE = '42883' THEN
        hint := 'Functions and operators outside of pg_catalog need their schema.';
    END IF;
    RETURN format('its strength "%s" is not a number that follows from the row alone: %s%s', expression,
                  replace(SQLERRM, 'column "trompd strength"', 'a strength'), ' (' || nullif(hint, '') || ')');
END
$$;

-- (Re)creates the function that weighs a row of a table, or takes it away where the table has no strength; says whether there is one.
-- It takes a `record` and looks its columns up only when it runs: whatever became of them, and whatever goes wrong, is a strength of 0 and
-- never an error in a user's statement. No value is as strong as a delete that wins, or as weak as a TRUNCATE: those are infinite.
CREATE OR REPLACE FUNCTION replication.capture_strength(table_id integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
AS $capture$
DECLARE
    t record;
BEGIN
    SELECT * INTO STRICT t FROM replication.tables WHERE id = table_id;
    IF t.resolver <> 'strongest' OR t.strength IS NULL THEN
        EXECUTE format('DROP FUNCTION IF EXISTS replication.strength_%s(record)', table_id);
        RETURN false;
    END IF;
    EXECUTE format('CREATE OR REPLACE FUNCTION replication.strength_%s(trompd_row record) RETURNS double precision LANGUAGE plpgsql STABLE AS %L',
                   table_id, format($body$
#variable_conflict use_column
BEGIN
    RETURN (%s);
EXCEPTION WHEN OTHERS THEN
    RETURN 0;
END $body$, replication.strength_query(t.relation, t.strength)));
    EXECUTE format('REVOKE ALL ON FUNCTION replication.strength_%s(record) FROM PUBLIC', table_id);
    RETURN true;
END
$capture$;
