-- Comparison: keys whose rows differ, and of which nothing came in the source's log: [nr, key, there is a row at the source]. Each gets an event of
-- this node, weaker than any that somebody made; of that made here nothing is known there yet, so it tells of what it finds, like any other.
INSERT INTO pg_temp.incoming_event (tbl, wire_nr, key, step, action, strength, version, origin, number, xid, found)
SELECT :tbl, k.nr, k.key, 1, CASE WHEN k.present THEN 'U' ELSE 'D' END::"char", '-1.7976931348623157e308', v.version, replication.node(), nextval('replication.event_id'), '3', true
FROM (SELECT (x->>0)::bigint AS nr, nullif(x->1, 'null') AS key, (x->>2)::boolean AS present FROM jsonb_array_elements(:'keys'::jsonb) x) k
CROSS JOIN (SELECT replication.next_version() AS version) v
WHERE NOT EXISTS (SELECT FROM pg_temp.incoming_event e
                  WHERE e.tbl = :tbl AND e.nr = coalesce(k.nr, jsonb_hash_extended(k.key, 0)) AND e.key IS NOT DISTINCT FROM k.key);
