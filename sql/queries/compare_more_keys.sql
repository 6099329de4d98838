UNION
      SELECT coalesce((x->>0)::bigint, jsonb_hash_extended(x->1, 0)), nullif(x->1, 'null') FROM jsonb_array_elements(:'keys'::jsonb) x