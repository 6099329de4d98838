-- Resolve, after resolve_shared.sql: keys that stay without a row here, so that none is locked, and of which something is logged all the same.
-- That must be seen by no other batch: see resolve_lock_absent.sql.
SELECT count(*) AS keys FROM pg_temp.decision WHERE shared AND NOT taken AND NOT here AND NOT settled;
