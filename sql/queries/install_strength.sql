-- Can this expression give the strengths of a table's rows?
SELECT replication.strength_refusal(:relation, :'strength') AS refusal
