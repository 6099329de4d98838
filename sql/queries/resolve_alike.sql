-- Resolve, where all events of both sides of a key are in both: is the row of one table here, or the held one that stands for it, as the source's?
UPDATE pg_temp.decision d SET alike = 'same'
FROM :table t, :stage r
WHERE d.tbl = :tbl AND NOT d.settled AND d.alike <> 'same' AND d.present AND d.here AND d.image IS NULL AND :match AND :match_staged AND NOT (:differing);
UPDATE pg_temp.decision d SET alike = 'same'
FROM :stage r
WHERE d.tbl = :tbl AND NOT d.settled AND d.alike <> 'same' AND d.present AND d.image IS NOT NULL AND :match_staged
  AND d.image = jsonb_object(ARRAY[:names]::text[], ARRAY[:texts]::text[]);
