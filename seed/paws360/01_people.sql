-- Development rows: accounts, roles, 200 students, 24 faculty (3 per department).
-- Ids come from the row's number, so that a second load finds every row and changes nothing.

INSERT INTO paws360.users (user_id, username, email, first_name, last_name)
SELECT md5('paws360 student user ' || n)::UUID,
       'student' || lpad(n::TEXT, 3, '0'),
       'student' || lpad(n::TEXT, 3, '0') || '@students.example.edu',
       (ARRAY['Ada', 'Ben', 'Carla', 'Dmitri', 'Elena', 'Farid', 'Grace', 'Hugo', 'Imani', 'Jonas',
              'Keiko', 'Liam', 'Maya', 'Noah', 'Olga', 'Pablo', 'Quinn', 'Rosa', 'Sami', 'Tessa'])[1 + n % 20],
       (ARRAY['Alvarez', 'Becker', 'Chen', 'Dubois', 'Eze', 'Fischer', 'Garcia', 'Hansen', 'Ito', 'Johnson']
       )[1 + n / 20 % 10]
FROM generate_series(1, 200) AS n
ON CONFLICT DO NOTHING;

INSERT INTO paws360.users (user_id, username, email, first_name, last_name)
SELECT md5('paws360 faculty user ' || n)::UUID,
       'faculty' || lpad(n::TEXT, 2, '0'),
       'faculty' || lpad(n::TEXT, 2, '0') || '@example.edu',
       (ARRAY['Anna', 'Bruno', 'Chloe', 'David', 'Edith', 'Frank'])[1 + n % 6],
       (ARRAY['Kowalski', 'Lindgren', 'Moreau', 'Nakamura'])[1 + n / 6 % 4]
FROM generate_series(1, 24) AS n
ON CONFLICT DO NOTHING;

INSERT INTO paws360.user_roles (user_id, role_code)
SELECT md5('paws360 student user ' || n)::UUID, 'student' FROM generate_series(1, 200) AS n
UNION ALL
SELECT md5('paws360 faculty user ' || n)::UUID, 'instructor' FROM generate_series(1, 24) AS n
UNION ALL
SELECT md5('paws360 faculty user ' || n)::UUID, 'advisor' FROM generate_series(1, 8) AS n
ON CONFLICT DO NOTHING;

-- Department number of a row: its own number, modulo eight, in the order of the codes.
INSERT INTO paws360.students (student_id, user_id, student_number, department_id, admission_date)
SELECT md5('paws360 student ' || n)::UUID,
       md5('paws360 student user ' || n)::UUID,
       'S' || (100000 + n),
       d.department_id,
       DATE '2024-08-15'
FROM generate_series(1, 200) AS n
JOIN (
    VALUES (0, 'BIO'), (1, 'CHEM'), (2, 'COMPSCI'), (3, 'ECON'),
           (4, 'ENGLISH'), (5, 'HIST'), (6, 'MATH'), (7, 'PHYSICS')
) AS numbered (department_number, department_code) ON numbered.department_number = n % 8
JOIN paws360.departments d ON d.department_code = numbered.department_code
ON CONFLICT DO NOTHING;

INSERT INTO paws360.faculty (faculty_id, user_id, employee_number, department_id, title, hire_date)
SELECT md5('paws360 faculty ' || n)::UUID,
       md5('paws360 faculty user ' || n)::UUID,
       'E' || (5000 + n),
       d.department_id,
       (ARRAY['Professor', 'Associate Professor', 'Lecturer'])[1 + n % 3],
       DATE '2010-08-01' + n * 100
FROM generate_series(1, 24) AS n
JOIN (
    VALUES (0, 'BIO'), (1, 'CHEM'), (2, 'COMPSCI'), (3, 'ECON'),
           (4, 'ENGLISH'), (5, 'HIST'), (6, 'MATH'), (7, 'PHYSICS')
) AS numbered (department_number, department_code) ON numbered.department_number = n % 8
JOIN paws360.departments d ON d.department_code = numbered.department_code
ON CONFLICT DO NOTHING;
