-- Wake-up: from now on writers notify us. Those who looked at the flag before that may still be open; all of them have an id
-- below `bound`, which a transaction of its own draws after the arming one has committed.
BEGIN;
SELECT setval('replication.armed', 2);
COMMIT;
BEGIN;
SELECT pg_current_xact_id() AS bound;
COMMIT;
