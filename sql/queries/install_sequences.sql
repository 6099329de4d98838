SELECT s AS sequence FROM replication.partition_sequences(:max_nodes) s
