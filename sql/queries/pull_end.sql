-- Pull, last step, on the source: were the tables that were read rewritten since the snapshot (they then look empty to it),
-- or have they other columns than the reader thinks; and how much of the write-ahead log is on disk.
SELECT (SELECT count(*)
        FROM unnest(:'relations'::oid[], :'shapes'::text[]) AS r(relation, shape)
        JOIN pg_class c ON c.oid = r.relation
        WHERE NOT EXISTS (SELECT FROM (SELECT c.oid UNION SELECT p.relid FROM pg_partition_tree(c.oid) p) p
                          JOIN pg_class f ON f.oid = p.oid
                          WHERE f.relkind <> 'p' AND f.relfilenode IS DISTINCT FROM pg_relation_filenode(f.oid))
          AND r.shape = (SELECT md5(string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attisdropped, a.attgenerated),
                                               ',' ORDER BY a.attnum))
                         FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)
                        || (SELECT array_to_string(t.large_objects, ' ') FROM replication.tables t WHERE t.relation = c.oid))
           = cardinality(:'relations'::oid[]) AS unchanged,
       pg_current_wal_flush_lsn() AS flushed;
COMMIT;
