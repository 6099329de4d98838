-- Comparison: when all tables are done, what the other end has not read is in our log.
WITH finished AS (
    DELETE FROM replication.comparing
    WHERE node = :source AND NOT EXISTS (SELECT FROM replication.comparing c WHERE c.node = :source AND NOT c.done)
    RETURNING node
), told AS (
    UPDATE replication.nodes SET whole = true, yields = false WHERE node IN (SELECT node FROM finished) RETURNING node
)
SELECT pg_notify('trompd_wake', '') WHERE EXISTS (SELECT FROM told);
