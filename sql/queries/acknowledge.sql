-- An acknowledgement that came with a pull that had nothing to apply.
UPDATE replication.nodes SET acknowledged = :'read_of_us' WHERE node = :source AND acknowledged::text IS DISTINCT FROM :'read_of_us';
