-- Statements given directly are seen no more.
DROP FUNCTION IF EXISTS replication.on_ddl_given() CASCADE;
DROP FUNCTION IF EXISTS replication.on_drop_index() CASCADE;
DROP FUNCTION IF EXISTS replication.on_drop() CASCADE;
DROP FUNCTION IF EXISTS replication.on_ddl() CASCADE
