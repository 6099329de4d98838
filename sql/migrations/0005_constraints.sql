-- Constraints that are not checked where changes are applied: foreign keys, deferrable unique and exclusion constraints.
ALTER TABLE replication.tables ADD COLUMN orphans text NOT NULL DEFAULT 'report';
COMMENT ON COLUMN replication.tables.orphans IS 'what becomes of a row here whose parent was deleted elsewhere: report, or restore_parent';

ALTER TABLE replication.conflicts
    ADD COLUMN other_schema text,
    ADD COLUMN other_table text,
    ADD COLUMN other_key jsonb,
    ADD COLUMN other_row jsonb;
COMMENT ON COLUMN replication.conflicts.other_key IS
    'where two rows of different keys are in conflict, the other one: the parent that is missing, by the values that refer to it, or the row that has the same values';
COMMENT ON COLUMN replication.conflicts.other_row IS 'null where it is not known at this node';

CREATE TABLE replication.suspects (
    node       smallint NOT NULL,
    constr     oid NOT NULL,
    vals       jsonb NOT NULL,
    parent     jsonb,
    tag        float8[] NOT NULL
);
COMMENT ON TABLE replication.suspects IS
    'what a batch may have left without its parent, or twice; in the middle of a backlog the rest may still set it right. vals: the values of the constraint''s columns; parent: its row as it was';
