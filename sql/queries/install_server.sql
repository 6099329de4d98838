-- Where we are: what must be known before anything is changed.
SELECT current_setting('server_version_num')::integer AS server_version,
       current_setting('server_version') AS server_version_text,
       pg_is_in_recovery() AS in_recovery,
       current_database() AS database,
       current_user AS role,
       has_database_privilege(current_database(), 'CREATE') AS may_create,
       (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) AS is_superuser,
       EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtname = 'trompd_ddl') AS sees_statements,
       to_regnamespace('replication') IS NOT NULL AS has_schema,
       EXISTS (SELECT FROM pg_catalog.pg_class c
               WHERE c.relnamespace = to_regnamespace('replication') AND c.relname = 'config' AND c.relkind = 'r') AS has_config
