-- Care for the database of a neighbour that has no daemon: registers us there, as its daemon would. Not where one serves it.
INSERT INTO replication.nodes (node, name) VALUES (:node, :'name') ON CONFLICT (node) DO NOTHING;
SELECT pg_try_advisory_lock(1953656685, 1) AS alone;
