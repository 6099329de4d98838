-- Partitions that come to a captured table and leave it. Renewed by every `trompctl init`.

-- The number of the table as part of which writes to this one are logged; null: they are not.
CREATE OR REPLACE FUNCTION replication.captured_as(relation oid) RETURNS integer
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT substring(p.proname FROM '^capture_([0-9]+)_insert$')::integer
    FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
    WHERE g.tgrelid = relation AND g.tgname = 'trompd_insert' AND p.pronamespace = 'replication'::regnamespace
$$;

-- Have two captured tables the same key, so that an event of one can be one of the other?
CREATE OR REPLACE FUNCTION replication.have_same_key(table_id integer, other integer) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT t.key_columns = o.key_columns AND t.key_types = o.key_types
                     FROM replication.tables t, replication.tables o WHERE t.id = table_id AND o.id = other), false)
$$;

-- Rows come to a captured table with a partition. Where they were replicated before, only what is not sent yet becomes a change of this table; others
-- are inserts, if they come now. Of a partition that came earlier, unseen, nobody knows which rows came with it.
CREATE OR REPLACE FUNCTION replication.take_partition(table_id integer, part oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    before CONSTANT integer := (SELECT k.id FROM replication.tables k WHERE k.id = replication.captured_as(part) AND k.id <> table_id);
    t      record;
BEGIN
    SELECT k.schema_name, k.table_name INTO STRICT t FROM replication.tables k WHERE k.id = table_id;
    IF replication.have_same_key(table_id, before) THEN
        UPDATE replication.events SET tbl = table_id WHERE tbl = before;
        UPDATE replication.ahead SET tbl = table_id WHERE tbl = before;
        UPDATE replication.unlocked SET tbl = table_id WHERE tbl = before;
        UPDATE replication.held SET tbl = table_id, schema_name = t.schema_name, table_name = t.table_name WHERE tbl = before;
    ELSIF EXISTS (SELECT FROM pg_partition_ancestors(part) a JOIN pg_inherits i ON i.inhrelid = a.relid WHERE replication.is_uncommitted(i.xmin)) THEN
        PERFORM replication.log_all_rows(table_id, 'I', part);
    END IF;
END
$$;

-- A partition that has left its table becomes a table of its own. Its rows were replicated before: what is not sent yet of keys that the old table
-- has no longer is also a change of the new one; the rows that were deleted may have been in this partition.
CREATE OR REPLACE FUNCTION replication.take_leaver(table_id integer, before integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    SET row_security = off SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 SET bytea_output = 'hex' SET lc_monetary = 'C'
AS $$
DECLARE
    t record;
BEGIN
    SELECT k.*, replication.key_is_integer(k.relation, k.key_columns) AS is_integer INTO STRICT t FROM replication.tables k WHERE k.id = before;
    EXECUTE format('INSERT INTO replication.events (id, xid, nr, version, tbl, via, origin, action, strength, ord, number, key)'
                   ' SELECT e.id, e.xid, e.nr, e.version, $1, e.via, e.origin, e.action, e.strength, e.ord, e.number, e.key'
                   ' FROM replication.events e WHERE e.tbl = $2 AND NOT EXISTS (SELECT FROM %s r WHERE %s)',
                   t.relation::regclass,
                   CASE WHEN t.is_integer THEN format('r.%I = e.nr', t.key_columns[1])
                        ELSE format('%s = e.key', replication.key_expression(t.relation, t.key_columns, 'r')) END)
    USING table_id, before;
    INSERT INTO replication.compared (node, tbl) SELECT c.node, table_id FROM replication.compared c WHERE c.tbl = before;
END
$$;
