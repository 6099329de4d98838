INSERT INTO replication.conflicts (type, schema_name, table_name, key, winner_origin, winner_version, loser_origin, loser_version,
                                   loser_row, resolver, neighbour)
SELECT l.type, t.schema_name, t.table_name, coalesce(l.key, jsonb_build_array(l.nr)),
       l.winner[3]::smallint, l.winner[2]::bigint, l.loser[3]::smallint, l.loser[2]::bigint, l.loser_row,
       CASE WHEN l.compared THEN 'comparison' WHEN l.type IN ('update_deleted', 'delete_origin_differs') THEN t.delete_resolver ELSE t.resolver END, :source
FROM pg_temp.lost l JOIN replication.tables t ON t.id = l.tbl;
