-- Resolve, what a look found: where there was no row to lock, our side may tell of one that was inserted since; a row that was held until now has come without a
-- word in the log, and its delete must find it.
SELECT count(*) FILTER (WHERE NOT here AND (ours IS NOT NULL OR NOT present)) AS late, coalesce(bool_or(shared), false) AS any_shared,
       EXISTS (SELECT FROM replication.held) AS any_held
FROM pg_temp.decision WHERE NOT settled;
