-- Pull, on the source: the pages of these blocks of large objects.
COPY (
SELECT p.loid, p.pageno, p.data
FROM unnest(:'objects'::oid[], :'blocks'::integer[]) AS w(object, block)
CROSS JOIN LATERAL (SELECT * FROM pg_largeobject p
                    WHERE p.loid = w.object AND p.pageno BETWEEN w.block * 128 AND w.block * 128 + 127 ORDER BY p.pageno OFFSET 0) p
) TO STDOUT (FORMAT binary);
