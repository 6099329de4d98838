-- Large objects of this database that belong to replicated rows.

-- Why columns of a table cannot be taken for large objects; null if they can.
CREATE OR REPLACE FUNCTION replication.large_object_refusal(relation oid, columns text[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(
        (SELECT format('`large_objects` names its column %s, %s', c.name, CASE
                    WHEN a.attname IS NULL THEN 'which it does not have'
                    WHEN a.attname = ANY (replication.key_of(relation)) THEN 'which is part of its key: a large object has another number at each node'
                    WHEN a.attgenerated <> '' THEN 'which is generated'
                    ELSE format('whose type is %s, not oid or a domain of it', format_type(a.atttypid, a.atttypmod)) END)
         FROM unnest(columns) AS c(name)
         LEFT JOIN pg_attribute a ON a.attrelid = relation AND a.attname = c.name AND a.attnum > 0 AND NOT a.attisdropped
         LEFT JOIN pg_type y ON y.oid = a.atttypid
         WHERE a.attname IS NULL OR a.attname = ANY (replication.key_of(relation)) OR a.attgenerated <> ''
            OR 'oid'::regtype NOT IN (y.oid, y.typbasetype)
         ORDER BY c.name LIMIT 1),
        CASE WHEN columns <> '{}' AND current_setting('block_size') <> '8192'
             THEN 'it has large objects, which are replicated between servers with the usual block size of 8 kB only' END)
$$;

-- An empty large object for a row of a table. It belongs to the table's owner; who may read or change the table may do so with the object. It runs
-- with the rights of the schema's owner, who is a member of the tables' owners.
CREATE OR REPLACE FUNCTION replication.new_object(table_id integer) RETURNS oid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made  CONSTANT oid := lo_create(0);
    owner name;
    may   record;
BEGIN
    SELECT pg_get_userbyid(c.relowner) INTO STRICT owner
    FROM replication.tables t JOIN pg_class c ON c.oid = t.relation WHERE t.id = table_id;
    FOR may IN SELECT string_agg(DISTINCT x.privilege_type, ', ') AS rights, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END AS role
               FROM replication.tables t JOIN pg_class c ON c.oid = t.relation CROSS JOIN LATERAL aclexplode(c.relacl) x
               WHERE t.id = table_id AND x.privilege_type IN ('SELECT', 'UPDATE') AND x.grantee <> c.relowner
               GROUP BY x.grantee LOOP
        EXECUTE format('GRANT %s ON LARGE OBJECT %s TO %s', may.rights, made, may.role);
    END LOOP;
    IF owner <> current_user THEN
        EXECUTE format('ALTER LARGE OBJECT %s OWNER TO %I', made, owner);
    END IF;
    RETURN made;
END
$$;

-- Gives a large object its length: what is beyond goes, what is missing is zeros.
CREATE OR REPLACE FUNCTION replication.resize_object(object oid, bytes bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    writing CONSTANT integer := x'20000'::integer;
    fd      CONSTANT integer := lo_open(object, writing);
BEGIN
    PERFORM lo_truncate64(fd, bytes);
    PERFORM lo_close(fd);
END
$$;

-- Puts a block where it belongs. The content is that of object_content.sql; returns the number of pages.
CREATE OR REPLACE FUNCTION replication.put_block(object oid, content bytea) RETURNS bigint
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    SELECT count(lo_put(object, ('x' || encode(substr(b.pages, i * 2052 + 1, 4), 'hex'))::bit(32)::integer::bigint * 2048, substr(b.pages, i * 2052 + 5, 2048)))
    FROM (SELECT content || ''::bytea AS pages OFFSET 0) b -- read once, not for each page
    CROSS JOIN generate_series(0, octet_length(b.pages) / 2052 - 1) AS i
$$;

-- Every column whose numbers may be those of large objects, declared or not, as far as our role may read it. So does vacuumlo see it.
CREATE OR REPLACE FUNCTION replication.object_columns() RETURNS TABLE (relation oid, attribute text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.oid, a.attname::text
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type y ON y.oid = a.atttypid
    WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition AND c.relpersistence <> 't'
      AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'replication')
      AND 'oid'::regtype IN (y.oid, y.typbasetype)
      AND CASE WHEN has_schema_privilege(n.oid, 'USAGE') THEN has_column_privilege(c.oid, a.attnum, 'SELECT') ELSE false END
$$;

-- The large objects that an image of a row names.
CREATE OR REPLACE FUNCTION replication.objects_of(image jsonb, columns text[]) RETURNS SETOF oid
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (image ->> c)::oid FROM unnest(columns) c WHERE image ->> c ~ '^[1-9][0-9]*$'
$$;

-- The large objects that only images of rows name: of rows that are held, that lost and can be restored, that may be parents of others.
CREATE OR REPLACE FUNCTION replication.imaged_objects() RETURNS SETOF oid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT o FROM replication.tables t JOIN replication.held h ON h.tbl = t.id CROSS JOIN LATERAL replication.objects_of(h.row, t.large_objects) o
    WHERE t.large_objects <> '{}'
    UNION
    SELECT o FROM replication.tables t JOIN replication.conflicts c ON c.schema_name = t.schema_name AND c.table_name = t.table_name
    CROSS JOIN LATERAL replication.objects_of(c.loser_row, t.large_objects) o
    WHERE t.large_objects <> '{}' AND c.restored_at IS NULL
    UNION
    SELECT o FROM replication.tables t JOIN replication.conflicts c ON c.other_schema = t.schema_name AND c.other_table = t.table_name
    CROSS JOIN LATERAL replication.objects_of(c.other_row, t.large_objects) o
    WHERE t.large_objects <> '{}' AND c.restored_at IS NULL
    UNION
    SELECT o FROM replication.tables t JOIN pg_constraint k ON k.confrelid = t.relation JOIN replication.suspects s ON s.constr = k.oid
    CROSS JOIN LATERAL replication.objects_of(s.parent, t.large_objects) o
    WHERE t.large_objects <> '{}'
$$;

-- Removes large objects, as far as the schema's owner may: others stay, and are orphans.
CREATE OR REPLACE FUNCTION replication.remove_objects(objects oid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM lo_unlink(m.oid) FROM pg_largeobject_metadata m
    WHERE m.oid = ANY (objects) AND (pg_has_role(m.lomowner, 'USAGE') OR current_setting('lo_compat_privileges')::boolean);
EXCEPTION
    -- A user writes to one, or removes it, at this moment. What he does counts first.
    WHEN undefined_object OR internal_error THEN
        RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = format('a large object that is to be removed was changed at this moment (%s)', SQLERRM);
END
$$;

-- Removes those of these large objects that belong to no row any more; those of rows that are held or lost are kept, and remembered.
CREATE OR REPLACE FUNCTION replication.release_objects(objects oid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unused oid[] := ARRAY(SELECT m.oid FROM pg_largeobject_metadata m WHERE m.oid = ANY (objects));
    kept   oid[] := '{}';
    place  record;
BEGIN
    FOR place IN SELECT * FROM replication.object_columns() LOOP
        EXIT WHEN unused = '{}';
        EXECUTE format('SELECT coalesce(array_agg(o), ''{}'') FROM unnest($1) o WHERE NOT EXISTS (SELECT FROM %s t WHERE t.%I = o)',
                       place.relation::regclass, place.attribute) INTO unused USING unused;
    END LOOP;
    IF unused <> '{}' THEN
        kept := ARRAY(SELECT o FROM replication.imaged_objects() o WHERE o = ANY (unused));
        INSERT INTO replication.kept_objects SELECT unnest(kept) ON CONFLICT DO NOTHING;
        PERFORM replication.remove_objects(ARRAY(SELECT unnest(unused) EXCEPT SELECT unnest(kept)));
    END IF;
    DELETE FROM replication.kept_objects k WHERE k.object = ANY (objects) AND k.object <> ALL (kept);
END
$$;

-- The large objects that no row refers to, and that are not kept.
CREATE OR REPLACE FUNCTION replication.orphaned_objects() RETURNS SETOF oid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    conditions text;
BEGIN
    SELECT string_agg(format(' AND NOT EXISTS (SELECT FROM %s t WHERE t.%I = m.oid)', c.relation::regclass, c.attribute), '')
    INTO conditions FROM replication.object_columns() c;
    RETURN QUERY EXECUTE 'SELECT m.oid FROM pg_largeobject_metadata m WHERE NOT EXISTS (SELECT FROM replication.kept_objects k WHERE k.object = m.oid)'
                         || coalesce(conditions, '') || ' ORDER BY m.oid';
END
$$;

-- Forgets conflicts that are older than so many seconds, with the large objects of what lost. Returns how many.
CREATE OR REPLACE FUNCTION replication.purge_conflicts(seconds float8) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    purged bigint;
BEGIN
    DELETE FROM replication.conflicts WHERE detected_at < clock_timestamp() - make_interval(secs => seconds);
    GET DIAGNOSTICS purged = ROW_COUNT;
    PERFORM replication.release_objects(ARRAY(SELECT k.object FROM replication.kept_objects k)) WHERE EXISTS (SELECT FROM replication.kept_objects);
    RETURN purged;
END
$$;
