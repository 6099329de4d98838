DELETE FROM :"schema".:"table"
WHERE (:key_columns) = (SELECT :key_columns FROM replication.row_of(CAST(NULL AS :"schema".:"table"), :'key'))
