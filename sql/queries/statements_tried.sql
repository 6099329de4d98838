-- How many statements could not be run here yet, and how often that was tried.
SELECT count(*) AS open, coalesce(sum(tries), 0) AS tries FROM replication.statements WHERE held_id IS NOT NULL;
