-- :assignments take the columns of `lost`.
UPDATE :"schema".:"table" present SET :assignments
FROM jsonb_populate_record(CAST(NULL AS :"schema".:"table"), :'row') lost
WHERE (:present_key) = (SELECT :key_columns FROM jsonb_populate_record(CAST(NULL AS :"schema".:"table"), :'key'))
