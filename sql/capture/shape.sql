-- What the capture of a table depends on, whether that has changed, and why it may stand in the way. Renewed by every `trompctl init`.

-- Is this, of a row that is visible, the transaction at hand or part of it?
CREATE OR REPLACE FUNCTION replication.is_uncommitted(writer xid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN age(writer) <= age(own.id::xid)
                THEN pg_xact_status((own.id::text::bigint + age(own.id::xid) - age(writer))::text::xid8) = 'in progress' ELSE false END
    FROM (SELECT pg_current_xact_id() AS id) own
$$;

-- Was this table made by the transaction at hand? Then nobody else has rows in it. (No ALTER TABLE touches the entry of a system column.)
CREATE OR REPLACE FUNCTION replication.is_made_here(relation oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT replication.is_uncommitted(a.xmin) FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum = -1), false)
$$;

-- For each of these tables a number that changes with whatever its capture depends on: columns, defaults, indexes, partitions, owner, triggers
-- that would fire where changes are applied, inheritance. Of all tables in one go, because it is asked after every DDL statement.
CREATE OR REPLACE FUNCTION replication.shapes(relations oid[]) RETURNS TABLE (relation oid, shape numeric)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH asked AS MATERIALIZED (
        SELECT c.oid, c.relkind, hashint8extended(c.relowner::bigint, ascii(c.relkind::text) + CASE WHEN c.relispartition THEN 1000 ELSE 0 END) AS hash
        FROM pg_class c WHERE c.oid = ANY (relations)
    ), member AS MATERIALIZED (
        SELECT a.oid AS root, a.oid AS part FROM asked a
        UNION ALL
        SELECT a.oid, p.relid FROM asked a CROSS JOIN LATERAL pg_partition_tree(a.oid) p WHERE a.relkind = 'p' AND p.relid <> a.oid
    )
    SELECT x.relation, sum(x.hash)
    FROM (SELECT a.oid AS relation, a.hash FROM asked a
          UNION ALL
          SELECT t.attrelid, hashnameextended(t.attname, (t.atttypid::bigint << 32) # (t.attcollation::bigint << 20)
                    # ((t.attnotnull::integer + 2 * t.atthasdef::integer + 4 * (t.attidentity <> '')::integer + 8 * (t.attgenerated <> '')::integer) << 12) # t.attnum)
          FROM asked a JOIN pg_attribute t ON t.attrelid = a.oid AND t.attnum > 0
          UNION ALL
          SELECT d.adrelid, hashint8extended(d.oid::bigint, 1) FROM asked a JOIN pg_attrdef d ON d.adrelid = a.oid
          UNION ALL
          SELECT i.indrelid, hashint8extended(i.indexrelid::bigint, i.indisprimary::integer + 2 * i.indisvalid::integer)
          FROM asked a JOIN pg_index i ON i.indrelid = a.oid AND i.indisunique
          UNION ALL
          SELECT i.inhrelid, hashint8extended(i.inhparent::bigint, 2) FROM asked a JOIN pg_inherits i ON i.inhrelid = a.oid
          UNION ALL
          SELECT i.inhparent, hashint8extended(i.inhrelid::bigint, 3) FROM asked a JOIN pg_inherits i ON i.inhparent = a.oid
          UNION ALL
          SELECT m.root, hashint8extended(m.part::bigint, 4) FROM member m WHERE m.part <> m.root
          UNION ALL
          SELECT m.root, hashint8extended(g.oid::bigint, 5) FROM member m JOIN pg_trigger g ON g.tgrelid = m.part AND g.tgenabled IN ('A', 'R')) x
    GROUP BY x.relation
$$;

-- What is known of the shapes of the captured and the refused tables is that of now.
CREATE OR REPLACE FUNCTION replication.note_shape(table_relation oid) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE replication.tables t SET shape = s.shape FROM replication.shapes(ARRAY[table_relation]) s WHERE t.relation = table_relation;
    UPDATE replication.refused r SET shape = s.shape FROM replication.shapes(ARRAY[table_relation]) s WHERE r.relation = table_relation;
$$;

-- The key of a captured table as it is now: by key_of or, where that finds none any more, the columns that it had. MATERIALIZED, or key_of would be
-- asked for each column.
CREATE OR REPLACE FUNCTION replication.key_now(table_id integer, OUT columns text[], OUT numbers smallint[], OUT types oid[])
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH t AS MATERIALIZED (SELECT k.*, replication.key_of(k.relation) AS found FROM replication.tables k WHERE k.id = table_id)
    SELECT array_agg(a.attname::text ORDER BY k.position), array_agg(a.attnum ORDER BY k.position), array_agg(a.atttypid ORDER BY k.position)
    FROM t
    CROSS JOIN LATERAL generate_series(1, cardinality(coalesce(t.found, t.key_columns))) AS k(position)
    JOIN pg_attribute a ON a.attrelid = t.relation AND NOT a.attisdropped AND a.attnum > 0
     AND CASE WHEN t.found IS NOT NULL THEN a.attname = t.found[k.position] ELSE a.attnum = t.key_numbers[k.position] END
$$;

-- Types with the same values have the same kind.
CREATE OR REPLACE FUNCTION replication.kinds_of(types oid[]) RETURNS oid[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg(CASE WHEN y IN ('int2'::regtype, 'int4'::regtype) THEN 'int8'::regtype
                          WHEN y IN ('varchar'::regtype, 'bpchar'::regtype) THEN 'text'::regtype ELSE y END ORDER BY position)
    FROM unnest(types) WITH ORDINALITY AS k(y, position)
$$;

-- Why a captured table cannot go on with the key that it has now; null: it can. Its events hold values of the key: new names do not change
-- these, nor do types that print the same values in the same way.
CREATE OR REPLACE FUNCTION replication.key_refusal(table_relation oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN n.numbers IS NULL OR cardinality(n.numbers) < cardinality(t.key_columns) AND replication.key_of(t.relation) IS NULL
                THEN format('it has lost its key (%s)', array_to_string(t.key_columns, ', '))
                WHEN (n.numbers <> t.key_numbers OR replication.kinds_of(n.types) <> replication.kinds_of(t.key_types))
                     AND (EXISTS (SELECT FROM replication.events e WHERE e.tbl = t.id) OR EXISTS (SELECT FROM replication.held h WHERE h.tbl = t.id))
                THEN format('its key (%s) was changed, and there are changes under the old one that neighbours have not read yet; wait for them (trompctl sync --wait), or take the table out and in again: trompctl tables remove, then tables add',
                            array_to_string(t.key_columns, ', ')) END
    FROM replication.tables t
    CROSS JOIN LATERAL replication.key_now(t.id) n
    WHERE t.relation = table_relation
$$;

-- Why a table that is meant cannot be captured by us as it is; null if it can.
CREATE OR REPLACE FUNCTION replication.capture_refusal(relation oid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN NOT pg_has_role(c.relowner, 'USAGE')
                THEN format('it belongs to %1$I, and only its owner can give it triggers: run init as %1$I, or GRANT %1$I TO %2$I',
                            pg_get_userbyid(c.relowner), current_user)
                ELSE coalesce(replication.refusal(c.oid), replication.key_refusal(c.oid)) END
    FROM pg_class c WHERE c.oid = relation
$$;

-- Why a rule with these cannot be that of the table: its rows cannot have the strength, or the columns cannot refer to large objects; null if it can.
CREATE OR REPLACE FUNCTION replication.rule_refusal(relation oid, strength text, large_objects text[]) RETURNS text
LANGUAGE sql SET search_path = pg_catalog, pg_temp SET trompd.own_work = 'on'
AS $$
    SELECT coalesce(CASE WHEN strength IS NOT NULL THEN replication.strength_refusal(relation, strength) END,
                    replication.large_object_refusal(relation, large_objects))
$$;

-- The same of the rule for the table's name.
CREATE OR REPLACE FUNCTION replication.rule_refusal(relation oid) RETURNS text
LANGUAGE sql SET search_path = pg_catalog, pg_temp SET trompd.own_work = 'on'
AS $$
    SELECT replication.rule_refusal(c.oid, r.strength, r.large_objects)
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL replication.rule_for(n.nspname, c.relname) r
    WHERE c.oid = relation
$$;
