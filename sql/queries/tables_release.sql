SELECT replication.release(:id)
