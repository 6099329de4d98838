DELETE FROM :table t USING pg_temp.decision d
WHERE d.tbl = :tbl AND NOT d.settled AND d.taken AND d.here AND NOT d.present AND :match;
