-- Comparing two tables, at either end: in which order this end has the values of the key columns :'key' of table :relation. Two ends have a column in the
-- same order where `type` and `sorted` are equal; `sorted` is null where it is not known to be the same anywhere else. Types are those below domains.
-- The order of texts is their collation's: its provider, locale and actual version say which, and the encoding what their bytes are.
WITH RECURSIVE base AS (
    SELECT k.position, y.oid, y.typname, y.typtype, y.typbasetype, y.typnamespace, a.attcollation
    FROM unnest(:'key'::name[]) WITH ORDINALITY k(name, position)
    JOIN pg_attribute a ON a.attrelid = :relation AND a.attname = k.name
    JOIN pg_type y ON y.oid = a.atttypid
    UNION ALL
    SELECT b.position, y.oid, y.typname, y.typtype, y.typbasetype, y.typnamespace, b.attcollation
    FROM base b JOIN pg_type y ON y.oid = b.typbasetype
    WHERE b.typtype = 'd'
), facts AS (
    -- Columns of these catalogues differ from version to version, so they are looked up by name.
    SELECT b.position, b.oid, b.typname, b.typnamespace = 'pg_catalog'::regnamespace AS own, b.attcollation,
           CASE b.attcollation WHEN 100 THEN to_jsonb(d) ELSE to_jsonb(l) END AS c,
           CASE b.attcollation WHEN 100 THEN :database_version ELSE pg_collation_actual_version(l.oid) END AS version,
           ' COLLATE ' || quote_ident(n.nspname) || '.' || quote_ident(l.collname) AS collate_sql
    FROM base b
    LEFT JOIN pg_collation l ON l.oid = b.attcollation
    LEFT JOIN pg_namespace n ON n.oid = l.collnamespace
    JOIN pg_database d ON d.datname = current_database()
    WHERE b.typtype <> 'd'
), collated AS (
    SELECT f.*, coalesce(c ->> 'datlocprovider', c ->> 'collprovider', 'c') AS provider,
           CASE WHEN coalesce(c ->> 'datlocprovider', c ->> 'collprovider', 'c') = 'c' THEN lower(replace(coalesce(c ->> 'datcollate', c ->> 'collcollate'), '-', ''))
                ELSE coalesce(c ->> 'daticulocale', c ->> 'datlocale', c ->> 'colliculocale', c ->> 'colllocale', c ->> 'collcollate') END AS locale,
           coalesce(c ->> 'daticurules', c ->> 'collicurules') AS rules
    FROM facts f
)
SELECT format_type(f.oid, -1) AS type,
       CASE WHEN NOT own THEN NULL
            WHEN typname IN ('bool', 'int2', 'int4', 'int8', 'oid', 'float4', 'float8', 'numeric', 'date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval',
                             'uuid', 'bytea', 'bit', 'varbit', 'inet', 'cidr', 'macaddr', 'macaddr8', 'char', 'pg_lsn', 'xid8') THEN ''
            WHEN typname NOT IN ('text', 'varchar', 'bpchar', 'name') OR locale IS NULL THEN NULL
            WHEN provider IN ('b', 'c') AND lower(locale) IN ('c', 'posix') THEN 'bytes ' || e.encoding
            WHEN provider = 'c' AND locale LIKE 'c.%' THEN 'code points ' || locale || ' ' || e.encoding -- glibc gives it no version
            ELSE provider || ' ' || locale || coalesce(' & ' || rules, '') || ' ' || version || ' ' || e.encoding END AS sorted,
       CASE WHEN attcollation IN (0, 100) THEN '' ELSE collate_sql END AS collation,
       (SELECT coalesce(sum(greatest(r.reltuples, 0)), 0)::bigint FROM pg_class r
        WHERE r.relkind = 'r' AND (r.oid = :relation OR r.oid IN (SELECT relid FROM pg_partition_tree(:relation)))) AS estimate
FROM collated f
CROSS JOIN LATERAL (SELECT getdatabaseencoding() AS encoding) e
ORDER BY position;
