-- What could not be applied or run here: rows, and statements of other nodes, which have no key.
SELECT l.id, to_char(l.since, 'YYYY-MM-DD HH24:MI:SS') AS since, l.tables AS table_name, l.key, l.tries, l.error, l.json
FROM (SELECT h.id, h.since, format('%I.%I', h.schema_name, h.table_name) AS tables, h.key, h.tries, h.error, row_to_json(h) AS json
      FROM replication.held h
      UNION ALL
      SELECT x.id, x.since, array_to_string(s.tables, ', '), NULL, x.tries, x.error, row_to_json(x)
      FROM replication.statements s
      CROSS JOIN LATERAL (SELECT s.held_id AS id, s.taken_at AS since, NULL AS schema_name, NULL AS table_name, NULL AS key, NULL AS row, s.error,
                                 s.tries, s.via AS neighbour, s.tables, s.statement, s.state) x
      WHERE s.held_id IS NOT NULL) l
ORDER BY l.id
