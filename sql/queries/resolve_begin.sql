-- Resolve, first step: one line for each key of one table, with the strongest tag of the source's side.
INSERT INTO pg_temp.decision (tbl, nr, key, theirs, inserted, present, steps, beyond, found)
SELECT e.tbl, e.nr, e.key, e.theirs, e.inserted, r.ctid IS NOT NULL, e.steps, e.beyond, e.found
FROM (SELECT tbl, nr, key, max(ARRAY[strength, version, origin, number]::float8[]) AS theirs, bool_or(action = 'I') AS inserted,
             count(*) AS steps, max(beyond) AS beyond, bool_or(found) AS found
      FROM pg_temp.incoming_event
      WHERE tbl = :tbl
      GROUP BY tbl, nr, key) e
LEFT JOIN :stage r ON :match;
