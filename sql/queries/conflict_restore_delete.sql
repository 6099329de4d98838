DELETE FROM :"schema".:"table"
WHERE (:key_columns) = (SELECT :key_columns FROM jsonb_populate_record(CAST(NULL AS :"schema".:"table"), :'key'))
