-- Sequences of the tables with which something is wrong, and what: new ones that no init has seen, and those that somebody moved.
-- It looks at a sequence and then at its table, which TRUNCATE ... RESTART IDENTITY locks the other way round: it must be us who give way.
SELECT set_config('lock_timeout', least(200, extract(epoch FROM current_setting('deadlock_timeout')::interval) * 500)::int::text, true);
SELECT s.sequence::regclass::text AS sequence, s.fault
FROM (SELECT u.sequence, replication.sequence_fault(u.sequence, u.uses, (SELECT value::integer FROM replication.config WHERE key = 'max_nodes')) AS fault
      FROM replication.sequence_uses() u) s
WHERE s.fault IS NOT NULL
ORDER BY 1
