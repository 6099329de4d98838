-- :assignments take the columns of `lost`.
UPDATE :"schema".:"table" present SET :assignments
FROM replication.row_of(CAST(NULL AS :"schema".:"table"), :'row') lost
WHERE (:present_key) = (SELECT :key_columns FROM replication.row_of(CAST(NULL AS :"schema".:"table"), :'key'))
