-- What the source took of :reader beyond its position: both ends leave events up to it out of sides.
COPY (SELECT tbl, CASE WHEN key IS NULL THEN nr END, key, ord, id FROM replication.ahead WHERE node = :reader) TO STDOUT;
