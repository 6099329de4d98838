-- Resolve, after a look that found keys of which events may be in both sides, as where a log is read again from its beginning. Such an event is known to both
-- ends, and so is all before it: what is weighed comes behind the last of them, in each side. Where the source's side ends with one, but a TRUNCATE deleted
-- the row behind it, that is the rest of it, weaker than any change. Where nothing is left of either, the rows are the same, or only a TRUNCATE can have
-- made them different: then a row wins over none, and of two rows that of the lower node (resolve_alike.sql tells whether they differ).
WITH event AS (
    SELECT d.tbl, d.nr, d.key, false AS mine, ARRAY[-e.step, 0]::bigint[] AS place, e.action,
           ARRAY[e.strength, e.version, e.origin, e.number]::float8[] AS tag
    FROM pg_temp.decision d
    JOIN pg_temp.incoming_event e ON e.tbl = d.tbl AND e.nr = d.nr AND e.key IS NOT DISTINCT FROM d.key
    WHERE d.shared AND NOT d.settled
    UNION ALL
    SELECT d.tbl, d.nr, d.key, true, ARRAY[coalesce(e.ord, e.id), e.id], e.action,
           ARRAY[coalesce(e.strength, 0), e.version, e.origin, coalesce(e.number, e.id)]::float8[]
    FROM pg_temp.decision d
    JOIN replication.events e ON e.tbl = d.tbl AND e.nr = d.nr AND e.id = ANY (d.side)
    WHERE d.shared AND NOT d.settled
), marked AS (
    SELECT *, bool_or(mine) OVER one_tag AND bool_or(NOT mine) OVER one_tag AS in_both
    FROM event
    WINDOW one_tag AS (PARTITION BY tbl, nr, key, tag)
), placed AS (
    SELECT *, max(place) FILTER (WHERE in_both) OVER (PARTITION BY tbl, nr, key, mine) AS last_in_both
    FROM marked
), weighed AS (
    SELECT tbl, nr, key, bool_or(in_both) AS shared, max(last_in_both) FILTER (WHERE mine) AS behind,
           max(tag) FILTER (WHERE mine AND place > last_in_both) AS ours, max(tag) FILTER (WHERE NOT mine AND place > last_in_both) AS theirs,
           bool_or(action = 'D') FILTER (WHERE NOT mine AND place[1] = -1) AS ends_deleted
    FROM placed
    GROUP BY tbl, nr, key
)
UPDATE pg_temp.decision d
SET shared = w.shared, behind = w.behind, ours = CASE WHEN w.shared THEN w.ours ELSE d.ours END,
    rest = CASE WHEN w.theirs IS NULL AND w.ours IS NOT NULL AND NOT d.present AND NOT w.ends_deleted
                THEN least(w.ours, ARRAY['-Infinity', d.theirs[2], d.theirs[3], d.theirs[4]]::float8[]) ELSE w.theirs END,
    alike = CASE WHEN NOT w.shared OR w.ours IS NOT NULL OR w.theirs IS NOT NULL THEN NULL
                 WHEN d.present AND NOT d.here AND d.image IS NULL THEN 'theirs'
                 WHEN NOT d.present AND (d.here OR d.image IS NOT NULL) THEN 'ours'
                 WHEN d.present AND :source > (SELECT n.node FROM replication.nodes n WHERE n.is_self) THEN 'ours'
                 WHEN d.present THEN 'theirs'
                 ELSE 'same' END
FROM weighed w
WHERE w.tbl = d.tbl AND w.nr = d.nr AND w.key IS NOT DISTINCT FROM d.key AND d.shared AND NOT d.settled;
