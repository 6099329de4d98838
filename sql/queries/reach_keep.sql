-- What :source reaches, as it said with a pull that brought everything. :tell: the tree has changed, so the neighbours look.
UPDATE replication.nodes SET reach = :'reach' WHERE node = :source;
SELECT pg_notify('trompd_wake', '') WHERE :tell;
