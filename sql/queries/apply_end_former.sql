-- Ends the session of ours that was connected before, if it is still there: the link may have died without a word, and the server does not
-- know. :wait has it wait for that, where the server can.
SELECT pg_terminate_backend(pid :wait) FROM pg_stat_activity WHERE pid = :pid AND backend_start = :'began'::timestamptz;
