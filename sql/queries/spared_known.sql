-- What was taken ahead with an earlier chunk does not come with a later one.
DELETE FROM pg_temp.spared_key s USING replication.ahead a
WHERE a.node = :source AND a.tbl = s.tbl AND a.nr = s.nr AND a.key IS NOT DISTINCT FROM s.key
  AND s.beyond <@ a.beyond;
