-- Development rows: two terms completed with grades, the current one enrolled, with full sections and waitlists.
-- A row that is already there by its id is left alone before any trigger sees it.

-- Fall 2024: 101 and 102 of the major. Spring 2025: 201 of the major, and 101 of the next department.
INSERT INTO paws360.enrollments (
    enrollment_id, student_id, section_id, enrollment_status, grade, enrollment_date
)
SELECT past.enrollment_id,
       past.student_id,
       past.section_id,
       CASE past.grade WHEN 'W' THEN 'withdrawn' ELSE 'completed' END,
       past.grade,
       past.enrollment_date
FROM (
    SELECT md5('paws360 enrollment ' || n || ' ' || a.course_number || ' ' || a.step || ' ' || a.term_code)::UUID
               AS enrollment_id,
           md5('paws360 student ' || n)::UUID AS student_id,
           md5('paws360 section ' || codes.list[1 + (n + a.step) % 8] || ' ' || a.course_number || ' ' || a.term_code
           )::UUID AS section_id,
           (ARRAY['A+', 'A', 'A', 'A-', 'B+', 'B', 'B', 'B-', 'C+', 'C', 'C', 'C-', 'D', 'F', 'W', 'P']
           )[1 + get_byte(decode(md5('grade ' || n || a.course_number || a.step), 'hex'), 0) % 16] AS grade,
           a.enrolled_from + n * INTERVAL '1 minute' AS enrollment_date
    FROM generate_series(1, 200) AS n
    CROSS JOIN (
        VALUES ('101', 0, '2024FA', TIMESTAMPTZ '2024-08-20 08:00:00+00'),
               ('102', 0, '2024FA', TIMESTAMPTZ '2024-08-20 08:00:00+00'),
               ('201', 0, '2025SP', TIMESTAMPTZ '2025-01-10 08:00:00+00'),
               ('101', 1, '2025SP', TIMESTAMPTZ '2025-01-10 08:00:00+00')
    ) AS a (course_number, step, term_code, enrolled_from)
    CROSS JOIN (
        SELECT ARRAY['BIO', 'CHEM', 'COMPSCI', 'ECON', 'ENGLISH', 'HIST', 'MATH', 'PHYSICS'] AS list
    ) codes
    -- 201 asks for a C in 101: the first eleven letters above.
    WHERE a.course_number <> '201'
       OR get_byte(decode(md5('grade ' || n || '101' || 0), 'hex'), 0) % 16 < 11
) past
WHERE NOT EXISTS (SELECT 1 FROM paws360.enrollments e WHERE e.enrollment_id = past.enrollment_id);

-- Fall 2025: 202 and 301 of the major for those who may. Who comes after the last seat waits.
WITH wishes AS (
    SELECT md5('paws360 enrollment ' || n || ' ' || a.course_number || ' 2025FA')::UUID AS enrollment_id,
           md5('paws360 student ' || n)::UUID AS student_id,
           cs.section_id,
           COALESCE(cs.max_enrollment, c.max_enrollment) AS capacity,
           ROW_NUMBER() OVER (PARTITION BY cs.section_id ORDER BY n) AS turn,
           TIMESTAMPTZ '2025-08-20 08:00:00+00' + n * INTERVAL '1 minute' AS asked_at
    FROM generate_series(1, 200) AS n
    CROSS JOIN unnest(ARRAY['202', '301']) AS a (course_number)
    CROSS JOIN (
        SELECT ARRAY['BIO', 'CHEM', 'COMPSCI', 'ECON', 'ENGLISH', 'HIST', 'MATH', 'PHYSICS'] AS list
    ) codes
    JOIN paws360.course_sections cs
      ON cs.section_id = md5(
             'paws360 section ' || codes.list[1 + n % 8] || ' ' || a.course_number || ' 2025FA'
         )::UUID
    JOIN paws360.courses c ON c.course_id = cs.course_id
    WHERE paws360.check_prerequisites(md5('paws360 student ' || n)::UUID, cs.course_id)
)
INSERT INTO paws360.enrollments (
    enrollment_id, student_id, section_id, enrollment_status, enrollment_date, waitlist_date
)
SELECT w.enrollment_id,
       w.student_id,
       w.section_id,
       CASE WHEN w.turn <= w.capacity THEN 'enrolled' ELSE 'waitlisted' END,
       w.asked_at,
       CASE WHEN w.turn > w.capacity THEN w.asked_at END
FROM wishes w
WHERE NOT EXISTS (SELECT 1 FROM paws360.enrollments e WHERE e.enrollment_id = w.enrollment_id)
ORDER BY w.section_id, w.turn;
