-- Comparison, after every look: what becomes of the keys of one table that were found to differ, and what is kept of rows that are overwritten by somebody
-- who may never have seen them (docs/resync.md). :same is true where rows r and t, or the held one, are alike; :uncompared where one of the ends has
-- not compared row t yet. :ours and :theirs: which of two rows stays where no log tells; neither: a row wins over none, and of two theirs.
-- :keep_ours, :keep_theirs: the loser is kept.
WITH met AS (
    SELECT d.ctid AS place, d.here OR d.image IS NOT NULL AS is_here,
           (d.here OR d.image IS NOT NULL) = d.present AND (NOT d.present OR (:same)) AS equal,
           d.here AND (:uncompared) AS uncompared
    FROM pg_temp.decision d
    LEFT JOIN :table t ON d.here AND :match
    LEFT JOIN :stage r ON :match_staged
    WHERE d.tbl = :tbl AND NOT d.settled AND d.held IS NULL
)
UPDATE pg_temp.decision d
SET equal = m.equal,
    stays = d.found AND (m.equal OR :ours OR NOT (:theirs OR d.present)),
    keeps = NOT m.equal AND NOT d.conflict AND CASE WHEN d.found AND (d.ours IS NOT NULL OR :ours OR NOT (:theirs OR d.present)) THEN d.present AND :keep_theirs
                                 WHEN d.found THEN m.is_here AND :keep_ours
                                 ELSE d.ours IS NULL AND m.uncompared AND :keep_ours END
FROM met m
WHERE d.ctid = m.place;
