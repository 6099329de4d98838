-- A statement of another node is about to be run with the settings that it depends on; up to the end of the transaction, where that is :local.
SELECT set_config(s.name, s.value, :local)
FROM jsonb_each_text(:'settings'::jsonb) AS s(name, value)
WHERE lower(s.name) IN ('check_function_bodies', 'standard_conforming_strings', 'datestyle', 'intervalstyle', 'timezone', 'xmloption',
                        'transform_null_equals', 'array_nulls');
SELECT set_config('search_path', :'settings'::jsonb ->> 'search_path', :local) WHERE :'settings'::jsonb ? 'search_path';
