-- Its position goes with it.
DELETE FROM replication.nodes WHERE node = :node AND NOT is_self
