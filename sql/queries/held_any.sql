SELECT EXISTS (SELECT FROM replication.held) AS any_held;
