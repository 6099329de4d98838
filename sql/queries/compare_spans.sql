-- Comparison: spans are read by their index, whatever the planner thinks of the table. Until compare_spans_end.sql, or the end of the transaction.
SET LOCAL enable_seqscan = off;
