-- A statement is run by the role of who gave it, or not at all: whoever may give one at his node shall do here what he may do here. The owner of
-- schema replication there is its owner here: he writes what statements are told, so he may say that anybody gave them. Up to the end of the
-- transaction, where that is :local. There is no role 'none': it would mean our own.
SELECT set_config('role', CASE WHEN :'settings'::jsonb ->> 'given_by' = 'owner'
                               THEN (SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = 'replication')
                               WHEN :'role' <> 'none' THEN :'role' ELSE '' END, :local);
