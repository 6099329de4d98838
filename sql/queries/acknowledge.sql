-- What :source has read of our log, and compared of our tables, as its pull's header says. It gets a new mark where it has the latest.
UPDATE replication.nodes
SET acknowledged = :'read_of_us', compared = nullif(:'compared', ''),
    mark_before = CASE WHEN mark::text = :'mark_of_us' THEN mark ELSE mark_before END,
    mark = CASE WHEN mark::text = :'mark_of_us' THEN gen_random_uuid() ELSE mark END
WHERE node = :source AND (acknowledged::text IS DISTINCT FROM :'read_of_us' OR compared IS DISTINCT FROM nullif(:'compared', ''));
