-- Development rows: five courses per department, their prerequisites, and sections of three terms.

INSERT INTO paws360.courses (
    course_id, department_id, course_number, title, credit_hours, max_enrollment
)
SELECT md5('paws360 course ' || d.department_code || ' ' || c.course_number)::UUID,
       d.department_id,
       c.course_number,
       d.department_name || c.suffix,
       c.credit_hours,
       c.max_enrollment
FROM paws360.departments d
CROSS JOIN (
    VALUES ('101', ' I', 3.0, 60), ('102', ' Laboratory', 1.0, 60), ('201', ' II', 4.0, 40),
           ('202', ': Methods', 3.0, 20), ('301', ': Seminar', 3.0, 10)
) AS c (course_number, suffix, credit_hours, max_enrollment)
WHERE d.department_code IN ('BIO', 'CHEM', 'COMPSCI', 'ECON', 'ENGLISH', 'HIST', 'MATH', 'PHYSICS')
ON CONFLICT DO NOTHING;

INSERT INTO paws360.course_prerequisites (
    prerequisite_id, course_id, prerequisite_course_id, prerequisite_type, minimum_grade
)
SELECT md5('paws360 prerequisite ' || code || ' ' || p.course_number || ' ' || p.needs)::UUID,
       md5('paws360 course ' || code || ' ' || p.course_number)::UUID,
       md5('paws360 course ' || code || ' ' || p.needs)::UUID,
       p.prerequisite_type,
       p.minimum_grade
FROM unnest(ARRAY['BIO', 'CHEM', 'COMPSCI', 'ECON', 'ENGLISH', 'HIST', 'MATH', 'PHYSICS']) AS code
CROSS JOIN (
    VALUES ('201', '101', 'required', 'C'), ('202', '102', 'required', NULL),
           ('301', '201', 'required', 'C-'), ('301', '202', 'recommended', NULL)
) AS p (course_number, needs, prerequisite_type, minimum_grade)
ON CONFLICT DO NOTHING;

-- The seminar's section in the current term is smaller than its course.
INSERT INTO paws360.course_sections (
    section_id, course_id, term_id, section_number, instructor_id, max_enrollment
)
SELECT md5('paws360 section ' || c.code || ' ' || c.course_number || ' ' || t.term_code)::UUID,
       md5('paws360 course ' || c.code || ' ' || c.course_number)::UUID,
       t.term_id,
       '001',
       md5('paws360 faculty ' || (c.department_number + 8))::UUID,
       CASE WHEN t.term_code = '2025FA' AND c.course_number = '301' THEN 6 END
FROM (
    SELECT code, ordinal - 1 AS department_number, course_number
    FROM unnest(
        ARRAY['BIO', 'CHEM', 'COMPSCI', 'ECON', 'ENGLISH', 'HIST', 'MATH', 'PHYSICS']
    ) WITH ORDINALITY AS codes (code, ordinal)
    CROSS JOIN unnest(ARRAY['101', '102', '201', '202', '301']) AS course_number
) c
JOIN paws360.terms t ON t.term_code IN ('2024FA', '2025SP', '2025FA')
ON CONFLICT DO NOTHING;
