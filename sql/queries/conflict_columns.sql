-- The losing row beside the present one.
SELECT coalesce(l.key, p.key) AS column, l.value AS lost, p.value AS present,
       CASE WHEN l.value IS DISTINCT FROM p.value THEN 'different' ELSE '' END AS remark
FROM jsonb_each_text(nullif(:'lost'::jsonb, 'null')) l
FULL JOIN jsonb_each_text(nullif(:'present'::jsonb, 'null')) p ON p.key = l.key
ORDER BY 1
