-- First contact, at the source: the same sum for the keys of the target's log alone, :'keys' an array of [nr, key].
SELECT count(*) AS rows, coalesce(sum(:hash) % 1152921504606846976, 0) AS sum
FROM (SELECT (x->>0)::bigint AS nr, x->1 AS key FROM jsonb_array_elements(:'keys'::jsonb) x) d
JOIN :table t ON :match_d
WHERE NOT EXISTS (SELECT FROM replication.events e WHERE e.tbl = :tbl AND NOT (:is_read) AND :match);
