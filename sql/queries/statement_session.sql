-- A session for one statement of another node that cannot be in a transaction. It gives way before the server looks for a deadlock.
SET session_replication_role = replica;
SELECT set_config('lock_timeout', least(200, extract(epoch FROM current_setting('deadlock_timeout')::interval) * 500)::int::text, false);
