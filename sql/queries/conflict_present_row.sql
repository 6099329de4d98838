-- The row that the table has now, as JSON: `:image` of `present`.
SELECT :image AS row
FROM :"schema".:"table" present
WHERE (:key_columns) = (SELECT :key_columns FROM replication.row_of(CAST(NULL AS :"schema".:"table"), :'key'))
