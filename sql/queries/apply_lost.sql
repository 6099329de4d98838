-- Apply, while both rows are still at hand: see replication.keep_lost.
SELECT replication.keep_lost(:tbl, :'table', :'stage', :'match', :'match_staged');
