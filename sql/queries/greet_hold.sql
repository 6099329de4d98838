-- Greeting: what was read of the link with :source is to hold until the step is committed. A request that comes between gives the link another name;
-- it locks in the same order (greet_begin_anew.sql).
SELECT FROM replication.positions WHERE node = :source FOR UPDATE;
SELECT link, knows, used FROM replication.nodes WHERE node = :source AND NOT is_self FOR UPDATE;
