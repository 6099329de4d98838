-- Every table that a pattern may mean, and why it cannot be captured. What is `only_by_name` no wildcard means.
SELECT c.oid, n.nspname AS schema_name, c.relname AS table_name,
       c.relkind NOT IN ('r', 'p') OR c.relispartition
       OR EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') AS only_by_name,
       CASE WHEN pg_has_role(c.relowner, 'USAGE') THEN replication.refusal(c.oid)
            ELSE format('it belongs to %1$I, and only its owner can give it triggers: run init as %1$I, or GRANT %1$I TO %2$I',
                        pg_get_userbyid(c.relowner), current_user) END AS refusal,
       EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid AND g.tgname = 'trompd_insert') AS has_triggers
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm')
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'replication')
ORDER BY n.nspname, c.relname
