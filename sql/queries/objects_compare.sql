-- Objects: those that are equal here stay as they are, unless the row was found changed since (:anew). The others are made anew, empty for now: nobody
-- knows of them, so nobody waits. :bytes and :blocks are object_bytes.sql and object_blocks.sql, of o.ours.
UPDATE pg_temp.object o SET same = true
FROM (SELECT object, bytes, coalesce(string_agg(block || ' ' || md5, ',' ORDER BY block), '') AS blocks
      FROM pg_temp.their_block GROUP BY object, bytes) h
WHERE NOT :anew AND h.object = o.theirs AND EXISTS (SELECT FROM pg_largeobject_metadata m WHERE m.oid = o.ours)
  AND CASE WHEN h.bytes = :bytes THEN h.blocks = (SELECT coalesce(string_agg(b.block || ' ' || b.md5, ',' ORDER BY b.block), '') FROM (:blocks) b) END;
UPDATE pg_temp.object o
SET made = CASE WHEN EXISTS (SELECT FROM pg_temp.their_block h WHERE h.object = o.theirs) THEN replication.new_object(o.tbl) ELSE 0 END
WHERE NOT o.same;
INSERT INTO pg_temp.object_block (n, theirs, made, ours, block, md5)
SELECT row_number() OVER (ORDER BY o.theirs, h.block, o.made), o.theirs, o.made, o.ours, h.block, h.md5
FROM pg_temp.object o JOIN pg_temp.their_block h ON h.object = o.theirs
WHERE NOT o.same AND h.block IS NOT NULL;
SELECT count(*) AS blocks FROM pg_temp.object_block;
