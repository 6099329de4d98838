-- What the source took of :reader beyond its position: both ends leave events up to it out of sides.
COPY (SELECT tbl, nr, key, ord, id FROM replication.ahead WHERE node = :reader) TO STDOUT;
