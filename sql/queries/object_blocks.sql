-- Part of a query: the blocks of the large object :object that hold anything but zeros, with their checksums. A block is 128 pages, 256 kB. Pages
-- may be missing, or end early: zeros follow. They are read from the catalogue, by the snapshot: SELECT is all that it takes.
SELECT g.block, c.md5
FROM generate_series(0, (SELECT max(p.pageno) FROM pg_largeobject p WHERE p.loid = :object) / 128) AS g(block)
CROSS JOIN LATERAL (
    SELECT md5(string_agg(int4send(p.pageno) || p.data || substr(decode(repeat('00', 2048), 'hex'), octet_length(p.data) + 1), '' ORDER BY p.pageno)) AS md5
    FROM pg_largeobject p
    WHERE p.loid = :object AND p.pageno BETWEEN g.block * 128 AND g.block * 128 + 127
      AND p.data <> substr(decode(repeat('00', 2048), 'hex'), 1, octet_length(p.data))
    HAVING count(*) > 0) c
