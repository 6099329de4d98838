-- Neighbours of the database that the file no longer lists.
SELECT node, name FROM replication.nodes WHERE NOT is_self AND node <> ALL (:'listed'::smallint[]) ORDER BY node
