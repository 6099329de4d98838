-- Objects: which blocks does the object have that the row has here? :content is object_content.sql, of w.ours.
UPDATE pg_temp.object_block w SET here = true
WHERE w.ours IS NOT NULL AND w.n > :after AND w.n <= :until AND w.md5 = md5(:content);
