INSERT INTO :"schema".:"table" (:row_columns) OVERRIDING SYSTEM VALUE
SELECT :row_columns FROM replication.row_of(CAST(NULL AS :"schema".:"table"), :'row')
