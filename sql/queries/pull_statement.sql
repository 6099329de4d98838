-- A statement of the log, at the source. Rows of this table do not change.
SELECT version, statement, role, settings, alone, tables FROM replication.statements WHERE origin = :origin AND number = :number;
