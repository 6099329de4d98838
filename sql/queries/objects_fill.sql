-- Objects: the pages that came are put where they belong.
SELECT count(lo_put(w.made, p.pageno::bigint * 2048, p.data))
FROM pg_temp.object_page p
JOIN pg_temp.object_block w ON w.theirs = p.object AND w.block = p.pageno / 128 AND NOT w.here
WHERE w.n > :after AND w.n <= :until;
TRUNCATE pg_temp.object_page;
