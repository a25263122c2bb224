-- Verification for: Reference data: grade scale, roles, departments, terms
-- Version: 004

-- Grade scale: every letter with its worth
SELECT 'grade ' || x.letter AS check_name,
       CASE WHEN g.points IS NOT DISTINCT FROM x.points::NUMERIC
             AND g.counts_in_gpa = x.counts_in_gpa
             AND g.passes = x.passes
            THEN 'PASS' ELSE 'FAIL' END AS status,
       CASE WHEN g.letter IS NULL THEN 'missing'
            ELSE format('points %s, counts %s, passes %s', g.points, g.counts_in_gpa, g.passes)
       END AS details
FROM (VALUES
    ('A+', '4.0', true, true),
    ('A', '4.0', true, true),
    ('A-', '3.7', true, true),
    ('B+', '3.3', true, true),
    ('B', '3.0', true, true),
    ('B-', '2.7', true, true),
    ('C+', '2.3', true, true),
    ('C', '2.0', true, true),
    ('C-', '1.7', true, true),
    ('D+', '1.3', true, true),
    ('D', '1.0', true, true),
    ('F', '0.0', true, false),
    ('W', NULL, false, false),
    ('I', NULL, false, false),
    ('P', NULL, false, true),
    ('NP', NULL, false, false),
    ('AU', NULL, false, false),
    ('TR', NULL, false, true)
) AS x (letter, points, counts_in_gpa, passes)
LEFT JOIN paws360.grade_scale g ON g.letter = x.letter;

-- Roles
SELECT 'role ' || x.role_code AS check_name,
       CASE WHEN r.role_code IS NOT NULL THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(r.description, 'missing') AS details
FROM (VALUES
    ('student'), ('instructor'), ('advisor'), ('registrar'), ('administrator')
) AS x (role_code)
LEFT JOIN paws360.roles r ON r.role_code = x.role_code;

-- Departments
SELECT 'department ' || x.department_code AS check_name,
       CASE WHEN d.department_id IS NOT NULL THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(d.department_name, 'missing') AS details
FROM (VALUES
    ('BIO'), ('CHEM'), ('COMPSCI'), ('ECON'), ('ENGLISH'), ('HIST'), ('MATH'), ('PHYSICS')
) AS x (department_code)
LEFT JOIN paws360.departments d ON d.department_code = x.department_code;

-- Terms
SELECT 'term ' || x.term_code AS check_name,
       CASE WHEN t.term_id IS NOT NULL THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(format('%s, %s to %s', t.term_name, t.start_date, t.end_date), 'missing') AS details
FROM (VALUES ('2024FA'), ('2025SP'), ('2025SU'), ('2025FA'), ('2026SP')) AS x (term_code)
LEFT JOIN paws360.terms t ON t.term_code = x.term_code;
