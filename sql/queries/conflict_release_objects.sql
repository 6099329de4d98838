-- After a restore: the large objects of the row that was in the table before go, if it has others now.
SELECT replication.release_objects(ARRAY(SELECT replication.objects_of(:'present'::jsonb, t.large_objects)))
FROM replication.tables t
WHERE t.schema_name = :'schema' AND t.table_name = :'table' AND t.large_objects <> '{}';
