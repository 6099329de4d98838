-- Sequences of the tables with which something is wrong, and what: new ones that no init has seen, and those that somebody moved.
SELECT s.sequence::regclass::text AS sequence, s.fault
FROM (SELECT k.sequence, replication.sequence_fault(k.sequence, (SELECT value::integer FROM replication.config WHERE key = 'max_nodes')) AS fault
      FROM (SELECT DISTINCT k.sequence FROM replication.table_sequences() k) k) s
WHERE s.fault IS NOT NULL
ORDER BY 1
