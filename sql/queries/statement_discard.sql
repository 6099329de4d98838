-- A held statement is not wanted here: it counts as run, and its tables go on.
UPDATE replication.statements SET state = 'skipped', error = NULL, held_id = NULL WHERE held_id = :id RETURNING statement;
