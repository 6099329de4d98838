-- What :source has read of our log, as its pull's header says, with the tables of which it has read less, and what it has compared of our tables.
-- It gets a new mark where it has the latest.
UPDATE replication.nodes
SET acknowledged = :'read_of_us', held = :'held_of_us', compared = nullif(:'compared', ''),
    mark_before = CASE WHEN mark::text = :'mark_of_us' THEN mark ELSE mark_before END,
    mark = CASE WHEN mark::text = :'mark_of_us' THEN gen_random_uuid() ELSE mark END
WHERE node = :source AND (acknowledged::text, held, compared) IS DISTINCT FROM (:'read_of_us', :'held_of_us'::integer[], nullif(:'compared', ''));
