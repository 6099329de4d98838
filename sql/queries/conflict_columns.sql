-- The losing row beside the present one.
SELECT coalesce(l.key, p.key) AS column, l.value AS lost, p.value AS present,
       CASE WHEN l.value IS DISTINCT FROM p.value THEN 'different' ELSE '' END AS remark
FROM replication.image_texts(:'lost') l
FULL JOIN replication.image_texts(:'present') p ON p.key = l.key
ORDER BY 1
