SELECT h.id, to_char(h.since, 'YYYY-MM-DD HH24:MI:SS') AS since, format('%I.%I', h.schema_name, h.table_name) AS table_name, h.key, h.tries,
       h.error, row_to_json(h) AS json
FROM replication.held h
ORDER BY h.id
