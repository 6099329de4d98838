-- What is here becomes a new change; the held row has lost.
SELECT replication.discard_held(:id) AS discarded;
