-- What :source has read of our log, as its pull's header says, and the tables of which it has read less. It gets a new mark where it has the latest.
UPDATE replication.nodes
SET acknowledged = :'read_of_us', held = :'held_of_us',
    mark_before = CASE WHEN mark::text = :'mark_of_us' THEN mark ELSE mark_before END,
    mark = CASE WHEN mark::text = :'mark_of_us' THEN gen_random_uuid() ELSE mark END
WHERE node = :source AND (acknowledged::text, held) IS DISTINCT FROM (:'read_of_us', :'held_of_us'::integer[]);
