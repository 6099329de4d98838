-- Comparing two tables, at either end: the sums of a span's buckets, which keys fall into by their hashes. :buckets is a power of two.
COPY (
SELECT b.bucket, count(*), sum(b.hash) % 1152921504606846976
FROM (SELECT :bucket & (:buckets - 1) AS bucket, :hash AS hash FROM :rows WHERE :span) b
GROUP BY b.bucket
) TO STDOUT;
