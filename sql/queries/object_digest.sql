-- Part of a query: what stands for the content of the large object :object where rows are compared; null where there is none.
(SELECT (:bytes) || ' ' || coalesce((SELECT md5(string_agg(b.block || ' ' || b.md5, ',' ORDER BY b.block)) FROM (:blocks) b), '')
 FROM pg_largeobject_metadata m WHERE m.oid = :object)
