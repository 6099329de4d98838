-- The tables that have held rows.
SELECT DISTINCT tbl FROM replication.held;
