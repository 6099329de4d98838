INSERT INTO :"schema".:"table" (:row_columns) OVERRIDING SYSTEM VALUE
SELECT :row_columns FROM jsonb_populate_record(CAST(NULL AS :"schema".:"table"), :'row')
