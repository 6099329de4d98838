-- What of the schema is replicated. Renewed by every `trompctl init`. Tables, and what hangs on a table, where the table is; other objects where
-- their schema is. Rights, tablespaces, servers and foreign tables, publications and subscriptions, languages, access methods: every node has its own.

-- Is this table replicated, or will be as soon as it has a key? A partition is what its root is. Null: it is a temporary one, or ours.
CREATE OR REPLACE FUNCTION replication.is_replicated(relation oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN c.relpersistence <> 't' AND n.nspname <> 'replication'
                THEN EXISTS (SELECT FROM replication.tables t WHERE t.relation = c.oid) OR replication.is_meant(n.nspname, c.relname, replication.only_by_name(c.oid)) END
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = coalesce(pg_partition_root(is_replicated.relation), is_replicated.relation)
$$;

-- Where an object of the catalogue belongs: to a table, or to a schema, or to none.
CREATE OR REPLACE FUNCTION replication.place_of(class oid, object oid, OUT relation oid, OUT schema_name text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    space oid;
    kind  "char";
BEGIN
    CASE class
    WHEN 'pg_class'::regclass THEN relation := object;
    WHEN 'pg_trigger'::regclass THEN SELECT tgrelid INTO relation FROM pg_trigger WHERE oid = object;
    WHEN 'pg_policy'::regclass THEN SELECT polrelid INTO relation FROM pg_policy WHERE oid = object;
    WHEN 'pg_rewrite'::regclass THEN SELECT ev_class INTO relation FROM pg_rewrite WHERE oid = object;
    WHEN 'pg_attrdef'::regclass THEN SELECT adrelid INTO relation FROM pg_attrdef WHERE oid = object;
    WHEN 'pg_statistic_ext'::regclass THEN SELECT stxrelid INTO relation FROM pg_statistic_ext WHERE oid = object;
    WHEN 'pg_constraint'::regclass THEN SELECT nullif(conrelid, 0), connamespace INTO relation, space FROM pg_constraint WHERE oid = object;
    WHEN 'pg_type'::regclass THEN SELECT typnamespace INTO space FROM pg_type WHERE oid = object;
    WHEN 'pg_proc'::regclass THEN SELECT pronamespace INTO space FROM pg_proc WHERE oid = object;
    WHEN 'pg_operator'::regclass THEN SELECT oprnamespace INTO space FROM pg_operator WHERE oid = object;
    WHEN 'pg_opclass'::regclass THEN SELECT opcnamespace INTO space FROM pg_opclass WHERE oid = object;
    WHEN 'pg_opfamily'::regclass THEN SELECT opfnamespace INTO space FROM pg_opfamily WHERE oid = object;
    WHEN 'pg_collation'::regclass THEN SELECT collnamespace INTO space FROM pg_collation WHERE oid = object;
    WHEN 'pg_conversion'::regclass THEN SELECT connamespace INTO space FROM pg_conversion WHERE oid = object;
    WHEN 'pg_ts_config'::regclass THEN SELECT cfgnamespace INTO space FROM pg_ts_config WHERE oid = object;
    WHEN 'pg_ts_dict'::regclass THEN SELECT dictnamespace INTO space FROM pg_ts_dict WHERE oid = object;
    WHEN 'pg_ts_parser'::regclass THEN SELECT prsnamespace INTO space FROM pg_ts_parser WHERE oid = object;
    WHEN 'pg_ts_template'::regclass THEN SELECT tmplnamespace INTO space FROM pg_ts_template WHERE oid = object;
    WHEN 'pg_extension'::regclass THEN SELECT extnamespace INTO space FROM pg_extension WHERE oid = object;
    WHEN 'pg_namespace'::regclass THEN space := object;
    WHEN 'pg_cast'::regclass THEN
        SELECT y.typnamespace INTO space
        FROM pg_cast c JOIN pg_type y ON y.oid IN (c.castsource, c.casttarget)
        WHERE c.oid = object ORDER BY y.typnamespace = 'pg_catalog'::regnamespace LIMIT 1;
    ELSE RETURN;
    END CASE;
    IF relation IS NOT NULL THEN
        SELECT c.relkind, c.relnamespace INTO kind, space FROM pg_class c WHERE c.oid = place_of.relation;
        CASE
        WHEN kind IN ('r', 'p') THEN RETURN;
        WHEN kind IN ('i', 'I') THEN SELECT indrelid INTO relation FROM pg_index WHERE indexrelid = object;
            -- Of a materialized view.
            IF EXISTS (SELECT FROM pg_class c WHERE c.oid = place_of.relation AND c.relkind IN ('r', 'p')) THEN
                RETURN;
            END IF;
        WHEN kind = 'S' THEN
            SELECT d.refobjid INTO relation FROM pg_depend d
            WHERE d.classid = 'pg_class'::regclass AND d.objid = object AND d.deptype IN ('a', 'i')
              AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0;
            IF relation IS NOT NULL THEN
                RETURN;
            END IF;
        WHEN kind = 'f' THEN space := NULL;
        ELSE NULL;
        END CASE;
        relation := NULL;
    END IF;
    SELECT nspname INTO schema_name FROM pg_namespace WHERE oid = space AND nspname <> 'replication' AND oid NOT IN (SELECT pg_my_temp_schema());
END
$$;

-- What the statement at hand made or changed, for an event trigger at ddl_command_end. Those that are temporary or an extension's are left out;
-- is_replicated: null where there is no telling by its place.
CREATE OR REPLACE FUNCTION replication.objects_changed()
RETURNS TABLE (kind text, identity text, relation oid, column_number integer, schema_name text, is_replicated boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.object_type, c.object_identity, p.relation, c.objsubid, p.schema_name,
           CASE WHEN p.relation IS NOT NULL THEN replication.is_replicated(p.relation)
                WHEN p.schema_name IS NOT NULL THEN replication.is_replicated_schema(p.schema_name) END
    FROM pg_event_trigger_ddl_commands() c
    CROSS JOIN LATERAL replication.place_of(c.classid, c.objid) p
    WHERE NOT c.in_extension AND c.objid IS NOT NULL AND coalesce(c.schema_name, '') <> 'pg_temp'
$$;

-- What the statement at hand dropped, for an event trigger at sql_drop, but for the parts of what is dropped. An index has lost its table by now:
-- `indexes` tells it, index by table, both as format('%I.%I').
-- original: the statement named it; else it went by CASCADE.
CREATE OR REPLACE FUNCTION replication.objects_dropped(indexes jsonb)
RETURNS TABLE (kind text, identity text, relation oid, column_number integer, schema_name text, is_replicated boolean, table_name text, original boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH dropped AS MATERIALIZED (
        SELECT d.*, CASE WHEN d.object_type IN ('table', 'table column', 'table constraint', 'trigger', 'policy', 'rule', 'default value')
                         THEN format('%I.%I', d.address_names[1], d.address_names[2])
                         WHEN d.object_type = 'index' THEN objects_dropped.indexes ->> d.object_identity END AS table_name,
               CASE d.object_type WHEN 'schema' THEN d.address_names[1] ELSE d.schema_name END AS space
        FROM pg_event_trigger_dropped_objects() d
        WHERE NOT d.is_temporary
    ), captured AS (
        -- Tables, partitions too, are known by their triggers, which go with them.
        SELECT DISTINCT d.table_name FROM dropped d WHERE d.object_type = 'trigger' AND NOT d.original AND d.address_names[3] = 'trompd_insert'
        UNION
        SELECT format('%I.%I', t.schema_name, t.table_name) FROM replication.tables t
    ), relations AS (
        SELECT DISTINCT d.table_name,
               EXISTS (SELECT FROM captured c WHERE c.table_name = d.table_name) OR
               CASE WHEN r.oid IS NULL THEN replication.is_meant((parse_ident(d.table_name))[1], (parse_ident(d.table_name))[2], false)
                    WHEN r.relkind IN ('r', 'p') THEN replication.is_replicated(r.oid)
                    ELSE replication.is_replicated_schema((parse_ident(d.table_name))[1]) END AS is_replicated
        FROM dropped d
        LEFT JOIN pg_class r ON r.oid = to_regclass(d.table_name)
        WHERE d.table_name IS NOT NULL
    )
    SELECT d.object_type, d.object_identity, to_regclass(d.table_name)::oid, d.objsubid, d.space,
           CASE WHEN d.space = 'replication' OR d.object_type IN ('foreign table') THEN NULL
                WHEN d.object_type = 'extension' THEN
                    (SELECT bool_or(replication.is_replicated_schema(m.schema_name)) FROM dropped m WHERE m.schema_name IS NOT NULL)
                WHEN d.object_type = 'cast' THEN
                    replication.is_replicated_schema((parse_ident(d.address_names[1], false))[1]) OR replication.is_replicated_schema((parse_ident(d.address_args[1], false))[1])
                WHEN d.table_name IS NOT NULL THEN r.is_replicated
                WHEN d.space IS NOT NULL THEN replication.is_replicated_schema(d.space) END,
           d.table_name, d.original
    FROM dropped d
    LEFT JOIN relations r ON r.table_name = d.table_name
    WHERE d.original
       OR (d.object_type IN ('table', 'view', 'materialized view', 'table column', 'table constraint', 'default value', 'trigger', 'policy')
           AND NOT (d.object_type = 'trigger' AND d.address_names[3] ~ '^(trompd|RI_ConstraintTrigger)_'))
$$;
