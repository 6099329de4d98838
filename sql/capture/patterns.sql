-- Which tables are replicated: what `tables` of the configuration means. Renewed by every `trompctl init`.

-- Is a table of this name to be replicated? What is `only_by_name` no wildcard means: partitions, tables of extensions, what is no table.
CREATE OR REPLACE FUNCTION replication.is_meant(schema_name name, table_name name, only_by_name boolean) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT is_meant.schema_name NOT LIKE 'pg\_%' AND is_meant.schema_name NOT IN ('information_schema', 'replication')
           AND coalesce(bool_or(p.is_name OR NOT only_by_name) FILTER (WHERE NOT p.excludes), false) AND NOT coalesce(bool_or(p.excludes), false)
    FROM replication.patterns p
    WHERE is_meant.schema_name LIKE p.schema_like AND is_meant.table_name LIKE p.table_like
$$;

-- May tables of this schema be replicated? Then so are its other objects.
CREATE OR REPLACE FUNCTION replication.is_replicated_schema(schema_name name) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT schema_name NOT LIKE 'pg\_%' AND schema_name NOT IN ('information_schema', 'replication')
       AND EXISTS (SELECT FROM replication.patterns p WHERE NOT p.excludes AND is_replicated_schema.schema_name LIKE p.schema_like)
$$;

-- What a wildcard does not mean.
CREATE OR REPLACE FUNCTION replication.only_by_name(relation oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.relkind NOT IN ('r', 'p') OR c.relispartition
           OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    FROM pg_class c WHERE c.oid = relation
$$;

-- Every table that is to be replicated, by what the catalogue says now.
CREATE OR REPLACE FUNCTION replication.meant_tables() RETURNS TABLE (relation oid, schema_name name, table_name name)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.oid, n.nspname, c.relname
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND replication.is_meant(n.nspname, c.relname, replication.only_by_name(c.oid))
$$;

-- The rule for a table that is captured now.
CREATE OR REPLACE FUNCTION replication.rule_for(schema_name name, table_name name) RETURNS SETOF replication.rules
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.* FROM replication.rules r
    WHERE (r.schema_name, r.table_name) IN ((rule_for.schema_name, rule_for.table_name), ('', ''))
    ORDER BY r.schema_name = '' LIMIT 1
$$;
