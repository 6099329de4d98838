-- Comparing two tables, here: is bound :one before :other, and are both behind the last one?
SELECT :one < :other AS less, :one > :after AND :other > :after AS onward;
