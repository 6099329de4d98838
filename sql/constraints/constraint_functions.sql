-- What session_replication_role = replica leaves unchecked, is looked at here, after the merge: foreign keys, deferrable unique and
-- exclusion constraints. The tables are read with `t` for the row that refers, or has the values; `p` for its parent; `o` for its double.

-- The constraints of a table, and those of others that refer to it, that are checked by triggers. Tables beside the replicated ones may be
-- none of our role's business: those that it may not read are left out.
CREATE OR REPLACE FUNCTION replication.constraints_by_trigger(relation oid) RETURNS SETOF pg_constraint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.* FROM pg_constraint c
    WHERE c.contype IN ('f', 'p', 'u', 'x')
      AND c.oid IN (SELECT g.tgconstraint FROM pg_trigger g WHERE g.tgrelid = relation AND g.tgconstraint <> 0 AND g.tgenabled <> 'D')
      AND NOT EXISTS (SELECT FROM pg_class l WHERE l.oid IN (c.conrelid, c.confrelid)
                      AND NOT (has_table_privilege(l.oid, 'SELECT') AND has_schema_privilege(l.relnamespace, 'USAGE')))
$$;

-- SQL about a foreign key: `t` refers to something (`refers`), namely to `p` (`parent`), by these values (`vals`), which are those of a suspect `s`
-- (`suspected`). A row with a null in one of its columns refers to nothing.
CREATE OR REPLACE FUNCTION replication.foreign_key_sql(c pg_constraint, OUT refers text, OUT parent text, OUT columns text, OUT vals text, OUT suspected text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg(format('t.%I IS NOT NULL', a.attname), ' AND ' ORDER BY k.position),
           string_agg(format('p.%I OPERATOR(%I.%s) t.%I%s', b.attname, pn.nspname, po.oprname, a.attname,
                             CASE WHEN a.attcollation <> b.attcollation AND b.attcollation <> 0
                                  THEN format(' COLLATE %I.%I', l.collnamespace::regnamespace, l.collname) END), ' AND ' ORDER BY k.position),
           string_agg(format('t.%I', a.attname), ', ' ORDER BY k.position),
           replication.key_expression(c.conrelid, array_agg(a.attname::text ORDER BY k.position), 't'),
           string_agg(format('t.%I OPERATOR(%I.%s) (s.vals ->> %s)::%s', a.attname, fn.nspname, fo.oprname, k.position - 1,
                             format_type(a.atttypid, a.atttypmod)), ' AND ' ORDER BY k.position)
    FROM unnest(c.conkey, c.confkey, c.conpfeqop, c.conffeqop) WITH ORDINALITY AS k(child, parent, parent_op, child_op, position)
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.child
    JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.parent
    LEFT JOIN pg_collation l ON l.oid = b.attcollation
    JOIN pg_operator po ON po.oid = k.parent_op JOIN pg_namespace pn ON pn.oid = po.oprnamespace
    JOIN pg_operator fo ON fo.oid = k.child_op JOIN pg_namespace fn ON fn.oid = fo.oprnamespace
$$;

-- SQL about a deferrable unique or exclusion constraint: the rows that it is about (`rows`, to be read as `t` or `o`), with the values that it compares as
-- columns trompd_1, ... ; `o` has what `t` has (`same`); these values (`vals`), which are those of a suspect `s` (`suspected`).
CREATE OR REPLACE FUNCTION replication.exclusion_sql(c pg_constraint, OUT rows text, OUT same text, OUT vals text, OUT suspected text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('(SELECT x.*, %s FROM %s x%s)',
                  string_agg(format('(%s) AS trompd_%s', pg_get_indexdef(i.indexrelid, k.position::integer, false), k.position), ', '),
                  c.conrelid::regclass, ' WHERE ' || pg_get_expr(i.indpred, i.indrelid)),
           string_agg(format('o.trompd_%1$s OPERATOR(%2$I.%3$s) t.trompd_%1$s', k.position, n.nspname, e.oprname), ' AND '),
           format('jsonb_build_array(%s)', string_agg(format('t.trompd_%s::text', k.position), ', ' ORDER BY k.position)),
           string_agg(format('t.trompd_%s OPERATOR(%I.%s) (s.vals ->> %s)::%s', k.position, n.nspname, e.oprname, k.position - 1,
                             format_type(a.atttypid, a.atttypmod)), ' AND ')
    FROM pg_index i
    CROSS JOIN LATERAL generate_series(1, i.indnkeyatts) AS k(position)
    JOIN pg_attribute a ON a.attrelid = i.indexrelid AND a.attnum = k.position
    JOIN pg_opclass y ON y.oid = i.indclass[k.position - 1]
    JOIN pg_operator e ON e.oid = coalesce(c.conexclop[k.position],
        (SELECT m.amopopr FROM pg_amop m  -- the equality of a btree
         WHERE m.amopfamily = y.opcfamily AND m.amoplefttype = y.opcintype AND m.amoprighttype = y.opcintype AND m.amopstrategy = 3))
    JOIN pg_namespace n ON n.oid = e.oprnamespace
    WHERE i.indexrelid = c.conindid
    GROUP BY i.indexrelid, i.indrelid, i.indpred
$$;

-- The columns that name a row of any table: its key where it is replicated, else its primary key, else all of them.
CREATE OR REPLACE FUNCTION replication.naming_columns(relation oid) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT t.key_columns FROM replication.tables t WHERE t.relation = naming_columns.relation), replication.key_of(relation),
                    (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
                     WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped))
$$;

-- Merge, before anything is deleted or changed: keeps those rows of a table that others may refer to and that go, or get other values.
CREATE OR REPLACE FUNCTION replication.keep_parents(table_id integer, table_sql text, stage_sql text, match_sql text, match_staged_sql text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parent  CONSTANT oid := table_sql::regclass;
    here    text;
    staged  text;
    columns integer;
BEGIN
    SELECT count(*), string_agg(format('t.%I::text', a.attname), ', ' ORDER BY a.attnum) FILTER (WHERE a.attname <> ALL (r.key_columns)),
           string_agg(format('r.%I::text', a.attname), ', ' ORDER BY a.attnum) FILTER (WHERE a.attname <> ALL (r.key_columns))
    INTO columns, here, staged
    FROM pg_attribute a JOIN replication.tables r ON r.id = table_id
    WHERE a.attrelid = parent
      AND a.attnum IN (SELECT unnest(c.confkey) FROM replication.constraints_by_trigger(parent) c WHERE c.contype = 'f' AND c.confrelid = parent);
    IF columns = 0 THEN
        RETURN;
    END IF;
    EXECUTE format('INSERT INTO pg_temp.parent_row (relation, row, tag) SELECT %s, %s, d.theirs FROM pg_temp.decision d JOIN %s t ON %s LEFT JOIN %s r ON %s'
                   ' WHERE d.tbl = %s AND NOT d.settled AND d.taken AND d.here AND (NOT d.present OR %s)',
                   parent, replication.image_sql(parent, 't'), table_sql, match_sql, stage_sql, match_staged_sql, table_id,
                   coalesce(format('ROW(%s)::record OPERATOR(pg_catalog.*<>) ROW(%s)::record', here, staged), 'false'));
END
$$;

-- SQL for the row of `p` as it was before the batch, where it is known. `t` refers to it.
CREATE OR REPLACE FUNCTION replication.former_parent_sql(c pg_constraint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('(SELECT g.row FROM pg_temp.parent_row g CROSS JOIN LATERAL jsonb_populate_record(NULL::%s, g.row) p WHERE g.relation = %s AND %s LIMIT 1)',
                  c.confrelid::regclass, c.confrelid, f.parent)
    FROM replication.foreign_key_sql(c) f
$$;

-- Merge, after all tables: notes what the batch may have left without its parent, or twice. Parents are locked as PostgreSQL
-- does it, so that nobody deletes them at this moment.
CREATE OR REPLACE FUNCTION replication.suspect(source integer, table_id integer, table_sql text, match_sql text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    relation CONSTANT oid := table_sql::regclass;
    taken    CONSTANT text := format('JOIN pg_temp.decision d ON d.tbl = %s AND d.taken AND d.present AND d.refused IS NULL AND %s', table_id, match_sql);
    key      CONSTANT text[] := (SELECT r.key_columns FROM replication.tables r WHERE r.id = table_id);
    suspects CONSTANT text := 'INSERT INTO replication.suspects (node, constr, vals, parent, tag) SELECT DISTINCT $1, $2::oid,';
    c        pg_constraint;
    f        record;
BEGIN
    FOR c IN SELECT * FROM replication.constraints_by_trigger(relation) LOOP
        IF c.contype <> 'f' THEN
            SELECT * INTO f FROM replication.exclusion_sql(c);
            EXECUTE format('%1$s %2$s, NULL::jsonb, max(d.theirs) FROM %3$s t %4$s WHERE EXISTS (SELECT FROM %3$s o WHERE %5$s AND %6$s <> %7$s) GROUP BY %2$s',
                           suspects, f.vals, f.rows, taken, f.same, replication.key_expression(relation, key, 'o'),
                           replication.key_expression(relation, key, 't'))
            USING source, c.oid;
            CONTINUE;
        END IF;
        SELECT * INTO f FROM replication.foreign_key_sql(c);
        IF c.conrelid = relation THEN
            IF has_any_column_privilege(c.confrelid, 'UPDATE') THEN
                EXECUTE format('SELECT count(*) FROM (SELECT FROM %s p JOIN (SELECT DISTINCT %s FROM %s t %s WHERE %s) t ON %s FOR KEY SHARE OF p) locked',
                               c.confrelid::regclass, f.columns, table_sql, taken, f.refers, f.parent);
            END IF;
            EXECUTE format('%s %s, %s, d.theirs FROM %s t %s WHERE %s AND NOT EXISTS (SELECT FROM %s p WHERE %s)',
                           suspects, f.vals, replication.former_parent_sql(c), table_sql, taken, f.refers, c.confrelid::regclass, f.parent)
            USING source, c.oid;
        END IF;
        IF c.confrelid = relation THEN
            EXECUTE format('%1$s %2$s, g.row, g.tag FROM pg_temp.parent_row g CROSS JOIN LATERAL jsonb_populate_record(NULL::%3$s, g.row) p'
                           ' JOIN %4$s t ON %5$s WHERE g.relation = %6$s AND NOT EXISTS (SELECT FROM %3$s p WHERE %5$s)',
                           suspects, f.vals, table_sql, c.conrelid::regclass, f.parent, relation)
            USING source, c.oid;
        END IF;
    END LOOP;
END
$$;

-- Puts a row back that was deleted, as a change made here, unless somebody else has its place; says whether it did. Parents that it lacks itself become suspects.
CREATE OR REPLACE FUNCTION replication.restore_parent(source integer, restored oid, image jsonb, tag float8[]) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    r        record;
    c        pg_constraint;
    f        record;
    columns  text;
    key      jsonb;
    strength float8;
BEGIN
    SELECT * INTO STRICT r FROM replication.tables WHERE relation = restored;
    SELECT string_agg(quote_ident(a.attname), ', ') INTO columns FROM pg_attribute a
    WHERE a.attrelid = restored AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND image ? a.attname;
    EXECUTE format('INSERT INTO %1$s AS t (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM replication.row_of(NULL::%1$s, $1) RETURNING %3$s, %4$s',
                   restored::regclass, columns, replication.key_expression(restored, r.key_columns, 't'), replication.strength_sql(r.id, 't'))
    INTO key, strength USING image;
    PERFORM replication.log_change(r.id, 'I', key, strength);
    FOR c IN SELECT * FROM replication.constraints_by_trigger(restored) WHERE contype = 'f' AND conrelid = restored LOOP
        SELECT * INTO f FROM replication.foreign_key_sql(c);
        EXECUTE format('INSERT INTO replication.suspects (node, constr, vals, parent, tag)'
                       ' SELECT $1, $2, %s, %s, $3 FROM %s t WHERE %s AND NOT EXISTS (SELECT FROM %s p WHERE %s) AND %s = $4',
                       f.vals, replication.former_parent_sql(c), restored::regclass, f.refers, c.confrelid::regclass, f.parent,
                       replication.key_expression(restored, r.key_columns, 't'))
        USING source, c.oid, tag, key;
    END LOOP;
    RETURN true;
EXCEPTION WHEN integrity_constraint_violation OR data_exception OR with_check_option_violation OR raise_exception THEN
    RETURN false;
END
$$;

-- Reports each suspect that is still one, as a conflict with both rows, once; parents come back where the table's rule says so. To be
-- called when all of :source's log is read.
CREATE OR REPLACE FUNCTION replication.report_suspects(source integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    report  CONSTANT text := $report$
        INSERT INTO replication.conflicts (type, schema_name, table_name, key, winner_origin, winner_version, loser_origin, loser_version, loser_row,
                                           resolver, neighbour, other_schema, other_table, other_key, other_row)
        SELECT $2, $3, $4, found.key, CASE WHEN s.parent IS NOT NULL THEN s.tag[3] END, CASE WHEN s.parent IS NOT NULL THEN s.tag[2] END,
               CASE WHEN s.parent IS NULL THEN s.tag[3] END, CASE WHEN s.parent IS NULL THEN s.tag[2] END, found.row, $5, s.node, $6, $7,
               found.other_key, found.other_row
        FROM (SELECT $1.*) s CROSS JOIN LATERAL (%s) found
        WHERE NOT EXISTS (SELECT FROM replication.conflicts k
                          WHERE k.type = $2 AND k.schema_name = $3 AND k.table_name = $4 AND k.key = found.key AND k.other_schema = $6
                            AND k.other_table = $7 AND k.other_key = found.other_key AND k.restored_at IS NULL)
        RETURNING id$report$;
    s       replication.suspects;
    c       pg_constraint;
    f       record;
    child   record;
    other   record;
    broken  text;  -- a query for the rows that break the constraint
    name    text;  -- SQL for the key of `t`
    reports bigint[];
BEGIN
    WHILE EXISTS (SELECT FROM replication.suspects x WHERE x.node = source) LOOP
        FOR s IN DELETE FROM replication.suspects x WHERE x.node = source RETURNING x.* LOOP
            SELECT * INTO c FROM pg_constraint WHERE oid = s.constr;
            CONTINUE WHEN NOT FOUND;
            SELECT l.relname, n.nspname, coalesce(r.orphans, 'report') AS orphans INTO child
            FROM pg_class l JOIN pg_namespace n ON n.oid = l.relnamespace LEFT JOIN replication.tables r ON r.relation = l.oid
            WHERE l.oid = c.conrelid;
            name := replication.key_expression(c.conrelid, replication.naming_columns(c.conrelid), 't');
            IF c.contype = 'f' THEN
                SELECT * INTO f FROM replication.foreign_key_sql(c);
                broken := format('SELECT %s AS key, to_jsonb(t.*) AS row, s.vals AS other_key, s.parent AS other_row FROM %s t WHERE %s AND NOT EXISTS (SELECT FROM %s p WHERE %s)',
                                name, c.conrelid::regclass, f.suspected, c.confrelid::regclass, f.parent);
            ELSE
                SELECT * INTO f FROM replication.exclusion_sql(c);
                broken := format('SELECT d.key, to_jsonb(t.*) AS row, d.other_key, to_jsonb(o.*) AS other_row FROM %1$s t JOIN %1$s o ON %2$s'
                                ' CROSS JOIN LATERAL (SELECT %3$s AS key, %4$s AS other_key, %5$s AS vals, %6$s AS other_vals) d'
                                ' WHERE %7$s AND d.vals = s.vals AND d.key <> d.other_key AND (d.key < d.other_key OR d.vals <> d.other_vals)',
                                f.rows, f.same, name, replication.key_expression(c.conrelid, replication.naming_columns(c.conrelid), 'o'),
                                f.vals, replace(f.vals, 't.trompd_', 'o.trompd_'), f.suspected);
            END IF;
            SELECT l.relname, n.nspname INTO other FROM pg_class l JOIN pg_namespace n ON n.oid = l.relnamespace
            WHERE l.oid = coalesce(nullif(c.confrelid, 0), c.conrelid);
            EXECUTE format('WITH reported AS (' || report || ') SELECT array_agg(id) FROM reported', broken) INTO reports
            USING s, CASE c.contype WHEN 'f' THEN 'foreign_key_violation' WHEN 'x' THEN 'exclusion_violation' ELSE 'update_exists' END,
                  child.nspname, child.relname, CASE c.contype WHEN 'f' THEN child.orphans ELSE 'report' END, other.nspname, other.relname;
            IF reports IS NOT NULL AND c.contype = 'f' AND child.orphans = 'restore_parent' AND s.parent IS NOT NULL
               AND replication.restore_parent(source, c.confrelid, s.parent, s.tag) THEN
                UPDATE replication.conflicts SET restored_at = clock_timestamp() WHERE id = ANY (reports);
            END IF;
        END LOOP;
    END LOOP;
END
$$;
