-- The replicated tables of a node, as they are now. Generated columns are left out: every node computes them itself.
-- The neighbours' role may call no function of ours, so what replication.key_is_integer says is written out here.
SELECT t.id, t.relation, t.schema_name, t.table_name, to_json(t.key_columns) AS key_columns,
       t.resolver, t.delete_resolver, t.priority::text AS priority, t.strength, t.orphans, to_json(t.large_objects) AS large_objects,
       cardinality(t.key_columns) = 1
           AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.relation AND a.attname = t.key_columns[1]
                       AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)) AS integer_key,
       coalesce((SELECT NOT i.indimmediate FROM pg_index i
                 WHERE i.indrelid = t.relation AND i.indisprimary), false) AS deferrable_key,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t.relation AND NOT i.indimmediate) AS deferrable,
       (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
                                          'unlimited_type', format_type(a.atttypid, -1), 'fixed', a.attidentity = 'a',
                                          'local', y.typnamespace <> 'pg_catalog'::regnamespace OR y.typname ~ '^_?reg',
                                          'optional', NOT (a.attnotnull OR y.typnotnull) OR x.filler IS NOT NULL, 'filler', x.filler) ORDER BY a.attnum)
        FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
        LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
        CROSS JOIN LATERAL (SELECT CASE WHEN a.attidentity = '' THEN coalesce(pg_get_expr(f.adbin, f.adrelid), pg_get_expr(y.typdefaultbin, 0)) END AS filler) x
        WHERE a.attrelid = t.relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns,
       (SELECT coalesce(json_agg(a.attname), '[]') FROM pg_attribute a
        WHERE a.attrelid = t.relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> '') AS generated,
       -- What values may be in another row's way: the columns of unique and exclusion indexes; all, where these depend on expressions.
       (SELECT coalesce(json_agg(a.attname ORDER BY a.attnum), '[]')
        FROM pg_attribute a
        WHERE a.attrelid = t.relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attname <> ALL (t.key_columns)
          AND EXISTS (SELECT FROM pg_index i
                      WHERE i.indrelid = t.relation AND (i.indisunique OR i.indisexclusion)
                        AND (a.attnum = ANY (i.indkey) OR 0 = ANY (i.indkey) OR i.indpred IS NOT NULL
                             OR EXISTS (SELECT FROM pg_attribute g WHERE g.attrelid = t.relation AND g.attnum = ANY (i.indkey)
                                        AND g.attgenerated <> '')))) AS unique_columns,
       EXISTS (SELECT FROM pg_class c JOIN pg_inherits i ON c.oid IN (i.inhrelid, i.inhparent) WHERE c.oid = t.relation AND c.relkind = 'r') AS inherits,
       (SELECT md5(string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attisdropped, a.attgenerated), ',' ORDER BY a.attnum))
                || EXISTS (SELECT FROM pg_inherits i WHERE t.relation IN (i.inhparent, i.inhrelid))
        FROM pg_attribute a WHERE a.attrelid = t.relation AND a.attnum > 0) || array_to_string(t.large_objects, ' ') AS shape
FROM replication.tables t
ORDER BY t.id;
