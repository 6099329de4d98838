-- Pull, on the source: these blocks of large objects, for replication.fetched_blocks. :content is object_content.sql, of w.
COPY (
SELECT :source::smallint, :content
FROM unnest(:'objects'::oid[], :'blocks'::integer[]) AS w(object, block)
) TO STDOUT (FORMAT binary);
