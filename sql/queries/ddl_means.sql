-- How a statement that is run directly gets to the neighbours. Before ddl_session: while the search path is pinned.
SELECT replication.sees_statements() AS seen, has_function_privilege('replication.log_statement(text)', 'EXECUTE') AS may_log,
       current_setting('session_replication_role') = 'replica' AS applies,
       (SELECT coalesce(max(s.number), 0) FROM replication.statements s WHERE s.origin = replication.node()) AS last
