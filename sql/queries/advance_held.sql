-- Advance a table that has been held: it has been read up to :'read'.
UPDATE replication.held_tables SET snapshot = :'read' WHERE node = :source AND tbl = :tbl;
