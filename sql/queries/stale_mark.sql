-- Stale: in the same commit as the new name of the link with :source; nothing is kept for it from here on.
UPDATE replication.nodes SET whole = false, stale = true, waiting_since = NULL, waiting_at = NULL WHERE node = :source AND NOT is_self;
