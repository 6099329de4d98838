-- What was taken ahead is told by its transactions alone: an event may be put into an earlier place of its key's log than one that was taken.
ALTER TABLE replication.ahead DROP COLUMN ord, DROP COLUMN id;
COMMENT ON TABLE replication.ahead IS
    'keys whose row was taken from a neighbour with events that lie beyond the position: the transactions of these';
