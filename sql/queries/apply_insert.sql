-- Apply: rows that are absent here. A key that a user inserts meanwhile is left to him; :on_conflict then makes it come back
-- short, and the key is locked, looked at and resolved again.
INSERT INTO :table (:columns) OVERRIDING SYSTEM VALUE
SELECT :columns_staged
FROM pg_temp.decision d JOIN :stage r ON :match_staged
WHERE d.tbl = :tbl AND NOT d.settled AND d.taken AND NOT d.here :on_conflict;
