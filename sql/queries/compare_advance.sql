-- Comparison: how far table :tbl has come; at its end :'after' is empty. When all are done, what the other end has not read is in our log.
UPDATE replication.comparing
SET after = nullif(:'after', '')::jsonb, done = :'after' = '', compared = compared + :rows, different = different + :different, bytes = bytes + :bytes
WHERE node = :source AND tbl = :tbl;
DELETE FROM replication.comparing
WHERE node = :source AND NOT EXISTS (SELECT FROM replication.comparing c WHERE c.node = :source AND NOT c.done);
UPDATE replication.nodes SET whole = true, yields = false
WHERE node = :source AND NOT EXISTS (SELECT FROM replication.comparing c WHERE c.node = :source);
SELECT pg_notify('trompd_wake', '');
