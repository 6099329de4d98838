-- Resolve, after the rows are locked: batches of several neighbours may be applied at once, but one that takes something where there is
-- no row to lock (a delete, what a comparison finds, or where :refusing a row that may be refused) only while no other is. The two would not see one another, and
-- what they put into the log of one key would belong together.
SELECT pg_advisory_xact_lock(1953656685, 3)
WHERE EXISTS (SELECT FROM pg_temp.decision WHERE NOT settled AND NOT here AND held IS NULL AND (NOT present OR found OR :refusing));
SELECT pg_advisory_xact_lock_shared(1953656685, 3)
WHERE NOT EXISTS (SELECT FROM pg_temp.decision WHERE NOT settled AND NOT here AND held IS NULL AND (NOT present OR found OR :refusing));
