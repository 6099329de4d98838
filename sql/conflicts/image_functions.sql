-- Rows that are kept as JSON, their images, and become the very same rows again.

-- JSON cannot tell all of a value: the minus of a zero, the bounds of an array, the text of a json, a null of its own. The text of such
-- a value is kept beside it, under the empty name, which no column has.
CREATE OR REPLACE FUNCTION replication.image(plain jsonb, names text[], texts text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT plain || coalesce((SELECT jsonb_build_object('', jsonb_object_agg(v.name, v.value)) FROM unnest(names, texts) AS v(name, value)
                              WHERE v.value IS NOT NULL AND plain ->> v.name IS DISTINCT FROM v.value
                              HAVING count(*) > 0), '{}')
$$;

-- The image of a row whose values are kept as texts.
CREATE OR REPLACE FUNCTION replication.image_of_texts(texts jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT texts || jsonb_build_object('', jsonb_strip_nulls(texts))
$$;

-- The columns of an image, in words.
CREATE OR REPLACE FUNCTION replication.image_texts(image jsonb) RETURNS TABLE (key text, value text)
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT * FROM jsonb_each_text((nullif(image, 'null') - '') || coalesce(image -> '', '{}'))
$$;

-- SQL for the image of a row of `relation` that is called `alias`. The types left out here are told by JSON exactly, though some in another
-- style (dates).
CREATE OR REPLACE FUNCTION replication.image_sql(relation oid, alias text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('replication.image(to_jsonb(%1$s.*), %2$L::text[], ARRAY[%3$s]::text[])', alias, coalesce(array_agg(a.attname ORDER BY a.attnum), '{}'),
                  string_agg(format('%s.%I::text', alias, a.attname), ', ' ORDER BY a.attnum))
    FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
    WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND y.typcategory NOT IN ('B', 'D', 'E', 'S')
$$;

-- The row that an image was made of. Columns that it does not have are null. The types read their values by the caller's search_path.
CREATE OR REPLACE FUNCTION replication.row_of(prototype anyelement, image jsonb) RETURNS anyelement
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    made  ALIAS FOR $0;
    parts text;
BEGIN
    made := pg_catalog.jsonb_populate_record(prototype, image OPERATOR(pg_catalog.-) '');
    IF image OPERATOR(pg_catalog.?) '' THEN
        SELECT pg_catalog.string_agg(CASE WHEN (image OPERATOR(pg_catalog.->) '') OPERATOR(pg_catalog.?) a.attname
                                          THEN pg_catalog.format('($2 OPERATOR(pg_catalog.->>) %L)::%s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod))
                                          ELSE pg_catalog.format('($1).%I', a.attname) END, ', ' ORDER BY a.attnum)
        INTO parts
        FROM pg_catalog.pg_type y JOIN pg_catalog.pg_attribute a ON a.attrelid = y.typrelid
        WHERE y.oid = pg_catalog.pg_typeof(prototype) AND a.attnum > 0 AND NOT a.attisdropped;
        EXECUTE 'SELECT ' || parts INTO made USING made, image OPERATOR(pg_catalog.->) '';
    END IF;
    RETURN made;
END
$$;
