DECLARE log_keys CURSOR FOR
SELECT json_build_array(nr, key)::text AS entry
FROM (SELECT DISTINCT e.nr, e.key FROM replication.events e WHERE e.tbl = :tbl AND e.nr IS NOT NULL AND NOT (:is_read)) k;
