-- What was taken ahead of the position with an earlier chunk does not come again: it is no part of the source's side any more.
DELETE FROM pg_temp.incoming_event e USING replication.ahead a
WHERE a.node = :source AND a.tbl = e.tbl AND a.nr = e.nr AND a.key IS NOT DISTINCT FROM e.key
  AND e.xid = ANY (a.beyond);
