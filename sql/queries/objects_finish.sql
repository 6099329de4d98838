-- Objects: all blocks are there, and what is made gets its length. Was one not there any more; or did it not come, though the source had told of it?
SELECT count(replication.resize_object(o.made, h.bytes))
FROM pg_temp.object o JOIN (SELECT DISTINCT object, bytes FROM pg_temp.their_block) h ON h.object = o.theirs
WHERE NOT o.same;
DELETE FROM replication.fetched_blocks WHERE node = :source;
SELECT count(*) FILTER (WHERE here) > 0 AS overtaken, count(*) FILTER (WHERE NOT here) > 0 AS missing FROM pg_temp.object_block WHERE NOT done;
