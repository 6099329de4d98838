-- Apply, after the inserts, which lock their keys: was anything logged for them since we looked? A user may have inserted and deleted
-- such a row in between; it must be weighed too.
SELECT count(*) AS overtaken
FROM pg_temp.decision d
WHERE d.taken AND d.present AND NOT d.here AND d.refused IS NULL
  AND EXISTS (SELECT FROM replication.events e
              WHERE e.tbl = d.tbl AND e.nr = d.nr AND e.key IS NOT DISTINCT FROM d.key AND e.id <> ALL (coalesce(d.seen, '{}')));
