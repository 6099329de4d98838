-- The tables that have held rows; those of a database that was moved wait for init.
SELECT DISTINCT tbl FROM replication.held WHERE (SELECT moved FROM replication.home) IS NULL;
