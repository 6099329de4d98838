-- Objects: the blocks that have to be fetched: each once, whatever the number of objects that contain it, and not if it came already.
UPDATE pg_temp.object_block w SET wanted = true
FROM (SELECT min(b.n) AS n
      FROM pg_temp.object_block b
      WHERE NOT b.here AND NOT EXISTS (SELECT FROM replication.fetched_blocks f WHERE f.node = :source AND f.md5 = b.md5)
      GROUP BY b.md5) x
WHERE x.n = w.n;
SELECT count(*) AS blocks FROM pg_temp.object_block WHERE wanted;
