-- Objects: blocks that the row's object has already are copied from there; compared and copied in one statement, so users may write to it.
WITH reused AS MATERIALIZED (
    SELECT w.n, put.pages
    FROM pg_temp.object_block w
    CROSS JOIN LATERAL (
        SELECT md5(string_agg(int4send(p.pageno) || p.data || substr(decode(repeat('00', 2048), 'hex'), octet_length(p.data) + 1), '' ORDER BY p.pageno)) AS md5,
               array_agg(p.pageno) AS numbers, array_agg(p.data) AS pages
        FROM pg_largeobject p
        WHERE p.loid = w.ours AND p.pageno BETWEEN w.block * 128 AND w.block * 128 + 127
          AND p.data <> substr(decode(repeat('00', 2048), 'hex'), 1, octet_length(p.data)) OFFSET 0) c
    CROSS JOIN LATERAL (
        SELECT count(lo_put(w.made, p.pageno::bigint * 2048, p.data)) AS pages
        FROM unnest(c.numbers, c.pages) AS p(pageno, data) WHERE c.md5 = w.md5 OFFSET 0) put
    WHERE w.ours IS NOT NULL AND w.n > :after AND w.n <= :until
)
UPDATE pg_temp.object_block w SET here = true FROM reused r WHERE r.n = w.n AND r.pages > 0;
