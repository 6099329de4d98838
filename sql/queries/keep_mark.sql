-- The source's latest mark, where it came with a pull that had nothing to apply.
UPDATE replication.positions SET mark = :'mark' WHERE node = :source;
