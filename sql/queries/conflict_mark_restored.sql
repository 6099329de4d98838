-- First of the transaction: two of them never restore the same conflict.
UPDATE replication.conflicts SET restored_at = clock_timestamp() WHERE id = :id AND restored_at IS NULL
