-- Comparison: how many rows these tables are thought to have, at either end; in their order.
SELECT (SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint FROM pg_class c
        WHERE c.relkind = 'r' AND (c.oid = r.relation OR c.oid IN (SELECT relid FROM pg_partition_tree(r.relation)))) AS rows
FROM unnest(:'relations'::oid[]) WITH ORDINALITY AS r(relation, position)
ORDER BY position;
