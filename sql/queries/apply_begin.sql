-- A batch begins: nobody else may have moved the position since it was read.
BEGIN;
SELECT snapshot AS position FROM replication.positions WHERE node = :source FOR UPDATE;
