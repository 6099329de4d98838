SELECT is_new FROM replication.capture_table(:relation)
