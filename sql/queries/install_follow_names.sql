SELECT replication.follow_names()
