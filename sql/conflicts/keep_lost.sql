-- Merge, while both rows are still at hand: keeps what loses. Two deletes, and two sides with one tag, are no conflict;
-- nor is it that a row survives a TRUNCATE which was inserted here. Of what a comparison decides without a log, nobody knows who made it.
CREATE OR REPLACE FUNCTION replication.keep_lost(table_id integer, table_sql text, stage_sql text, match_sql text, match_staged_sql text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_temp.decision d WHERE d.tbl = table_id AND (d.conflict OR d.keeps OR d.truncated IS NOT NULL) AND NOT d.settled) THEN
        RETURN;
    END IF;
    EXECUTE format($lost$
        INSERT INTO pg_temp.lost (tbl, nr, key, type, winner, loser, loser_row, compared)
        SELECT d.tbl, d.nr, d.key,
               CASE WHEN NOT d.present THEN 'delete_origin_differs'
                    WHEN NOT d.here AND d.image IS NULL THEN 'update_deleted'
                    WHEN d.inserted AND d.inserted_here AND NOT d.shared THEN 'insert_exists'
                    ELSE 'update_origin_differs' END,
               CASE WHEN d.keeps THEN CASE WHEN d.found THEN coalesce(d.ours, '{}') ELSE d.theirs END ELSE greatest(coalesce(d.rest, d.theirs), d.ours) END,
               CASE WHEN d.keeps THEN '{}' WHEN d.ours IS NULL THEN coalesce(d.truncated, d.theirs) ELSE least(coalesce(d.rest, d.theirs), d.ours) END,
               CASE WHEN d.taken THEN coalesce(replication.image_of_texts(d.image), %1$s) ELSE %2$s END, d.keeps
        FROM pg_temp.decision d
        LEFT JOIN %3$s t ON d.here AND %4$s
        LEFT JOIN %5$s r ON %6$s
        WHERE d.tbl = $1 AND (d.conflict OR d.keeps OR d.truncated IS NOT NULL) AND NOT d.settled AND (d.present OR d.here OR d.image IS NOT NULL)
          AND NOT (d.swept AND d.inserted_here)$lost$,
        replication.image_sql(table_sql::regclass, 't'), replication.image_sql(table_sql::regclass, 'r'), table_sql, match_sql, stage_sql, match_staged_sql)
    USING table_id;
END
$$;
