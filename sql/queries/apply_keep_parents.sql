-- Apply, before anything goes: see replication.keep_parents.
SELECT replication.keep_parents(:tbl, :'table', :'stage', :'match', :'match_staged');
