-- First contact, at the source: the keys in its log.
COPY (SELECT DISTINCT tbl, CASE WHEN key IS NULL THEN nr END, key, '{}' FROM replication.events WHERE nr IS NOT NULL) TO STDOUT;
