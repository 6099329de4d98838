-- Can the rule for the table be used: the strength in it be that of rows, its columns refer to large objects?
SELECT replication.rule_refusal(:relation) AS refusal
