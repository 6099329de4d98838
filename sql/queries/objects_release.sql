-- Objects, when all is settled: those that rows had before, but for what was found equal and stays, and those that were made for rows that were not
-- taken. See replication.release_objects. What was refused cannot share its object with the row that stays.
SELECT replication.release_objects(c.objects)
FROM (SELECT ARRAY(SELECT object FROM pg_temp.former_object
                   EXCEPT
                   SELECT ours FROM pg_temp.object WHERE same
                   UNION
                   SELECT o.made FROM pg_temp.object o
                   JOIN pg_temp.decision d ON d.tbl = o.tbl AND d.nr = o.nr AND d.key IS NOT DISTINCT FROM o.key
                   WHERE NOT o.same AND o.made <> 0 AND (NOT d.taken OR d.refused IS NOT NULL)) AS objects) c
WHERE c.objects <> '{}';
SELECT EXISTS (SELECT FROM pg_temp.object o
               JOIN pg_temp.decision d ON d.tbl = o.tbl AND d.nr = o.nr AND d.key IS NOT DISTINCT FROM o.key
               WHERE o.same AND d.refused IS NOT NULL) AS overtaken;
