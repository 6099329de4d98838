-- Pull, on the source: the lengths of these large objects and the checksums of their blocks, as they are in the batch's snapshot; no line
-- for one that does not exist. :bytes and :blocks are object_bytes.sql and object_blocks.sql, of o.object.
COPY (
SELECT o.object, :bytes, b.block, b.md5
FROM unnest(:'objects'::oid[]) AS o(object)
JOIN pg_largeobject_metadata m ON m.oid = o.object
LEFT JOIN LATERAL (:blocks) b ON true
) TO STDOUT;
