-- Before anything flows without a column that one end lacks. :'tables' as in lacking_forget.sql.
UPDATE replication.compared c SET lacking = p.lacking
FROM (SELECT (x ->> 0)::integer AS tbl, ARRAY(SELECT jsonb_array_elements_text(x -> 1)) AS lacking FROM jsonb_array_elements(:'tables'::jsonb) x) p
WHERE c.node = :source AND c.tbl = p.tbl AND NOT p.lacking <@ c.lacking;
