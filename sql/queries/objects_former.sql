-- Objects, when rows are locked and looked at: those that they have now, and may not have after the merge.
INSERT INTO pg_temp.former_object (object)
SELECT f.object
FROM pg_temp.decision d
LEFT JOIN :table t ON d.here AND :match
CROSS JOIN LATERAL (VALUES (t.:"attribute"::oid), ((d.image ->> :'attribute')::oid)) AS f(object)
WHERE d.tbl = :tbl AND NOT d.settled AND d.taken AND f.object <> 0;
