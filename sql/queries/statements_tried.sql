-- How many statements could not be run here yet, and how often that was tried. The mark of one that is at it now counts as no try (daemon/run_statement.cpp).
SELECT count(*) AS open, coalesce(sum(tries) - count(*) FILTER (WHERE error = 'it was begun'), 0) AS tries FROM replication.statements WHERE held_id IS NOT NULL;
