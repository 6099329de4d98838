-- Large objects that belong to no row, where tables have large objects at all.
SELECT o AS object FROM replication.orphaned_objects() o
WHERE EXISTS (SELECT FROM replication.tables WHERE large_objects <> '{}')
