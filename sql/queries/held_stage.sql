-- The held rows of a table join a batch. Rows that came with it and that nobody decides about (their newest change is one that the source
-- has from us, or we took it before) must not be there beside them.
DELETE FROM :stage r WHERE NOT EXISTS (SELECT FROM pg_temp.decision d WHERE d.tbl = :tbl AND :match_staged);
SELECT replication.stage_held(:tbl, :'stage', :'columns', :'casts');
