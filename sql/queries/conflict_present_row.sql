-- The row that the table has now, as JSON.
SELECT to_jsonb(present.*) AS row
FROM :"schema".:"table" present
WHERE (:key_columns) = (SELECT :key_columns FROM jsonb_populate_record(CAST(NULL AS :"schema".:"table"), :'key'))
