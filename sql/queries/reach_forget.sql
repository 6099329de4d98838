-- The link was found to close a ring, so what it leads to is told to nobody.
UPDATE replication.nodes SET reach = NULL WHERE node = :source;
SELECT pg_notify('trompd_wake', '');
