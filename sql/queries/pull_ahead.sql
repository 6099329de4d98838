-- What the source took of :reader beyond its position: both ends leave these events out of sides.
COPY (SELECT tbl, CASE WHEN key IS NULL THEN nr END, key, beyond FROM replication.ahead WHERE node = :reader) TO STDOUT;
