-- First contact, at either end: a checksum of the rows of one table whose keys have no unread events, by the other end's
-- position here: these will be replicated anyway. :known narrows the rows further.
SELECT count(*) AS rows, coalesce(sum(:hash) % 1152921504606846976, 0) AS sum
FROM :table t
WHERE NOT EXISTS (SELECT FROM replication.events e WHERE e.tbl = :tbl AND NOT (:is_read) AND :match) :known;
