-- Forward at a leaf: nobody else wants what was taken, and our own events of these keys are answered.
-- Only those that were looked at: a user's insert that came since stays.
DELETE FROM replication.events e USING pg_temp.decision d
WHERE d.taken AND d.held IS NULL AND d.seen IS NOT NULL AND e.tbl = d.tbl AND e.nr = d.nr AND e.id = ANY (d.seen);
