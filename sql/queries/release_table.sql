-- A table that has been held has caught up with the link's position, and goes on with the others.
DELETE FROM replication.held_tables WHERE node = :source AND tbl = :tbl;
