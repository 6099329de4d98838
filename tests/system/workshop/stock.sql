-- What the workshop begins with, once.
INSERT INTO country VALUES ('at', 'Austria'), ('ch', 'Switzerland');
INSERT INTO skill VALUES ('w', 'wheels'), ('b', 'brakes'), ('h', 'hydraulics');
INSERT INTO maker (name) SELECT 'maker ' || i FROM generate_series(1, 3) i;
INSERT INTO model SELECT m.id, 'm' || i, 'model ' || i, int4range(2000 + i, 2010 + i) FROM maker m, generate_series(1, 4) i;
INSERT INTO part (kind, title, price, facts) SELECT (enum_range(NULL::part_kind))[1 + i % 5], 'part ' || i, i * 1.25, jsonb_build_object('weight', i) FROM generate_series(1, 30) i;
INSERT INTO stock SELECT id, 100, 'A' || id FROM part;
INSERT INTO setting VALUES ('currency', '"EUR"'), ('opens', '{"mon": "8:00"}');
