-- What is here becomes a new change, and with that the held row is superseded.
BEGIN;
SELECT replication.discard_held(:id) AS discarded;
