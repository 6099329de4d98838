-- Where the file and the database disagree about `tables`, `conflicts` and `large_objects`.
WITH file AS (
    SELECT pattern FROM jsonb_to_recordset(:'patterns') AS p(pattern text)
), file_rule AS (
    SELECT schema_name, table_name, resolver, delete_resolver, priority, strength, orphans,
           ARRAY(SELECT DISTINCT o COLLATE "C" FROM unnest(large_objects) o ORDER BY 1) AS large_objects
    FROM jsonb_to_recordset(:'rules') AS r(schema_name text, table_name text, resolver text, delete_resolver text, priority smallint[], strength text, orphans text,
                                           large_objects text[])
), rule AS (
    SELECT schema_name, table_name, resolver, delete_resolver, priority, strength, orphans, large_objects FROM replication.rules
)
SELECT (SELECT string_agg(f.pattern, ', ' ORDER BY f.pattern) FROM file f WHERE f.pattern NOT IN (SELECT pattern FROM replication.patterns)) AS only_in_file,
       (SELECT string_agg(p.pattern, ', ' ORDER BY p.pattern) FROM replication.patterns p WHERE p.pattern NOT IN (SELECT pattern FROM file)) AS only_here,
       EXISTS (TABLE file_rule EXCEPT TABLE rule) OR EXISTS (TABLE rule EXCEPT TABLE file_rule) AS rules_differ
