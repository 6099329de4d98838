-- Takes a string of SQL apart. Renewed by every `trompctl init`. The rules for quotes and comments are PostgreSQL's own; those for where a
-- statement ends are psql's: not in parentheses, and not in the body of a function that begins with BEGIN ATOMIC.

-- The statements of a string, without the semicolons and comments between them, and the words of each: what stands in no parentheses, keywords
-- and names in lower case, quoted names in their quotes, '' for a string, () for parentheses, other characters one by one.
CREATE OR REPLACE FUNCTION replication.statements_of(script text, standard_strings boolean)
RETURNS TABLE (statement text, words text[])
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on
AS $lexer$
DECLARE
    bytes       CONSTANT bytea := convert_to(script, getdatabaseencoding());  -- to find a place in them is no search
    piece       text;
    before      text := '';     -- the piece before
    place       integer := 1;   -- of the piece, in bytes
    inside      text := '';     -- the quote or comment that we are in: ' E " -- /* or a dollar quote
    opened      integer;        -- where the quote began
    closed      integer := 0;   -- where the last one ended
    depth       integer := 0;   -- of comments in comments
    parentheses integer := 0;
    bodies      integer := 0;   -- BEGIN and CASE that END closes
    first       integer;        -- where the statement begins and ends
    last        integer;
    first_then  integer;        -- before the piece that may begin a comment
    last_then   integer;
    closed_then integer := 0;
    name_end    integer := 0;   -- a name goes on there
    tag         text := '';     -- what may become a dollar quote
    escapes     boolean := false;  -- the string at hand, or the last one, has backslashes
    escaped     boolean := false;
    new_line    boolean := false;  -- since the last string, with nothing but space
    is_word     boolean;
    added       text;
BEGIN
    words := '{}';
    FOR piece IN
        SELECT p[1] FROM regexp_matches(script, '[ \t\n\r\f\v]+|[0-9]+|[^\u0001-\u002f\u003a-\u0040\u005b-\u005e\u0060\u007b-\u007f]+|.', 'g') p
    LOOP
        IF inside = '--' THEN
            IF piece ~ '[\n\r]' THEN
                inside := '';
                new_line := true;
            END IF;
        ELSIF inside = '/*' THEN
            IF before = '*' AND piece = '/' THEN
                depth := depth - 1;
                inside := CASE WHEN depth = 0 THEN '' ELSE inside END;
                before := '';
            ELSIF before = '/' AND piece = '*' THEN
                depth := depth + 1;
                before := '';
            ELSE
                before := piece;
            END IF;
        ELSIF inside IN ('''', 'E') THEN
            IF escaped THEN
                escaped := false;
            ELSIF inside = 'E' AND piece = '\' THEN
                escaped := true;
            ELSIF piece = '''' THEN
                inside := '';
                last := place;
                closed := place + 1;
                new_line := false;
            END IF;
        ELSIF inside = '"' THEN
            IF piece = '"' THEN
                inside := '';
                last := place;
                closed := place + 1;
                IF parentheses = 0 THEN
                    words := words || convert_from(substr(bytes, opened, place - opened + 1), getdatabaseencoding());
                END IF;
            END IF;
        ELSIF inside <> '' THEN
            IF piece <> '$' THEN
                tag := CASE WHEN tag <> '' AND length(tag) < 64 THEN tag || piece ELSE '' END;
            ELSIF tag || piece = inside THEN
                inside := '';
                tag := '';
                last := place;
            ELSE
                tag := piece;
            END IF;
        ELSIF (piece = '*' AND before = '/') OR (piece = '-' AND before = '-') THEN
            inside := before || piece;
            inside := CASE inside WHEN '--' THEN inside ELSE '/*' END;
            depth := 1;
            before := '';
            -- What looked like an operator was none.
            first := first_then;
            last := last_then;
            closed := closed_then;
            IF parentheses = 0 THEN
                words := words[:cardinality(words) - 1];
            END IF;
        ELSIF piece ~ '^[ \t\n\r\f\v]' THEN
            new_line := new_line OR piece ~ '[\n\r]';
            before := ' ';
            tag := '';
        ELSIF piece = ';' AND parentheses <= 0 AND bodies = 0 THEN
            IF first IS NOT NULL THEN
                statement := convert_from(substr(bytes, first, last - first + 1), getdatabaseencoding());
                RETURN NEXT;
            END IF;
            first := NULL;
            words := '{}';
            parentheses := 0;
            before := '';
            tag := '';
        ELSE
            IF piece IN ('/', '-') THEN
                first_then := first;
                last_then := last;
                closed_then := closed;
            END IF;
            first := coalesce(first, place);
            last := place + octet_length(piece) - 1;
            is_word := piece ~ '^[^\u0001-\u0040\u005b-\u005e\u0060\u007b-\u007f]';
            added := lower(piece COLLATE "C");
            IF piece = '''' THEN
                escapes := CASE WHEN closed = place OR (closed > 0 AND new_line) THEN escapes
                                ELSE NOT standard_strings OR lower(before COLLATE "C") = 'e' END;
                inside := CASE WHEN escapes THEN 'E' ELSE piece END;
                added := CASE WHEN closed <> place THEN '''''' END;
                IF lower(before COLLATE "C") = 'e' AND parentheses = 0 THEN
                    words := words[:cardinality(words) - 1];
                END IF;
            ELSIF piece = '"' THEN
                inside := piece;
                added := NULL;
                IF closed <> place THEN
                    opened := place;
                ELSIF parentheses = 0 THEN  -- a doubled quote in a name
                    words := words[:cardinality(words) - 1];
                END IF;
            ELSIF name_end = place AND (is_word OR piece IN ('$') OR piece ~ '^[0-9]') THEN
                name_end := place + octet_length(piece);
                added := NULL;
                IF parentheses = 0 THEN
                    words[cardinality(words)] := words[cardinality(words)] || lower(piece COLLATE "C");
                END IF;
            ELSIF piece = '$' AND tag <> '' THEN
                inside := tag || piece;
                added := '''''';
                IF parentheses = 0 THEN
                    words := words[:cardinality(words) - CASE tag WHEN '$' THEN 1 ELSE 2 END];
                END IF;
                tag := '';
            ELSIF piece = '(' THEN
                added := CASE WHEN parentheses = 0 THEN '()' END;
                parentheses := parentheses + 1;
            ELSIF piece = ')' THEN
                parentheses := parentheses - 1;
                added := NULL;
            ELSIF is_word THEN
                -- Only $ makes a name longer than its piece; behind a $ it may be a tag.
                name_end := CASE WHEN tag = '$' THEN 0 ELSE place + octet_length(piece) END;
                tag := CASE WHEN tag = '$' THEN tag || piece ELSE '' END;
                IF words[1] = 'create' AND parentheses = 0 AND ('function' = ANY (words[2:4]) OR 'procedure' = ANY (words[2:4])) THEN
                    bodies := CASE WHEN bodies = 0 THEN CASE WHEN added = 'atomic' AND words[cardinality(words)] = 'begin' THEN 1 ELSE 0 END
                                   WHEN added = 'case' THEN bodies + 1
                                   WHEN added = 'end' THEN bodies - 1
                                   ELSE bodies END;
                END IF;
            ELSE
                tag := CASE piece WHEN '$' THEN piece ELSE '' END;
            END IF;
            IF added IS NOT NULL AND (parentheses = 0 OR (added = '()' AND parentheses = 1)) THEN
                words := words || added;
            END IF;
            IF piece <> '''' THEN
                closed := CASE WHEN piece = '"' THEN closed ELSE 0 END;
            END IF;
            before := piece;
        END IF;
        place := place + octet_length(piece);
    END LOOP;
    IF first IS NOT NULL THEN
        statement := convert_from(CASE WHEN inside IN ('', '--', '/*') THEN substr(bytes, first, last - first + 1) ELSE substr(bytes, first) END,
                                  getdatabaseencoding());
        RETURN NEXT;
    END IF;
END
$lexer$;
