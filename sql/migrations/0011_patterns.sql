-- What `tables` and `conflicts` of the configuration say, so that tables that are made later are captured by the same rules.
CREATE TABLE replication.patterns (
    pattern     text PRIMARY KEY,
    excludes    boolean NOT NULL,
    is_name     boolean NOT NULL,
    schema_like text NOT NULL,
    table_like  text NOT NULL
);
COMMENT ON TABLE replication.patterns IS 'which tables are replicated; written by init and tables add, remove';
COMMENT ON COLUMN replication.patterns.is_name IS 'without a wildcard: it means partitions and tables of extensions too';
COMMENT ON COLUMN replication.patterns.schema_like IS 'for LIKE';

CREATE TABLE replication.rules (
    schema_name     text NOT NULL,
    table_name      text NOT NULL,
    resolver        text NOT NULL,
    delete_resolver text NOT NULL,
    priority        smallint[] NOT NULL,
    strength        text,
    orphans         text NOT NULL,
    PRIMARY KEY (schema_name, table_name)
);
COMMENT ON TABLE replication.rules IS 'the rules for tables that are captured; under the empty names that of all others';

CREATE TABLE replication.refused (
    relation oid PRIMARY KEY,
    reason   text NOT NULL,
    unseen   boolean NOT NULL,
    shape    numeric
);
COMMENT ON TABLE replication.refused IS 'tables that are meant to be replicated, but are not as they should be, and why';
COMMENT ON COLUMN replication.refused.unseen IS 'it was made where nobody saw it: whether it is equal at other nodes has to be compared';

-- The key by what a new name does not change, and what else replication.follow_schema() goes by.
ALTER TABLE replication.tables
    ADD COLUMN key_numbers smallint[],
    ADD COLUMN key_types oid[],
    ADD COLUMN shape numeric;
COMMENT ON COLUMN replication.tables.shape IS 'changes with all that the capture of the table depends on; null: it is renewed at the next look';
UPDATE replication.tables t SET (key_numbers, key_types) = (
    SELECT array_agg(a.attnum ORDER BY k.position), array_agg(a.atttypid ORDER BY k.position)
    FROM unnest(t.key_columns) WITH ORDINALITY AS k(name, position)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = t.relation AND a.attname = k.name);

-- Their successors can be asked for some tables only.
DROP FUNCTION IF EXISTS replication.partition_sequences(integer);
DROP FUNCTION IF EXISTS replication.table_sequences();
