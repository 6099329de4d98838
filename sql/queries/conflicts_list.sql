-- :'type' is empty for all types; :since, :until and :tables are SQL, of a time and of an array of names.
SELECT c.id, to_char(c.detected_at, 'YYYY-MM-DD HH24:MI:SS') AS detected_at, c.type, format('%I.%I', c.schema_name, c.table_name) AS table_name,
       c.key, c.winner_origin AS winner, c.loser_origin AS loser,
       CASE WHEN c.type = 'foreign_key_violation' THEN format('its parent, %I.%I %s', c.other_schema, c.other_table, c.other_key)
            WHEN c.other_key IS NOT NULL THEN format('nothing; see %I.%I %s', c.other_schema, c.other_table, c.other_key)
            WHEN c.loser_row IS NULL THEN 'a delete' ELSE 'a row' END AS lost, c.resolver,
       to_char(c.restored_at, 'YYYY-MM-DD HH24:MI:SS') AS restored_at, row_to_json(c) AS json
FROM replication.conflicts c
WHERE (:'type' = '' OR c.type = :'type')
  AND c.detected_at >= :since AND c.detected_at < :until
  AND format('%I.%I', c.schema_name, c.table_name) = ANY (:tables)
ORDER BY c.id
