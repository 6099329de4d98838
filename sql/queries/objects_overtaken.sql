-- Objects that were equal when they were compared: is the row another one since, or is one of the two to be kept beside the other? Then
-- they have to become two.
SELECT EXISTS (
    SELECT FROM pg_temp.object o
    JOIN pg_temp.decision d ON d.tbl = o.tbl AND d.nr = o.nr AND d.key IS NOT DISTINCT FROM o.key
    LEFT JOIN :table t ON :match
    WHERE o.tbl = :tbl AND o.same AND NOT d.settled
      AND (d.conflict OR (d.taken AND (:version) IS DISTINCT FROM o.version))) AS overtaken;
