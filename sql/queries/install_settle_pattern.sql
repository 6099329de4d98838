-- A pattern that was added is not needed where others include all the tables that it means.
DELETE FROM replication.patterns x
WHERE x.pattern = :'pattern'
  AND EXISTS (SELECT FROM replication.tables t WHERE t.schema_name LIKE x.schema_like AND t.table_name LIKE x.table_like)
  AND NOT EXISTS (SELECT FROM replication.tables t
                  WHERE t.schema_name LIKE x.schema_like AND t.table_name LIKE x.table_like
                    AND NOT EXISTS (SELECT FROM replication.patterns o
                                    WHERE o.pattern <> x.pattern AND NOT o.excludes AND (o.is_name OR NOT replication.only_by_name(t.relation))
                                      AND t.schema_name LIKE o.schema_like AND t.table_name LIKE o.table_like))
