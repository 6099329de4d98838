-- Can these columns refer to large objects?
SELECT replication.large_object_refusal(:relation, :large_objects) AS refusal
