-- A statement of another node is about to be run, as it was there: by the role of the same name, where there is one that we may become,
-- and with the settings that it depends on; up to the end of the transaction, where that is :local.
SELECT set_config(s.name, s.value, :local)
FROM jsonb_each_text(:'settings'::jsonb) AS s(name, value)
WHERE lower(s.name) IN ('check_function_bodies', 'standard_conforming_strings', 'datestyle', 'intervalstyle', 'timezone', 'xmloption',
                        'transform_null_equals', 'array_nulls');
SELECT set_config('role', CASE WHEN EXISTS (SELECT FROM pg_roles r WHERE r.rolname = :'role' AND pg_has_role(r.oid, 'MEMBER')) THEN :'role' ELSE 'none' END, :local);
SELECT set_config('search_path', :'settings'::jsonb ->> 'search_path', :local) WHERE :'settings'::jsonb ? 'search_path';
