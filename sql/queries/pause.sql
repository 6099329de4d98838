UPDATE replication.nodes SET paused = :paused WHERE NOT is_self AND node = ANY (:'nodes'::smallint[]) AND paused <> :paused
