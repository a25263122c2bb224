-- Verification for: Keys, who asks for one, who holds one, and which are ordered
-- Version: 20250105_000000

-- Tables
SELECT 'table ' || x.table_name AS check_name,
       CASE WHEN c.relkind = 'r' AND c.relpersistence = 'p' THEN 'PASS' ELSE 'FAIL' END AS status,
       CASE WHEN c.oid IS NULL THEN 'missing' ELSE 'exists' END AS details
FROM (VALUES
    ('keys'),
    ('key_requests'),
    ('key_assignments'),
    ('key_orders')
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
    ('keys', 'id', 'uuid', true, 'gen_random_uuid()'),
    ('keys', 'key_code', 'text', true, NULL),
    ('keys', 'key_type', 'key_type_enum', true, NULL),
    ('keys', 'access_level', 'access_level_enum', true, '''standard''::access_level_enum'),
    ('keys', 'building_id', 'uuid', true, NULL),
    ('keys', 'room_id', 'uuid', false, NULL),
    ('keys', 'status', 'text', true, '''in_service''::text'),
    ('key_requests', 'id', 'uuid', true, 'gen_random_uuid()'),
    ('key_requests', 'requester_id', 'uuid', true, NULL),
    ('key_requests', 'room_id', 'uuid', true, NULL),
    ('key_requests', 'reason', 'text', true, NULL),
    ('key_requests', 'status', 'text', true, '''requested''::text'),
    ('key_requests', 'decided_by', 'uuid', false, NULL),
    ('key_requests', 'decided_at', 'timestamp with time zone', false, NULL),
    ('key_requests', 'created_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('key_assignments', 'id', 'uuid', true, 'gen_random_uuid()'),
    ('key_assignments', 'key_id', 'uuid', true, NULL),
    ('key_assignments', 'holder_id', 'uuid', true, NULL),
    ('key_assignments', 'issued_by', 'uuid', true, NULL),
    ('key_assignments', 'request_id', 'uuid', false, NULL),
    ('key_assignments', 'issued_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('key_assignments', 'due_at', 'timestamp with time zone', false, NULL),
    ('key_assignments', 'returned_at', 'timestamp with time zone', false, NULL),
    ('key_orders', 'id', 'uuid', true, 'gen_random_uuid()'),
    ('key_orders', 'building_id', 'uuid', true, NULL),
    ('key_orders', 'room_id', 'uuid', false, NULL),
    ('key_orders', 'key_type', 'key_type_enum', true, NULL),
    ('key_orders', 'quantity', 'integer', true, NULL),
    ('key_orders', 'ordered_by', 'uuid', true, NULL),
    ('key_orders', 'status', 'text', true, '''ordered''::text'),
    ('key_orders', 'ordered_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('key_orders', 'received_at', 'timestamp with time zone', false, NULL)
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
    ('keys', 'keys_pkey', 'PRIMARY KEY (id)'),
    ('keys', 'keys_key_code_key', 'UNIQUE (key_code)'),
    ('keys', 'keys_room_check', 'CHECK (((key_type = ''room''::key_type_enum) = (room_id IS NOT NULL)))'),
    ('keys', 'keys_status_check', 'CHECK ((status = ANY (ARRAY[''in_service''::text, ''lost''::text, ''retired''::text])))'),
    ('keys', 'keys_building_id_fkey', 'FOREIGN KEY (building_id) REFERENCES buildings(id)'),
    ('keys', 'keys_room_id_fkey', 'FOREIGN KEY (room_id) REFERENCES rooms(id)'),
    ('key_requests', 'key_requests_pkey', 'PRIMARY KEY (id)'),
    ('key_requests', 'key_requests_decided_check', 'CHECK ((((decided_by IS NOT NULL) = (status = ANY (ARRAY[''approved''::text, ''refused''::text]))) AND ((decided_at IS NOT NULL) = (decided_by IS NOT NULL))))'),
    ('key_requests', 'key_requests_not_own_check', 'CHECK ((decided_by <> requester_id))'),
    ('key_requests', 'key_requests_status_check', 'CHECK ((status = ANY (ARRAY[''requested''::text, ''approved''::text, ''refused''::text, ''cancelled''::text])))'),
    ('key_requests', 'key_requests_decided_by_fkey', 'FOREIGN KEY (decided_by) REFERENCES profiles(id)'),
    ('key_requests', 'key_requests_requester_id_fkey', 'FOREIGN KEY (requester_id) REFERENCES profiles(id)'),
    ('key_requests', 'key_requests_room_id_fkey', 'FOREIGN KEY (room_id) REFERENCES rooms(id)'),
    ('key_assignments', 'key_assignments_pkey', 'PRIMARY KEY (id)'),
    ('key_assignments', 'key_assignments_due_check', 'CHECK ((due_at > issued_at))'),
    ('key_assignments', 'key_assignments_not_own_check', 'CHECK ((issued_by <> holder_id))'),
    ('key_assignments', 'key_assignments_returned_check', 'CHECK ((returned_at >= issued_at))'),
    ('key_assignments', 'key_assignments_holder_id_fkey', 'FOREIGN KEY (holder_id) REFERENCES profiles(id)'),
    ('key_assignments', 'key_assignments_issued_by_fkey', 'FOREIGN KEY (issued_by) REFERENCES profiles(id)'),
    ('key_assignments', 'key_assignments_key_id_fkey', 'FOREIGN KEY (key_id) REFERENCES keys(id)'),
    ('key_assignments', 'key_assignments_request_id_fkey', 'FOREIGN KEY (request_id) REFERENCES key_requests(id)'),
    ('key_orders', 'key_orders_pkey', 'PRIMARY KEY (id)'),
    ('key_orders', 'key_orders_quantity_check', 'CHECK ((quantity > 0))'),
    ('key_orders', 'key_orders_received_check', 'CHECK (((status = ''received''::text) = (received_at IS NOT NULL)))'),
    ('key_orders', 'key_orders_room_check', 'CHECK (((key_type = ''room''::key_type_enum) = (room_id IS NOT NULL)))'),
    ('key_orders', 'key_orders_status_check', 'CHECK ((status = ANY (ARRAY[''ordered''::text, ''received''::text, ''cancelled''::text])))'),
    ('key_orders', 'key_orders_building_id_fkey', 'FOREIGN KEY (building_id) REFERENCES buildings(id)'),
    ('key_orders', 'key_orders_ordered_by_fkey', 'FOREIGN KEY (ordered_by) REFERENCES profiles(id)'),
    ('key_orders', 'key_orders_room_id_fkey', 'FOREIGN KEY (room_id) REFERENCES rooms(id)')
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
    ('keys_building_id_idx', 'CREATE INDEX keys_building_id_idx ON keys USING btree (building_id)'),
    ('keys_room_id_idx', 'CREATE INDEX keys_room_id_idx ON keys USING btree (room_id)'),
    ('key_requests_requester_id_idx', 'CREATE INDEX key_requests_requester_id_idx ON key_requests USING btree (requester_id)'),
    ('key_requests_room_id_idx', 'CREATE INDEX key_requests_room_id_idx ON key_requests USING btree (room_id)'),
    ('key_requests_decided_by_idx', 'CREATE INDEX key_requests_decided_by_idx ON key_requests USING btree (decided_by)'),
    ('key_assignments_open_key', 'CREATE UNIQUE INDEX key_assignments_open_key ON key_assignments USING btree (key_id) WHERE (returned_at IS NULL)'),
    ('key_assignments_key_id_idx', 'CREATE INDEX key_assignments_key_id_idx ON key_assignments USING btree (key_id)'),
    ('key_assignments_holder_id_idx', 'CREATE INDEX key_assignments_holder_id_idx ON key_assignments USING btree (holder_id)'),
    ('key_assignments_issued_by_idx', 'CREATE INDEX key_assignments_issued_by_idx ON key_assignments USING btree (issued_by)'),
    ('key_assignments_request_id_idx', 'CREATE INDEX key_assignments_request_id_idx ON key_assignments USING btree (request_id)'),
    ('key_orders_building_id_idx', 'CREATE INDEX key_orders_building_id_idx ON key_orders USING btree (building_id)'),
    ('key_orders_room_id_idx', 'CREATE INDEX key_orders_room_id_idx ON key_orders USING btree (room_id)'),
    ('key_orders_ordered_by_idx', 'CREATE INDEX key_orders_ordered_by_idx ON key_orders USING btree (ordered_by)')
) AS x (index_name, definition)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('facilities.' || x.index_name);

-- Types: labels in their order, or what a range is of
SELECT 'type ' || x.type_name AS check_name,
       CASE WHEN y.definition = x.definition THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(y.definition, 'missing') AS details
FROM (VALUES
    ('key_type_enum', 'room, floor, building, master'),
    ('access_level_enum', 'standard, restricted, high_security')
) AS x (type_name, definition)
CROSS JOIN LATERAL (
    SELECT COALESCE(
        (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum e
         WHERE e.enumtypid = to_regtype('facilities.' || x.type_name)),
        (SELECT 'range of ' || format_type(r.rngsubtype, NULL) FROM pg_range r
         WHERE r.rngtypid = to_regtype('facilities.' || x.type_name))
    ) AS definition
) AS y;

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
    ('keep_columns()', 'trigger', 'volatile', false, true),
    ('check_key_issue()', 'trigger', 'volatile', true, false)
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
    ('key_requests', 'trigger_keep_columns', 'CREATE TRIGGER trigger_keep_columns BEFORE UPDATE ON key_requests FOR EACH ROW EXECUTE FUNCTION keep_columns(''id'', ''requester_id'', ''room_id'', ''reason'', ''created_at'')', 'O'),
    ('key_assignments', 'trigger_keep_columns', 'CREATE TRIGGER trigger_keep_columns BEFORE UPDATE ON key_assignments FOR EACH ROW EXECUTE FUNCTION keep_columns(''id'', ''key_id'', ''holder_id'', ''issued_by'', ''request_id'', ''issued_at'')', 'O'),
    ('key_assignments', 'trigger_check_key_issue', 'CREATE TRIGGER trigger_check_key_issue BEFORE INSERT ON key_assignments FOR EACH ROW EXECUTE FUNCTION check_key_issue()', 'O')
) AS x (table_name, trigger_name, definition, enabled)
LEFT JOIN pg_trigger t
       ON t.tgrelid = to_regclass('facilities.' || x.table_name)
      AND t.tgname = x.trigger_name
      AND NOT t.tgisinternal;
