-- Its position goes with it.
DELETE FROM replication.nodes WHERE node = :node AND NOT is_self;
-- Where one neighbour is left, what came from there waited for the other one alone. It goes now: that neighbour acknowledges nothing as long as it has
-- nothing to read, and prune.sql looks at no event beyond what was acknowledged. What is held, and what lies behind something that is still unread, stays.
WITH last AS MATERIALIZED (
    SELECT min(node) AS node FROM replication.nodes WHERE NOT is_self HAVING count(*) = 1
)
DELETE FROM replication.events e
USING last l
WHERE e.via = l.node AND e.nr IS NOT NULL
  AND NOT EXISTS (SELECT FROM replication.held h WHERE h.tbl = e.tbl AND h.nr = e.nr)
  AND NOT EXISTS (SELECT FROM replication.events b WHERE b.tbl = e.tbl AND b.nr IS NULL)
  AND NOT EXISTS (SELECT FROM replication.events b
                  WHERE b.tbl = e.tbl AND b.nr = e.nr AND b.key IS NOT DISTINCT FROM e.key AND b.via <> e.via);
