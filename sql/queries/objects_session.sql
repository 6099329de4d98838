-- Large objects of a batch, at the target, made when a batch has some for the first time.
-- An object that a row of the batch refers to, and what becomes of it.
CREATE TEMP TABLE IF NOT EXISTS object (
    tbl       integer NOT NULL,
    nr        bigint NOT NULL,
    key       jsonb,
    attribute text NOT NULL,
    theirs    oid NOT NULL,            -- its number at the source
    ours      oid,                     -- that of the row here, when they were compared
    version   text,                    -- of this row
    same      boolean NOT NULL DEFAULT false, -- they were equal: the row keeps its own
    made      oid                      -- or gets this one; 0: there is none at the source
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS their_block (
    object oid NOT NULL,
    bytes  bigint NOT NULL,            -- of the object
    block  integer,
    md5    text
) ON COMMIT DELETE ROWS;
-- A block that an object that is made has to get.
CREATE TEMP TABLE IF NOT EXISTS object_block (
    n      bigint NOT NULL,
    theirs oid NOT NULL,
    made   oid NOT NULL,
    ours   oid,
    block  integer NOT NULL,
    md5    text NOT NULL,
    here   boolean NOT NULL DEFAULT false, -- it was found in the object that the row has
    wanted boolean NOT NULL DEFAULT false, -- it has to be fetched
    done   boolean NOT NULL DEFAULT false  -- it is in the object that is made
) ON COMMIT DELETE ROWS;
-- Objects that rows refer to before the merge, and may not after it.
CREATE TEMP TABLE IF NOT EXISTS former_object (
    object oid NOT NULL
) ON COMMIT DELETE ROWS;
