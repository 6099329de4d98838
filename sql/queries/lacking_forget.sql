-- A column that one end lacked is at both now: what was in it before did not travel, so the table is compared anew. :'tables': all pairs,
-- as [table here, [columns that one end lacks]].
DELETE FROM replication.compared c
USING (SELECT (x ->> 0)::integer AS tbl, ARRAY(SELECT jsonb_array_elements_text(x -> 1)) AS lacking FROM jsonb_array_elements(:'tables'::jsonb) x) p
WHERE c.node = :source AND c.tbl = p.tbl AND NOT c.lacking <@ p.lacking;
