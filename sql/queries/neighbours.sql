SELECT node, name FROM replication.nodes WHERE NOT is_self ORDER BY node
