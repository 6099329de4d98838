-- join and repair: how the link with :node stands. `kept`: what lost in comparisons with it so far.
SELECT n.asked, n.used AND n.whole AND NOT EXISTS (SELECT FROM replication.comparing c WHERE c.node = n.node AND NOT c.done) AS equal,
       (SELECT count(*) FROM replication.conflicts c WHERE c.neighbour = n.node AND c.resolver = 'comparison') AS kept
FROM replication.nodes n
WHERE n.node = :node AND NOT n.is_self
