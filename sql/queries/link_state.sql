-- What the target database says about the link with :source, before each pull.
SELECT n.paused, p.snapshot AS position, n.acknowledged, n.held AS acknowledged_held, n.compared,
       (SELECT value FROM replication.config WHERE key = 'schema_version') AS schema_version, p.system_identifier, p.timeline, p.incarnation, n.knows, p.last_event, p.mark, p.newest,
       n.used, n.whole, n.behind, n.yields, n.asked,
       (SELECT coalesce(json_object_agg(c.tbl, json_build_object('after', c.after::text, 'rows', c.compared, 'expected', c.expected, 'different', c.different, 'bytes', c.bytes, 'done', c.done)), '{}') FROM replication.comparing c WHERE c.node = n.node) AS comparing,
       n.link AS own_link, n.mark AS own_mark, n.mark_before AS own_mark_before, (SELECT moved FROM replication.home) AS moved,
       (SELECT name FROM replication.nodes WHERE is_self) AS own_name,
       n.reach, (SELECT value FROM replication.config WHERE key = 'incarnation') AS own_incarnation,
       (SELECT coalesce(jsonb_object_agg(o.node, o.reach), '{}') FROM replication.nodes o
        WHERE NOT o.is_self AND o.node <> n.node AND o.reach IS NOT NULL) AS other_reach,
       (SELECT count(*) FROM replication.nodes o WHERE NOT o.is_self AND o.node <> n.node) AS others,
       (SELECT coalesce(jsonb_object_agg(h.tbl, h.snapshot::text), '{}') FROM replication.held_tables h WHERE h.node = n.node) AS held_tables,
       EXISTS (SELECT FROM replication.suspects s WHERE s.node = n.node) AS suspects,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS clock
FROM replication.nodes n
LEFT JOIN replication.positions p ON p.node = n.node
WHERE n.node = :source AND NOT n.is_self;
