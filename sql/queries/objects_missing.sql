-- Objects: the next blocks that have to be fetched.
SELECT string_agg(theirs::text, ',') AS objects, string_agg(block::text, ',') AS blocks, max(n) AS last
FROM (SELECT n, theirs, block FROM pg_temp.object_block WHERE wanted AND n > :after ORDER BY n LIMIT :most) w;
