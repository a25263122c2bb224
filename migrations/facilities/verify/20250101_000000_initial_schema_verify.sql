-- Verification for: The schema, people and their roles, building and room types, buildings and floors
-- Version: 20250101_000000

-- Schema
SELECT 'schema facilities' AS check_name,
       CASE WHEN to_regnamespace('facilities') IS NOT NULL THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE('owner ' || (
           SELECT pg_get_userbyid(n.nspowner) FROM pg_namespace n WHERE n.nspname = 'facilities'
       ), 'missing') AS details;

-- Tables
SELECT 'table ' || x.table_name AS check_name,
       CASE WHEN c.relkind = 'r' AND c.relpersistence = 'p' THEN 'PASS' ELSE 'FAIL' END AS status,
       CASE WHEN c.oid IS NULL THEN 'missing' ELSE 'exists' END AS details
FROM (VALUES
    ('roles'),
    ('profiles'),
    ('user_roles'),
    ('building_types'),
    ('room_types'),
    ('buildings'),
    ('floors')
) AS x (table_name)
LEFT JOIN pg_class c ON c.oid = to_regclass('facilities.' || x.table_name);

-- Columns: type, NOT NULL and default
SELECT 'column ' || x.table_name || '.' || x.column_name AS check_name,
       CASE WHEN a.attname IS NOT NULL
             AND replace(format_type(a.atttypid, a.atttypmod), 'facilities.', '') = x.type
             AND a.attnotnull = x.not_null
             AND replace(
                     COALESCE(pg_get_expr(d.adbin, d.adrelid), 'identity ' || NULLIF(a.attidentity::TEXT, '')),
                     'facilities.',
                     ''
                 ) IS NOT DISTINCT FROM x.default_value
            THEN 'PASS' ELSE 'FAIL' END AS status,
       CASE WHEN a.attname IS NULL THEN 'missing' ELSE concat_ws(
           ' ',
           format_type(a.atttypid, a.atttypmod),
           CASE WHEN a.attnotnull THEN 'NOT NULL' END,
           'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)
       ) END AS details
FROM (VALUES
    ('roles', 'role', 'text', true, NULL),
    ('roles', 'description', 'text', true, NULL),
    ('profiles', 'id', 'uuid', true, 'gen_random_uuid()'),
    ('profiles', 'email', 'text', true, NULL),
    ('profiles', 'first_name', 'text', true, NULL),
    ('profiles', 'last_name', 'text', true, NULL),
    ('profiles', 'role', 'text', true, NULL),
    ('profiles', 'is_active', 'boolean', true, 'true'),
    ('profiles', 'created_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('profiles', 'updated_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('user_roles', 'user_id', 'uuid', true, NULL),
    ('user_roles', 'role', 'text', true, NULL),
    ('user_roles', 'granted_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('building_types', 'code', 'text', true, NULL),
    ('building_types', 'name', 'text', true, NULL),
    ('building_types', 'description', 'text', true, NULL),
    ('room_types', 'code', 'text', true, NULL),
    ('room_types', 'name', 'text', true, NULL),
    ('room_types', 'description', 'text', true, NULL),
    ('room_types', 'default_capacity', 'integer', true, NULL),
    ('buildings', 'id', 'uuid', true, 'gen_random_uuid()'),
    ('buildings', 'name', 'text', true, NULL),
    ('buildings', 'address', 'text', true, NULL),
    ('buildings', 'building_type', 'text', true, NULL),
    ('buildings', 'created_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('buildings', 'updated_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('floors', 'id', 'uuid', true, 'gen_random_uuid()'),
    ('floors', 'building_id', 'uuid', true, NULL),
    ('floors', 'floor_number', 'integer', true, NULL),
    ('floors', 'name', 'text', true, NULL)
) AS x (table_name, column_name, type, not_null, default_value)
LEFT JOIN pg_attribute a
       ON a.attrelid = to_regclass('facilities.' || x.table_name)
      AND a.attname = x.column_name
      AND a.attnum > 0
      AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum;

-- Constraints
SELECT 'constraint ' || x.constraint_name || ' on ' || x.table_name AS check_name,
       CASE WHEN k.convalidated AND replace(pg_get_constraintdef(k.oid), 'facilities.', '') = x.definition
            THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(pg_get_constraintdef(k.oid), 'missing') AS details
FROM (VALUES
    ('roles', 'roles_pkey', 'PRIMARY KEY (role)'),
    ('roles', 'roles_role_check', 'CHECK ((role ~ ''^[a-z_]+$''::text))'),
    ('profiles', 'profiles_pkey', 'PRIMARY KEY (id)'),
    ('profiles', 'profiles_email_check', 'CHECK ((email ~ ''^[^@[:space:]]+@[^@[:space:]]+$''::text))'),
    ('profiles', 'profiles_role_fkey', 'FOREIGN KEY (id, role) REFERENCES user_roles(user_id, role) DEFERRABLE INITIALLY DEFERRED'),
    ('user_roles', 'user_roles_pkey', 'PRIMARY KEY (user_id, role)'),
    ('user_roles', 'user_roles_role_fkey', 'FOREIGN KEY (role) REFERENCES roles(role)'),
    ('user_roles', 'user_roles_user_id_fkey', 'FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE'),
    ('building_types', 'building_types_pkey', 'PRIMARY KEY (code)'),
    ('building_types', 'building_types_name_key', 'UNIQUE (name)'),
    ('building_types', 'building_types_code_check', 'CHECK ((code ~ ''^[a-z_]+$''::text))'),
    ('room_types', 'room_types_pkey', 'PRIMARY KEY (code)'),
    ('room_types', 'room_types_name_key', 'UNIQUE (name)'),
    ('room_types', 'room_types_code_check', 'CHECK ((code ~ ''^[a-z_]+$''::text))'),
    ('room_types', 'room_types_default_capacity_check', 'CHECK ((default_capacity >= 0))'),
    ('buildings', 'buildings_pkey', 'PRIMARY KEY (id)'),
    ('buildings', 'buildings_name_key', 'UNIQUE (name)'),
    ('buildings', 'buildings_building_type_fkey', 'FOREIGN KEY (building_type) REFERENCES building_types(code)'),
    ('floors', 'floors_pkey', 'PRIMARY KEY (id)'),
    ('floors', 'floors_id_building_id_key', 'UNIQUE (id, building_id)'),
    ('floors', 'floors_number_key', 'UNIQUE (building_id, floor_number)'),
    ('floors', 'floors_building_id_fkey', 'FOREIGN KEY (building_id) REFERENCES buildings(id)')
) AS x (table_name, constraint_name, definition)
LEFT JOIN pg_constraint k
       ON k.conrelid = to_regclass('facilities.' || x.table_name)
      AND k.conname = x.constraint_name;

-- Indexes
SELECT 'index ' || x.index_name AS check_name,
       CASE WHEN i.indisvalid AND replace(pg_get_indexdef(i.indexrelid), 'facilities.', '') = x.definition
            THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(
           pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' (invalid)' END,
           'missing'
       ) AS details
FROM (VALUES
    ('profiles_email_key', 'CREATE UNIQUE INDEX profiles_email_key ON profiles USING btree (lower(email))'),
    ('profiles_id_role_idx', 'CREATE INDEX profiles_id_role_idx ON profiles USING btree (id, role)'),
    ('user_roles_role_idx', 'CREATE INDEX user_roles_role_idx ON user_roles USING btree (role)'),
    ('buildings_building_type_idx', 'CREATE INDEX buildings_building_type_idx ON buildings USING btree (building_type)')
) AS x (index_name, definition)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('facilities.' || x.index_name);

-- Functions, each by its argument types, and whether everybody may use them
SELECT 'function ' || x.signature AS check_name,
       CASE WHEN pg_get_function_result(p.oid) = x.result
             AND p.provolatile = left(x.volatility, 1)
             AND p.prosecdef = x.security_definer
             AND p.proconfig = ARRAY['search_path=facilities, pg_temp']
             AND has_function_privilege('public', p.oid, 'EXECUTE') = x.for_public
            THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(
           'returns ' || pg_get_function_result(p.oid) || ', set ' || COALESCE(p.proconfig::TEXT, 'nothing')
               || CASE WHEN has_function_privilege('public', p.oid, 'EXECUTE') THEN ', for all' ELSE '' END,
           'missing'
       ) AS details
FROM (VALUES
    ('set_updated_at()', 'trigger', 'volatile', false, true),
    ('current_user_id()', 'uuid', 'stable', true, true),
    ('has_role(text[])', 'boolean', 'stable', true, true)
) AS x (signature, result, volatility, security_definer, for_public)
LEFT JOIN pg_proc p ON p.oid = to_regprocedure('facilities.' || x.signature);

-- Triggers; enabled 'O' is the normal state, 'A' always
SELECT 'trigger ' || x.trigger_name || ' on ' || x.table_name AS check_name,
       CASE WHEN t.tgenabled = x.enabled
             AND replace(pg_get_triggerdef(t.oid), 'facilities.', '') = x.definition
            THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(
           pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'D' THEN ' (disabled)' ELSE '' END,
           'missing'
       ) AS details
FROM (VALUES
    ('profiles', 'trigger_set_updated_at', 'CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON profiles FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION set_updated_at()', 'O'),
    ('buildings', 'trigger_set_updated_at', 'CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON buildings FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION set_updated_at()', 'O')
) AS x (table_name, trigger_name, definition, enabled)
LEFT JOIN pg_trigger t
       ON t.tgrelid = to_regclass('facilities.' || x.table_name)
      AND t.tgname = x.trigger_name
      AND NOT t.tgisinternal;

-- Roles, which the policies name
SELECT 'role ' || x.role AS check_name,
       CASE WHEN r.role IS NOT NULL THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(r.description, 'missing') AS details
FROM (VALUES
    ('administrator'),
    ('security'),
    ('technician'),
    ('staff')
) AS x (role)
LEFT JOIN facilities.roles r ON r.role = x.role;
