SELECT s AS sequence FROM replication.partition_sequences((SELECT value::integer FROM replication.config WHERE key = 'max_nodes')) s
