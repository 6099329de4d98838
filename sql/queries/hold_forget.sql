-- Tables of :source that are replicated there no longer: nothing waits for them.
DELETE FROM replication.held_tables WHERE node = :source AND tbl <> ALL (:'tables'::integer[]);
