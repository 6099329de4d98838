-- Makes the source flush its write-ahead log as far as this: a commit of our own, whose flush covers all before it.
BEGIN;
SELECT pg_logical_emit_message(true, 'trompd', '');
COMMIT;
SELECT pg_current_wal_flush_lsn() AS flushed;
