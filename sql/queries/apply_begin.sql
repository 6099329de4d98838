-- A batch begins: nobody else may have moved the position since it was read, nor may the link have begun anew.
BEGIN;
SELECT p.snapshot AS position, n.link, n.knows
FROM replication.positions p JOIN replication.nodes n USING (node)
WHERE node = :source FOR UPDATE OF p;
