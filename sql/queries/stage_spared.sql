-- Where the keys of one table arrive that a TRUNCATE must not delete.
CREATE TEMP TABLE IF NOT EXISTS :spared ON COMMIT DELETE ROWS AS SELECT :keys FROM :table WITH NO DATA;
