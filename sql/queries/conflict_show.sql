-- A conflict in words, and as JSON. A version is a time, unless clocks went wrong.
SELECT c.type AS conflict, format('%I.%I', c.schema_name, c.table_name) AS "table", c.key,
       CASE WHEN c.other_key IS NOT NULL THEN (c.loser_row - '')::text END AS row,
       CASE WHEN c.other_key IS NOT NULL THEN format('%I.%I %s %s', c.other_schema, c.other_table, c.other_key, coalesce((c.other_row - '')::text, '(its row is not known at this node)')) END AS "the other",
       to_char(c.detected_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS UTC') AS detected,
       CASE WHEN c.winner_origin IS NOT NULL THEN format('the change of node %s%s, %s', c.winner_origin, ' (' || w.name || ')',
              to_char(to_timestamp(c.winner_version / 1e6) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS UTC')) END AS won,
       CASE WHEN c.loser_origin IS NOT NULL THEN format('the change of node %s%s, %s', c.loser_origin, ' (' || l.name || ')',
              to_char(to_timestamp(c.loser_version / 1e6) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS UTC')) END AS lost,
       c.resolver AS "decided by",
       coalesce(to_char(c.restored_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS UTC'), 'not yet') AS restored,
       (SELECT row_to_json(x) FROM (SELECT c.*, :'present'::json AS present_row) x) AS json
FROM replication.conflicts c
LEFT JOIN replication.nodes w ON w.node = c.winner_origin
LEFT JOIN replication.nodes l ON l.node = c.loser_origin
WHERE c.id = :id
