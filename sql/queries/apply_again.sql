-- After a round that told which inserts were done: everything else of it is done too; what is left goes round again.
UPDATE pg_temp.decision SET settled = true WHERE NOT settled AND NOT (taken AND present AND NOT here AND refused IS NULL);
DELETE FROM pg_temp.lost l USING pg_temp.decision d
WHERE NOT d.settled AND d.tbl = l.tbl AND d.nr = l.nr AND d.key IS NOT DISTINCT FROM l.key;
UPDATE pg_temp.decision SET ours = NULL, inserted_here = NULL, truncated = NULL, ord_here = NULL, seen = NULL, side = NULL,
    shared = false, behind = NULL, rest = NULL, alike = NULL, equal = false, stays = false, keeps = false WHERE NOT settled;
SELECT count(*) AS unsettled FROM pg_temp.decision WHERE NOT settled;
