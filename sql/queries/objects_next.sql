-- Objects: the next numbers at the source of which the checksums are to be asked.
SELECT string_agg(theirs::text, ',') AS objects, coalesce(max(theirs), 0)::bigint AS last
FROM (SELECT DISTINCT theirs FROM pg_temp.object WHERE theirs > :after ORDER BY theirs LIMIT :most) o;
