-- Resolve, for a TRUNCATE: see replication.sweep.
SELECT replication.sweep(:tbl, :'table', :'spared', :'match_spared', :'uncompared');
