-- Comparison: the planner chooses again.
SET LOCAL enable_seqscan TO DEFAULT;
