-- Comparing two tables, at either end: rows and sum of their hashes in a span; and where the next one ends by the rows that this end has:
-- :next are the columns that bound it, null at the table's end. Sums are modulo 2^60, the width of a hash.
SELECT s.rows, s.sum, b.*
FROM (SELECT count(*) AS rows, coalesce(sum(:hash) % 1152921504606846976, 0) AS sum FROM :rows WHERE :span) s
LEFT JOIN (SELECT :next FROM :rows WHERE :behind ORDER BY :order OFFSET :skip LIMIT 1) b ON true;
