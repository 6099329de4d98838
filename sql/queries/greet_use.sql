-- Greeting: both ends know each other's names, and this one begins to read. :whole: the other end has compared everything.
UPDATE replication.nodes
SET used = true, whole = whole OR :whole, yields = yields AND NOT :whole
WHERE node = :source AND NOT is_self;
