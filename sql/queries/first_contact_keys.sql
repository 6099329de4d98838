-- First contact, at the source: the keys in its log that the target has not read.
COPY (SELECT DISTINCT e.tbl, CASE WHEN e.key IS NULL THEN e.nr END, e.key, '{}' FROM replication.events e
      WHERE e.nr IS NOT NULL AND NOT (:is_read)) TO STDOUT;
