-- Held rows: has table :tbl any?
SELECT EXISTS (SELECT FROM replication.held WHERE tbl = :tbl) AS held
