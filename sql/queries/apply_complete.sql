-- Apply, where the source's table lacks columns that this one has: the rows that come are completed by what is here, so that they are
-- whole wherever they go: into the table, to the held ones, or to the conflicts.
UPDATE :stage r SET :completions
FROM pg_temp.decision d LEFT JOIN :table t ON d.here AND :match
WHERE d.tbl = :tbl AND NOT d.settled AND d.held IS NULL AND d.present AND :match_staged;
