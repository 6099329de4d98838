-- It was run. Nothing of what it needed may touch what follows.
RESET ROLE;
SET LOCAL search_path = pg_catalog, pg_temp;
SELECT replication.follow_schema();
