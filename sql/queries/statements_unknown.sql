-- Which of these statements, [origin, number] in their order, are new to this node?
SELECT (x.s ->> 0)::smallint AS origin, (x.s ->> 1)::bigint AS number
FROM jsonb_array_elements(:'statements'::jsonb) WITH ORDINALITY AS x(s, place)
WHERE NOT EXISTS (SELECT FROM replication.statements k WHERE k.origin = (x.s ->> 0)::smallint AND k.number = (x.s ->> 1)::bigint)
ORDER BY x.place;
