-- The tree, as the neighbours told it; of one that has told nothing yet, at least its name.
SELECT r.node, r.name, n.node AS via, coalesce(jsonb_array_length(r.path), 1) AS hops,
       to_char(to_timestamp(r.fresh / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS fresh_as_of
FROM replication.nodes n
CROSS JOIN LATERAL jsonb_to_recordset(coalesce(n.reach, jsonb_build_array(jsonb_build_object('node', n.node, 'name', n.name))))
    AS r(node integer, name text, path jsonb, fresh bigint)
WHERE NOT n.is_self
ORDER BY hops, r.node
