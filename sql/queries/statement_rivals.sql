-- The statements that this node has by other ways than from :via: one of them may be the same, or contradict it.
SELECT statement, origin, tables && :'tables'::text[] AS touches FROM replication.statements
WHERE via <> :via AND state = 'done'
ORDER BY taken_at DESC LIMIT 1000;
