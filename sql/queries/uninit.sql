-- The triggers on the captured tables depend on the functions of the schema, and go with them.
DROP SCHEMA replication CASCADE
