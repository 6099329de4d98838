SELECT DISTINCT tbl FROM replication.unlocked WHERE node = :source;
