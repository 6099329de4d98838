-- Apply, after the merge of all tables: see replication.suspect.
SELECT replication.suspect(:source, :tbl, :'table', :'match');
