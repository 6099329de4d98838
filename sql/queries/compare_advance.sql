-- Comparison: how far table :tbl has come; at its end :'after' is empty.
UPDATE replication.comparing
SET after = nullif(:'after', '')::jsonb, done = :'after' = '', compared = compared + :rows, different = different + :different, bytes = bytes + :bytes
WHERE node = :source AND tbl = :tbl;
