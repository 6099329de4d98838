-- Comparing two tables, at either end: the rows of some buckets of a span: their keys, and their hashes. One of :nr and :key is null; :identity is, where
-- they tell keys apart by themselves.
COPY (
SELECT :nr, :key, :identity, :hash FROM :rows WHERE :span AND (:bucket & (:buckets - 1)) = ANY (:'wanted'::integer[])
) TO STDOUT;
