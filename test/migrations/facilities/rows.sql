-- Rows of several people, beside the seed's. Ids are spelled in courthouse.ts.
BEGIN;
INSERT INTO facilities.profiles (id, email, first_name, last_name, role, is_active) VALUES
    ('00000000-0000-0000-0000-000000000003', 'guard@test.com', 'Gale', 'Guard', 'security', true),
    ('00000000-0000-0000-0000-000000000004', 'tech@test.com', 'Terry', 'Tech', 'technician', true),
    ('00000000-0000-0000-0000-000000000005', 'other@test.com', 'Olu', 'Other', 'staff', true),
    ('00000000-0000-0000-0000-000000000006', 'former@test.com', 'Fay', 'Former', 'administrator', false);
INSERT INTO facilities.user_roles (user_id, role) VALUES
    ('00000000-0000-0000-0000-000000000003', 'security'),
    ('00000000-0000-0000-0000-000000000004', 'technician'),
    ('00000000-0000-0000-0000-000000000005', 'staff'),
    ('00000000-0000-0000-0000-000000000006', 'administrator');

INSERT INTO facilities.capacities (room_id, layout, capacity)
SELECT id, 'boardroom', 12 FROM facilities.rooms WHERE room_number = '103';

INSERT INTO facilities.schedules (id, room_id, booked_by, title, starts_at, ends_at)
SELECT s.id::UUID, r.id, s.booked_by::UUID, s.title, '2090-01-01 09:00Z', '2090-01-01 10:00Z'
FROM (VALUES
    ('60000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002', 'Of staff', '101'),
    ('60000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000005', 'Of other', '102')
) AS s (id, booked_by, title, room_number)
JOIN facilities.rooms r USING (room_number);

INSERT INTO facilities.keys (id, key_code, key_type, building_id, room_id)
SELECT k.id::UUID, k.code, k.type::facilities.key_type_enum, '10000000-0000-0000-0000-000000000001', r.id
FROM (VALUES
    ('30000000-0000-0000-0000-000000000001', 'K-101', 'room', '101'),
    ('30000000-0000-0000-0000-000000000002', 'M-1', 'master', NULL),
    ('30000000-0000-0000-0000-000000000003', 'K-102', 'room', '102')
) AS k (id, code, type, room_number)
LEFT JOIN facilities.rooms r USING (room_number);

INSERT INTO facilities.key_requests (id, requester_id, room_id, reason)
SELECT q.id::UUID, q.requester::UUID, r.id, 'works there'
FROM (VALUES
    ('40000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002'),
    ('40000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000005'),
    ('40000000-0000-0000-0000-000000000003', '00000000-0000-0000-0000-000000000003')
) AS q (id, requester)
JOIN facilities.rooms r ON r.room_number = '102';

INSERT INTO facilities.key_assignments (id, key_id, holder_id, issued_by, issued_at, due_at, returned_at) VALUES
    ('50000000-0000-0000-0000-000000000001', '30000000-0000-0000-0000-000000000001',
     '00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000003',
     '2025-02-01', '2025-02-08', NULL),
    ('50000000-0000-0000-0000-000000000002', '30000000-0000-0000-0000-000000000002',
     '00000000-0000-0000-0000-000000000005', '00000000-0000-0000-0000-000000000003',
     '2025-02-01', '2090-01-01', NULL),
    ('50000000-0000-0000-0000-000000000003', '30000000-0000-0000-0000-000000000003',
     '00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000003',
     '2025-02-01', '2025-02-08', '2025-02-20');

INSERT INTO facilities.key_orders (building_id, key_type, quantity, ordered_by) VALUES
    ('10000000-0000-0000-0000-000000000001', 'master', 1, '00000000-0000-0000-0000-000000000003');

INSERT INTO facilities.tickets (id, room_id, reporter_id, title)
SELECT t.id::UUID, r.id, t.reporter::UUID, 'The lamp is out'
FROM (VALUES
    ('70000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002'),
    ('70000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000005')
) AS t (id, reporter)
JOIN facilities.rooms r ON r.room_number = '101';
UPDATE facilities.tickets SET status = 'assigned', assignee_id = '00000000-0000-0000-0000-000000000004'
WHERE id = '70000000-0000-0000-0000-000000000001';
COMMIT;
