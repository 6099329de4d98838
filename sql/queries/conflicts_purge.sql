DELETE FROM replication.conflicts WHERE detected_at < clock_timestamp() - make_interval(secs => :seconds)
