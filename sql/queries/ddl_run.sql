-- In a transaction. The search path is the user's: every name is qualified.
SELECT replication.ddl(:'statement');
SELECT pg_catalog.current_setting('trompd.taken', true) OPERATOR(pg_catalog.=) 'nothing' AS unchanged
