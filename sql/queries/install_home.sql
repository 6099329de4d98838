INSERT INTO replication.config (key, value) SELECT 'home', now FROM replication.home
ON CONFLICT (key) DO UPDATE SET value = excluded.value
