SELECT replication.purge_conflicts(:seconds) AS purged
