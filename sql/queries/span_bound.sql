-- Comparing two tables, at either end: where the first span ends by the rows that this end has.
SELECT :next FROM :rows WHERE :behind ORDER BY :order OFFSET :skip LIMIT 1;
