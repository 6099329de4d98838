-- Objects: the blocks that came are put where they belong.
WITH filled AS MATERIALIZED (
    SELECT w.n, replication.put_block(w.made, f.content) AS pages
    FROM pg_temp.object_block w
    CROSS JOIN LATERAL (SELECT f.content FROM replication.fetched_blocks f WHERE f.node = :source AND f.md5 = w.md5 LIMIT 1) f
    WHERE NOT w.here AND w.n > :after AND w.n <= :until
)
UPDATE pg_temp.object_block w SET done = true FROM filled f WHERE f.n = w.n;
