-- Resolve, where others were in the way again and again, before anything is locked: waits for the batches of other neighbours at hand, and keeps
-- new ones out until this one ends (resolve_lock_absent.sql). Nobody waits for us meanwhile, so there is no hurry.
SELECT set_config('trompd.lock_timeout', current_setting('lock_timeout'), true), set_config('lock_timeout', '30s', true);
SELECT pg_advisory_xact_lock(1953656685, 3);
SELECT set_config('lock_timeout', current_setting('trompd.lock_timeout'), true);
