-- A neighbour whose link begins now reads our whole log. Who never had a row has nothing beside it.
INSERT INTO replication.nodes AS n (node, name, is_self, whole, behind)
SELECT :node, :'name', :is_self, b.bare, b.bare FROM replication.is_bare() AS b(bare)
ON CONFLICT (node) DO UPDATE SET name = excluded.name WHERE n.name <> excluded.name
