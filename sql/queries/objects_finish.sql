-- Objects: all blocks are there, and what is made gets its length.
SELECT count(replication.resize_object(o.made, h.bytes))
FROM pg_temp.object o JOIN (SELECT DISTINCT object, bytes FROM pg_temp.their_block) h ON h.object = o.theirs
WHERE NOT o.same;
