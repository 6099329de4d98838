-- Objects: from now on the staged rows have the numbers of this node.
UPDATE :stage r SET :"attribute" = CASE WHEN o.same THEN o.ours ELSE o.made END
FROM pg_temp.object o
WHERE o.tbl = :tbl AND o.attribute = :'attribute' AND :match_object;
