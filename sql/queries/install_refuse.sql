-- What it holds at other nodes is not known.
SELECT replication.refuse(:relation, :'reason', true)
