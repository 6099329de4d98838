-- Part of a query: what block :block of the large object :object contains: the number and the 2048 bytes of each of its pages that holds anything but zeros;
-- null where none does. A block is 128 pages, 256 kB. Pages may be missing, or end early: zeros follow. They are read from the catalogue, by the snapshot:
-- SELECT is all that it takes.
(SELECT string_agg(int4send(p.pageno) || p.data || substr(decode(repeat('00', 2048), 'hex'), octet_length(p.data) + 1), '' ORDER BY p.pageno)
 FROM pg_largeobject p
 WHERE p.loid = :object AND p.pageno BETWEEN :block * 128 AND :block * 128 + 127
   AND p.data <> substr(decode(repeat('00', 2048), 'hex'), 1, octet_length(p.data)))
