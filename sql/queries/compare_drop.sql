-- Comparison: tables that :source replicates no longer have nothing to be compared with. :tables are those that fit; held ones wait.
UPDATE replication.comparing c SET done = true
FROM replication.tables t
WHERE t.id = c.tbl AND c.node = :source AND NOT c.done AND c.tbl <> ALL (:'tables'::integer[])
  AND NOT EXISTS (SELECT FROM replication.held_tables h WHERE h.node = c.node AND (h.schema_name, h.table_name) = (t.schema_name, t.table_name));
