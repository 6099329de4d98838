-- What JSON cannot tell of a row is kept beside it (sql/conflicts/image_functions.sql).
COMMENT ON COLUMN replication.conflicts.loser_row IS
    'the row that lost; null: a delete. Under the empty name, where JSON cannot tell a value exactly, its text';
