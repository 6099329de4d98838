-- How is this database not where its links began? null: it is there, or is new.
SELECT h.moved, (SELECT name FROM replication.nodes WHERE is_self) AS name FROM replication.home h
