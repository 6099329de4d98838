INSERT INTO replication.nodes AS n (node, name, is_self) VALUES (:node, :'name', :is_self)
ON CONFLICT (node) DO UPDATE SET name = excluded.name WHERE n.name <> excluded.name
