-- Pull, first step, on the source: one snapshot for everything of this batch, who the source is, what it has read of us,
-- and how far this chunk goes. :reader, :'xip', :'xmax' are the reader and its position; :chunk the most events of a chunk, :newest the highest version read.
-- :scope says which events the batch is about. The chunk ends with a whole transaction, kept for the next statements as trompd.last.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
WITH unread AS MATERIALIZED (
    (SELECT e.xid, e.via, e.version FROM replication.events e WHERE e.xid = ANY (:'xip'::xid8[]) :scope)
    UNION ALL
    (SELECT e.xid, e.via, e.version FROM replication.events e WHERE e.xid >= :'xmax'::xid8 :scope ORDER BY e.xid LIMIT :chunk)
), chunk AS MATERIALIZED (
    SELECT xid, via, version FROM unread ORDER BY xid LIMIT :chunk
), summary AS MATERIALIZED (
    SELECT max(xid) AS last, count(*) AS events, count(*) FILTER (WHERE via <> :reader) AS events_for_us,
           min(version) FILTER (WHERE via <> :reader) AS oldest, max(version) AS newest
    FROM chunk
)
SELECT pg_current_snapshot() AS snapshot,
       (SELECT last_value FROM replication.event_id) AS last_event, -- before `inserted`, so that it is durable when that is
       coalesce(s.last::text, '0') AS last,
       s.events, s.events_for_us,
       coalesce(CASE WHEN s.events < :chunk THEN s.newest -- the last transaction may have more than was counted
                     ELSE (SELECT max(e.version) FROM replication.events e
                           WHERE e.xid <= s.last AND (e.xid = ANY (:'xip'::xid8[]) OR e.xid >= :'xmax'::xid8) :scope) END, 0) AS newest,
       (SELECT coalesce(jsonb_agg(e.key ORDER BY e.id), '[]') FROM replication.events e
        WHERE e.tbl = 0 AND e.via <> :reader AND (e.xid = ANY (:'xip'::xid8[]) OR e.xid >= :'xmax'::xid8)) AS statements,
       EXISTS (SELECT FROM replication.events e -- as in overlooked.sql; :newest is NULL where that was asked before
               WHERE e.version > :newest AND e.xid < pg_snapshot_xmax(:'position'::pg_snapshot)
                 AND pg_visible_in_snapshot(e.xid, :'position'::pg_snapshot) :scope) AS overlooked,
       (SELECT json_agg(json_build_array(t.id, e.version, e.origin, e.number)) -- the strongest TRUNCATE of each table
        FROM replication.tables t
        CROSS JOIN LATERAL (SELECT e.version, e.origin, coalesce(e.number, e.id) AS number
                            FROM replication.events e
                            WHERE e.tbl = t.id AND e.nr IS NULL AND e.via <> :reader AND e.xid <= s.last
                              AND (e.xid = ANY (:'xip'::xid8[]) OR e.xid >= :'xmax'::xid8) :scope
                            ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT 1) e) AS truncates,
       extract(epoch FROM clock_timestamp()) * 1000000 - s.oldest AS oldest_age,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS clock,
       set_config('trompd.last', coalesce(s.last::text, '0'), true) AS kept,
       pg_current_wal_insert_lsn() AS inserted,
       (SELECT system_identifier FROM pg_control_system()) AS system_identifier,
       left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) AS timeline,
       (SELECT value FROM replication.config WHERE key = 'incarnation') AS incarnation,
       (SELECT moved FROM replication.home) AS moved,
       (SELECT value FROM replication.config WHERE key = 'schema_version') AS schema_version,
       (SELECT node FROM replication.nodes WHERE is_self) AS node,
       (SELECT paused FROM replication.nodes WHERE node = :reader AND NOT is_self) AS paused,
       (SELECT snapshot FROM replication.positions WHERE node = :reader) AS read_of_us,
       (SELECT coalesce(jsonb_object_agg(tbl, snapshot::text), '{}') FROM replication.held_tables WHERE node = :reader) AS held_of_us,
       (SELECT md5(string_agg(format('%I.%I', t.schema_name, t.table_name), ',' ORDER BY t.schema_name COLLATE "C", t.table_name COLLATE "C"))
        FROM replication.compared c JOIN replication.tables t ON t.id = c.tbl WHERE c.node = :reader) AS compared_with_us,
       EXISTS (SELECT FROM replication.held) AS any_held,
       (SELECT link FROM replication.nodes WHERE node = :reader AND NOT is_self) AS link,
       (SELECT mark FROM replication.nodes WHERE node = :reader AND NOT is_self) AS mark,
       (SELECT mark_before FROM replication.nodes WHERE node = :reader AND NOT is_self) AS mark_before,
       (SELECT knows FROM replication.nodes WHERE node = :reader AND NOT is_self) AS link_of_us,
       (SELECT behind FROM replication.nodes WHERE node = :reader AND NOT is_self) AS behind,
       (SELECT yields FROM replication.nodes WHERE node = :reader AND NOT is_self) AS yields,
       (SELECT asked FROM replication.nodes WHERE node = :reader AND NOT is_self) AS asked,
       (SELECT coalesce(json_object_agg(tbl, json_build_object('after', after::text, 'rows', compared, 'expected', expected, 'different', different, 'bytes', bytes, 'done', done)), '{}') FROM replication.comparing WHERE node = :reader) AS comparing,
       (SELECT mark FROM replication.positions WHERE node = :reader) AS mark_of_us,
       (SELECT newest FROM replication.positions WHERE node = :reader) AS newest_of_us,
       (SELECT reach IS NOT NULL FROM replication.nodes WHERE node = :reader AND NOT is_self) AS accepts_us,
       (SELECT acknowledged FROM replication.nodes WHERE node = :reader AND NOT is_self) AS acknowledged_by_us,
       (SELECT jsonb_agg(jsonb_build_object('node', r.node, 'name', r.name, 'incarnation', r.incarnation, 'path', r.path, 'fresh', r.fresh))
        FROM (SELECT to_jsonb(n.node) AS node, to_jsonb(n.name) AS name, to_jsonb(c.value) AS incarnation, jsonb_build_array(n.node) AS path,
                     to_jsonb((extract(epoch FROM statement_timestamp()) * 1000000)::bigint) AS fresh
              FROM replication.nodes n JOIN replication.config c ON c.key = 'incarnation' WHERE n.is_self
              UNION ALL
              SELECT e -> 'node', e -> 'name', e -> 'incarnation', jsonb_build_array((SELECT node FROM replication.nodes WHERE is_self)) || (e -> 'path'), e -> 'fresh'
              FROM replication.nodes n CROSS JOIN LATERAL jsonb_array_elements(n.reach) e
              WHERE n.node <> :reader AND NOT n.is_self) r) AS reach
FROM summary s;
