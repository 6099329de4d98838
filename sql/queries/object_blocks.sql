-- Part of a query: the blocks of the large object :object that contain anything, with their checksums. :content is object_content.sql, of g.block.
SELECT g.block, c.md5
FROM generate_series(0, (SELECT max(p.pageno) FROM pg_largeobject p WHERE p.loid = :object) / 128) AS g(block)
CROSS JOIN LATERAL (SELECT md5(:content) AS md5 OFFSET 0) c
WHERE c.md5 IS NOT NULL
