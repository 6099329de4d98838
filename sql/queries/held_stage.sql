-- The held rows of a table join a batch.
SELECT replication.stage_held(:tbl, :'stage', :'columns', :'casts');
