DECLARE log_keys CURSOR FOR
SELECT json_build_array(nr, key)::text AS entry FROM (SELECT DISTINCT nr, key FROM replication.events WHERE tbl = :tbl AND nr IS NOT NULL) k;
