-- Is there an event that counts as read by :'position', though its version is above all that were read then? Its transaction got
-- an id that was used before: this database, the log's, went back to an earlier state. :except are tables of which less was read.
SELECT EXISTS (SELECT FROM replication.events e
               WHERE e.version > :newest AND e.xid < pg_snapshot_xmax(:'position'::pg_snapshot)
                 AND pg_visible_in_snapshot(e.xid, :'position'::pg_snapshot) :except) AS overlooked;
