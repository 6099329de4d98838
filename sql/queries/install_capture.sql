-- What is in a table already is not in the log.
SELECT c.is_new, c.is_new AND replication.is_filled(:relation) AND replication.forget_whole() AS was_filled FROM replication.capture_table(:relation) c
