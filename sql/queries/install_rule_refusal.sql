-- Can the rule for the table be used? Can the strength in it be that of rows?
SELECT replication.rule_refusal(:relation) AS refusal
