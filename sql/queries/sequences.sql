-- The sequences of the tables as they are: `max_nodes` is the step, `last_value` is null before the first use.
SELECT s.sequence, s.node, s.max_nodes, s.last_value, row_to_json(s) AS json
FROM (SELECT DISTINCT k.sequence::regclass::text AS sequence,
             (SELECT n.node FROM replication.nodes n WHERE n.is_self) AS node,
             abs(q.seqincrement) AS max_nodes,
             pg_sequence_last_value(k.sequence) AS last_value
      FROM replication.table_sequences() k
      JOIN pg_catalog.pg_sequence q ON q.seqrelid = k.sequence) s
ORDER BY s.sequence
