-- Has the link from :source its position?
SELECT EXISTS (SELECT FROM replication.positions WHERE node = :source) AS started;
