-- Verification for: Who sees and changes which rows, by the person whom app.user_id names
-- Version: 20250108_000000

-- Row-level security, and whether the owner is asked too
SELECT 'row security of ' || x.table_name AS check_name,
       CASE WHEN c.relrowsecurity AND c.relforcerowsecurity = x.forced THEN 'PASS' ELSE 'FAIL' END AS status,
       CASE WHEN c.relrowsecurity THEN 'on' ELSE 'off' END
           || CASE WHEN c.relforcerowsecurity THEN ', forced' ELSE '' END AS details
FROM (VALUES
    ('roles', false),
    ('profiles', false),
    ('user_roles', false),
    ('building_types', false),
    ('room_types', false),
    ('buildings', false),
    ('floors', false),
    ('rooms', false),
    ('schedules', false),
    ('capacities', false),
    ('keys', false),
    ('key_requests', true),
    ('key_assignments', true),
    ('key_orders', true),
    ('tickets', true),
    ('ticket_history', true),
    ('audit_log', true)
) AS x (table_name, forced)
LEFT JOIN pg_class c ON c.oid = to_regclass('facilities.' || x.table_name);

-- Policies, permissive and for every role
SELECT 'policy ' || x.policy_name || ' on ' || x.table_name AS check_name,
       CASE WHEN p.polpermissive
             AND p.polroles = ARRAY[0::OID]
             AND y.command = x.command
             AND y.using_rows IS NOT DISTINCT FROM x.using_rows
             AND y.new_rows IS NOT DISTINCT FROM x.new_rows
            THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(concat_ws(' ', y.command, 'USING ' || y.using_rows, 'WITH CHECK ' || y.new_rows), 'missing') AS details
FROM (VALUES
    ('roles', 'read', 'SELECT', '(( SELECT current_user_id() AS current_user_id) IS NOT NULL)', NULL),
    ('roles', 'administer', 'ALL', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)'),
    ('building_types', 'read', 'SELECT', '(( SELECT current_user_id() AS current_user_id) IS NOT NULL)', NULL),
    ('building_types', 'administer', 'ALL', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)'),
    ('room_types', 'read', 'SELECT', '(( SELECT current_user_id() AS current_user_id) IS NOT NULL)', NULL),
    ('room_types', 'administer', 'ALL', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)'),
    ('buildings', 'read', 'SELECT', '(( SELECT current_user_id() AS current_user_id) IS NOT NULL)', NULL),
    ('buildings', 'administer', 'ALL', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)'),
    ('floors', 'read', 'SELECT', '(( SELECT current_user_id() AS current_user_id) IS NOT NULL)', NULL),
    ('floors', 'administer', 'ALL', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)'),
    ('rooms', 'read', 'SELECT', '(( SELECT current_user_id() AS current_user_id) IS NOT NULL)', NULL),
    ('rooms', 'administer', 'ALL', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)'),
    ('capacities', 'read', 'SELECT', '(( SELECT current_user_id() AS current_user_id) IS NOT NULL)', NULL),
    ('capacities', 'administer', 'ALL', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)'),
    ('profiles', 'read_own', 'SELECT', '(id = ( SELECT current_user_id() AS current_user_id))', NULL),
    ('profiles', 'read_all', 'SELECT', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text, ''security''::text]) AS has_role)', NULL),
    ('profiles', 'administer', 'ALL', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)'),
    ('user_roles', 'read_own', 'SELECT', '(user_id = ( SELECT current_user_id() AS current_user_id))', NULL),
    ('user_roles', 'administer', 'ALL', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)'),
    ('schedules', 'read', 'SELECT', '(( SELECT current_user_id() AS current_user_id) IS NOT NULL)', NULL),
    ('schedules', 'book', 'INSERT', NULL, '(booked_by = ( SELECT current_user_id() AS current_user_id))'),
    ('schedules', 'change_own', 'UPDATE', '(booked_by = ( SELECT current_user_id() AS current_user_id))', '(booked_by = ( SELECT current_user_id() AS current_user_id))'),
    ('schedules', 'delete_own', 'DELETE', '(booked_by = ( SELECT current_user_id() AS current_user_id))', NULL),
    ('schedules', 'administer', 'ALL', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)'),
    ('keys', 'read_held', 'SELECT', '(EXISTS ( SELECT 1 FROM key_assignments a WHERE ((a.key_id = keys.id) AND (a.holder_id = ( SELECT current_user_id() AS current_user_id)) AND (a.returned_at IS NULL))))', NULL),
    ('keys', 'keep', 'ALL', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text, ''security''::text]) AS has_role)', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text, ''security''::text]) AS has_role)'),
    ('key_requests', 'read_own', 'SELECT', '(requester_id = ( SELECT current_user_id() AS current_user_id))', NULL),
    ('key_requests', 'ask', 'INSERT', NULL, '((requester_id = ( SELECT current_user_id() AS current_user_id)) AND (status = ''requested''::text))'),
    ('key_requests', 'cancel_own', 'UPDATE', '((requester_id = ( SELECT current_user_id() AS current_user_id)) AND (status = ''requested''::text))', '((requester_id = ( SELECT current_user_id() AS current_user_id)) AND (status = ANY (ARRAY[''requested''::text, ''cancelled''::text])))'),
    ('key_requests', 'read_all', 'SELECT', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text, ''security''::text]) AS has_role)', NULL),
    ('key_requests', 'decide', 'UPDATE', '(( SELECT has_role(VARIADIC ARRAY[''administrator''::text, ''security''::text]) AS has_role) AND (status = ''requested''::text))', '(( SELECT has_role(VARIADIC ARRAY[''administrator''::text, ''security''::text]) AS has_role) AND ((decided_by IS NULL) OR (decided_by = ( SELECT current_user_id() AS current_user_id))))'),
    ('key_assignments', 'read_own', 'SELECT', '(holder_id = ( SELECT current_user_id() AS current_user_id))', NULL),
    ('key_assignments', 'read_all', 'SELECT', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text, ''security''::text]) AS has_role)', NULL),
    ('key_assignments', 'issue', 'INSERT', NULL, '(( SELECT has_role(VARIADIC ARRAY[''administrator''::text, ''security''::text]) AS has_role) AND (issued_by = ( SELECT current_user_id() AS current_user_id)))'),
    ('key_assignments', 'take_back', 'UPDATE', '(( SELECT has_role(VARIADIC ARRAY[''administrator''::text, ''security''::text]) AS has_role) AND (returned_at IS NULL))', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text, ''security''::text]) AS has_role)'),
    ('key_orders', 'read', 'SELECT', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text, ''security''::text]) AS has_role)', NULL),
    ('key_orders', 'place', 'INSERT', NULL, '(( SELECT has_role(VARIADIC ARRAY[''administrator''::text, ''security''::text]) AS has_role) AND (ordered_by = ( SELECT current_user_id() AS current_user_id)))'),
    ('key_orders', 'receive', 'UPDATE', '(( SELECT has_role(VARIADIC ARRAY[''administrator''::text, ''security''::text]) AS has_role) AND (status = ''ordered''::text))', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text, ''security''::text]) AS has_role)'),
    ('tickets', 'read_own', 'SELECT', '(reporter_id = ( SELECT current_user_id() AS current_user_id))', NULL),
    ('tickets', 'read_all', 'SELECT', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text, ''technician''::text]) AS has_role)', NULL),
    ('tickets', 'report', 'INSERT', NULL, '((reporter_id = ( SELECT current_user_id() AS current_user_id)) AND (assignee_id IS NULL))'),
    ('tickets', 'work', 'UPDATE', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text, ''technician''::text]) AS has_role)', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text, ''technician''::text]) AS has_role)'),
    ('ticket_history', 'read', 'SELECT', '(EXISTS ( SELECT 1 FROM tickets t WHERE (t.id = ticket_history.ticket_id)))', NULL),
    ('ticket_history', 'record', 'INSERT', NULL, '(pg_trigger_depth() > 0)'),
    ('audit_log', 'read', 'SELECT', '( SELECT has_role(VARIADIC ARRAY[''administrator''::text]) AS has_role)', NULL),
    ('audit_log', 'read_keys', 'SELECT', '((table_name = ANY (ARRAY[''keys''::text, ''key_requests''::text, ''key_assignments''::text, ''key_orders''::text])) AND ( SELECT has_role(VARIADIC ARRAY[''security''::text]) AS has_role))', NULL),
    ('audit_log', 'record', 'INSERT', NULL, '(pg_trigger_depth() > 0)')
) AS x (table_name, policy_name, command, using_rows, new_rows)
LEFT JOIN pg_policy p
       ON p.polrelid = to_regclass('facilities.' || x.table_name)
      AND p.polname = x.policy_name
CROSS JOIN LATERAL (
    SELECT CASE p.polcmd
               WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
               WHEN '*' THEN 'ALL'
           END AS command,
           regexp_replace(
               replace(pg_get_expr(p.polqual, p.polrelid), 'facilities.', ''), '\s+', ' ', 'g'
           ) AS using_rows,
           regexp_replace(
               replace(pg_get_expr(p.polwithcheck, p.polrelid), 'facilities.', ''), '\s+', ' ', 'g'
           ) AS new_rows
) AS y;

-- No table without a policy, those of later migrations too
SELECT 'every table has a policy' AS check_name,
       CASE WHEN count(*) = 0 THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE('not ' || string_agg(c.relname, ', ' ORDER BY c.relname), 'all') AS details
FROM pg_class c
WHERE c.relnamespace = to_regnamespace('facilities')
  AND c.relkind IN ('r', 'p')
  AND NOT (c.relrowsecurity AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid));
