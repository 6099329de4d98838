SELECT replication.capture(:id)
