-- Part of a query: the length of the large object :object.
coalesce((SELECT p.pageno::bigint * 2048 + octet_length(p.data) FROM pg_largeobject p WHERE p.loid = :object ORDER BY p.pageno DESC LIMIT 1), 0)
