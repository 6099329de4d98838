-- Comparing two tables: of a session that does nothing else. A span is a small part of its table, whatever the planner takes it for; and a server
-- whose client has gone stops counting.
SET enable_seqscan = off;
SELECT set_config(name, '2s', false) FROM pg_settings WHERE name = 'client_connection_check_interval';
SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('statement_timeout', 'transaction_timeout', 'idle_session_timeout');
