SELECT count(*) AS held FROM replication.held;
