-- Objects: those that staged rows refer to, beside those that the rows here have.
INSERT INTO pg_temp.object (tbl, nr, key, attribute, theirs, ours, version)
SELECT d.tbl, d.nr, d.key, :'attribute', r.:"attribute", t.:"attribute"::oid, :version
FROM pg_temp.decision d
JOIN :stage r ON :match_staged
LEFT JOIN :table t ON :match
WHERE d.tbl = :tbl AND r.:"attribute" <> 0;
