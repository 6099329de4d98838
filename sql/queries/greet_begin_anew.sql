-- Greeting: the link with :source begins anew at this end, under another name. A batch at hand holds the position: it ends before, or finds that
-- the name is another one (apply_begin.sql).
UPDATE replication.positions SET updated_at = updated_at WHERE node = :source;
UPDATE replication.nodes
SET link = gen_random_uuid(), knows = NULL, used = false, behind = :behind, yields = false, asked = nullif(:'asked', '')::jsonb
WHERE node = :source AND NOT is_self;
DELETE FROM replication.comparing WHERE node = :source;
DELETE FROM replication.compared WHERE node = :source;
SELECT pg_notify('trompd_wake', ''); -- the other end is to notice
