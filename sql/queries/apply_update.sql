UPDATE :table t SET :assignments
FROM pg_temp.decision d JOIN :stage r ON :match_staged
WHERE d.tbl = :tbl AND NOT d.settled AND d.taken AND d.here AND d.present AND :match;
