-- Apply, after the inserts, which lock their keys: was anything logged for them since we looked? A user may have inserted and deleted
-- such a row in between; it must be weighed too. And are the tables, which are locked by now, what the ends agreed on, or were they renamed
-- or given other columns before?
SELECT (SELECT count(*)
        FROM pg_temp.decision d
        WHERE d.taken AND d.present AND NOT d.here AND d.refused IS NULL
          AND EXISTS (SELECT FROM replication.events e
                      WHERE e.tbl = d.tbl AND e.nr = d.nr AND e.key IS NOT DISTINCT FROM d.key AND e.id <> ALL (coalesce(d.seen, '{}')))) AS overtaken,
       (SELECT count(*)
        FROM unnest(:'relations'::oid[], :'shapes'::text[], :'names'::text[]) AS r(relation, shape, name)
        WHERE to_regclass(r.name) IS DISTINCT FROM r.relation
           OR r.shape IS DISTINCT FROM
              (SELECT md5(string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod, a.attisdropped, a.attgenerated), ',' ORDER BY a.attnum))
                      || EXISTS (SELECT FROM pg_inherits i WHERE r.relation IN (i.inhparent, i.inhrelid))
               FROM pg_attribute a WHERE a.attrelid = r.relation AND a.attnum > 0)
              || (SELECT array_to_string(t.large_objects, ' ') FROM replication.tables t WHERE t.relation = r.relation)) AS changed;
