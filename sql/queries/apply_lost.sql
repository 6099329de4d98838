-- Apply: keep what loses, while both rows are still at hand. Two deletes, and two sides with one tag, are no conflict.
INSERT INTO pg_temp.lost (tbl, nr, key, type, winner, loser, loser_row)
SELECT d.tbl, d.nr, d.key,
       CASE WHEN NOT d.present THEN 'delete_origin_differs'
            WHEN NOT d.here AND d.image IS NULL THEN 'update_deleted'
            WHEN d.inserted AND d.inserted_here THEN 'insert_exists'
            ELSE 'update_origin_differs' END,
       greatest(d.theirs, d.ours), least(d.theirs, d.ours),
       CASE WHEN d.taken THEN coalesce(d.image, to_jsonb(t.*)) ELSE to_jsonb(r.*) END
FROM pg_temp.decision d
LEFT JOIN :table t ON d.here AND :match
LEFT JOIN :stage r ON :match_staged
WHERE d.tbl = :tbl AND d.conflict AND NOT d.settled AND (d.present OR d.here OR d.image IS NOT NULL);
