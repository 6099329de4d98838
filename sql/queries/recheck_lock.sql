-- Recheck: the rows that are there now under keys whose delete was taken without a lock.
INSERT INTO pg_temp.rechecked (tbl, nr, key)
SELECT u.tbl, u.nr, u.key
FROM :table t JOIN replication.unlocked u ON :match
WHERE u.node = :source AND u.tbl = :tbl
FOR NO KEY UPDATE OF t;
