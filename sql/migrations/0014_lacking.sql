-- A table may have columns at one end of a link that the other end lacks.
ALTER TABLE replication.compared ADD COLUMN lacking text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN replication.compared.lacking IS
    'columns that only one of the ends had since the table was compared; when both have them, it is compared anew';
