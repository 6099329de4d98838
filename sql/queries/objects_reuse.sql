-- Objects: blocks that the row's object has already are copied from there; compared and copied in one statement, so users may write to it. :content is
-- object_content.sql, of w.ours.
WITH reused AS MATERIALIZED (
    SELECT w.n, replication.put_block(w.made, c.content) AS pages
    FROM pg_temp.object_block w
    CROSS JOIN LATERAL (SELECT :content AS content OFFSET 0) c
    WHERE (w.here OR :anew) AND w.ours IS NOT NULL AND w.n > :after AND w.n <= :until AND md5(c.content) = w.md5
)
UPDATE pg_temp.object_block w SET here = true, done = true FROM reused r WHERE r.n = w.n;
