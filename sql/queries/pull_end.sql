-- Pull, last step, on the source: were the tables that were read rewritten since the snapshot (they then look empty to it),
-- or have they other columns than the reader thinks, or got new names, tables or columns, so that others were read under theirs (names are
-- looked up as they are now, and stay so since the tables are locked); and how much of the write-ahead log is on disk.
SELECT (SELECT count(*)
        FROM unnest(:'relations'::oid[], :'shapes'::text[], :'names'::text[]) AS r(relation, shape, name)
        JOIN pg_class c ON c.oid = r.relation
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT EXISTS (SELECT FROM (SELECT c.oid UNION SELECT p.relid FROM pg_partition_tree(c.oid) p) p
                          JOIN pg_class f ON f.oid = p.oid
                          WHERE f.relkind <> 'p' AND f.relfilenode IS DISTINCT FROM pg_relation_filenode(f.oid))
          AND to_regclass(r.name) = r.relation
          AND NOT EXISTS (SELECT FROM pg_attribute a
                          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                            AND (pg_identify_object('pg_class'::regclass, c.oid, a.attnum)).identity IS DISTINCT FROM format('%I.%I.%I', n.nspname, c.relname, a.attname))
          AND r.shape = (SELECT md5(string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attisdropped, a.attgenerated),
                                               ',' ORDER BY a.attnum))
                                || EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhparent, i.inhrelid))
                         FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)
                        || (SELECT array_to_string(t.large_objects, ' ') FROM replication.tables t WHERE t.relation = c.oid))
           = cardinality(:'relations'::oid[]) AS unchanged,
       pg_current_wal_flush_lsn() AS flushed;
COMMIT;
