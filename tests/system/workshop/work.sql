-- A day's work at one node; :node tells which of both, as day * 10 + node. Some of it is about rows that the others work on too.
BEGIN;
INSERT INTO town (country, name) SELECT 'at', 'town ' || :node || '.' || i FROM generate_series(1, 3) i;
INSERT INTO person (name, mail, home, born, tags)
SELECT 'person ' || :node || '.' || i, 'p' || i || '@n' || :node || '.test', ROW('street ' || i, '10' || i, 'town')::address, date '1970-01-01' + i, ARRAY['n' || :node, 'x"y']
FROM generate_series(1, 10) i;
INSERT INTO customer (person_id, credit) SELECT id, 10 FROM person WHERE name LIKE 'person ' || :node || '.%';
INSERT INTO mechanic SELECT id, 40 FROM person WHERE name IN ('person ' || :node || '.1', 'person ' || :node || '.2') ON CONFLICT DO NOTHING;
COMMIT;
INSERT INTO mechanic_skill SELECT m.person_id, s.code, 3 FROM mechanic m, skill s ON CONFLICT DO NOTHING;
INSERT INTO bicycle (owner, maker, model, frame, notes)
SELECT c.person_id, m.maker, m.code, 'frame ' || :node || '.' || c.person_id, 'bought used' FROM customer c JOIN person p ON p.id = c.person_id
CROSS JOIN LATERAL (SELECT * FROM model ORDER BY maker, code LIMIT 1) m WHERE p.name LIKE 'person ' || :node || '.%'
ON CONFLICT DO NOTHING;
INSERT INTO job (bicycle, mechanic, planned)
SELECT b.id, (SELECT min(person_id) FROM mechanic), tstzrange('2026-11-23', '2026-11-24') FROM bicycle b WHERE b.frame LIKE 'frame ' || :node || '.%';
INSERT INTO job_part SELECT j.id, p.id, 1 FROM job j JOIN bicycle b ON b.id = j.bicycle, part p WHERE b.frame LIKE 'frame ' || :node || '.%' AND p.id % 7 = 3 ON CONFLICT DO NOTHING;
INSERT INTO job_log SELECT j.id, timestamptz '2026-12-31 23:00+00' + i * interval '30 minutes', 'entry ' || i FROM job j JOIN bicycle b ON b.id = j.bicycle, generate_series(0, 3) i
WHERE b.frame LIKE 'frame ' || :node || '.%' ON CONFLICT DO NOTHING;
UPDATE job SET state = 'done' WHERE id IN (SELECT min(j.id) FROM job j JOIN bicycle b ON b.id = j.bicycle WHERE b.frame LIKE 'frame ' || :node || '.%');
INSERT INTO invoice (nr, job, total) SELECT 'i' || j.id, j.id, job_total(j.id) FROM job j JOIN bicycle b ON b.id = j.bicycle
WHERE j.state = 'done' AND b.frame LIKE 'frame ' || :node || '.%' ON CONFLICT DO NOTHING;
INSERT INTO payment SELECT nr, 1, CASE :node % 10 WHEN 1 THEN 'cash' ELSE 'card' END, total / 2 FROM invoice i JOIN job j ON j.id = i.job JOIN bicycle b ON b.id = j.bicycle
WHERE b.frame LIKE 'frame ' || :node || '.%' ON CONFLICT DO NOTHING;
INSERT INTO photo SELECT b.id, 1, decode(repeat('00ff5c', 100), 'hex') FROM bicycle b WHERE b.frame LIKE 'frame ' || :node || '.%' ON CONFLICT DO NOTHING;
-- What the others write too.
UPDATE setting SET value = to_jsonb('set by ' || :node) WHERE key = 'currency';
UPDATE stock SET quantity = quantity - :node, "Shelf" = 'moved by ' || :node WHERE part IN (SELECT min(id) + 3 FROM part);
UPDATE skill SET title = title || ' ' || :node WHERE code = 'w';
DELETE FROM mechanic_skill WHERE skill = 'h' AND mechanic % 2 = :node % 2;
