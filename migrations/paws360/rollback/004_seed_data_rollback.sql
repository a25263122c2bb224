-- Rollback for: Reference data: grade scale, roles, departments, terms
-- Version: 004
--
-- Rows that other rows refer to stay: taking them would take grades, sections and people along. The migration
-- leaves them as they are when it is applied again.

BEGIN;

DELETE FROM paws360.terms t
WHERE t.term_code IN ('2024FA', '2025SP', '2025SU', '2025FA', '2026SP')
  AND NOT EXISTS (SELECT 1 FROM paws360.course_sections cs WHERE cs.term_id = t.term_id);

DELETE FROM paws360.departments d
WHERE d.department_code IN ('BIO', 'CHEM', 'COMPSCI', 'ECON', 'ENGLISH', 'HIST', 'MATH', 'PHYSICS')
  AND NOT EXISTS (SELECT 1 FROM paws360.students s WHERE s.department_id = d.department_id)
  AND NOT EXISTS (SELECT 1 FROM paws360.faculty f WHERE f.department_id = d.department_id)
  AND NOT EXISTS (SELECT 1 FROM paws360.courses c WHERE c.department_id = d.department_id);

DELETE FROM paws360.roles r
WHERE r.role_code IN ('student', 'instructor', 'advisor', 'registrar', 'administrator')
  AND NOT EXISTS (SELECT 1 FROM paws360.user_roles ur WHERE ur.role_code = r.role_code);

DELETE FROM paws360.grade_scale g
WHERE g.letter IN (
      'A+', 'A', 'A-', 'B+', 'B', 'B-', 'C+', 'C', 'C-', 'D+', 'D', 'F', 'W', 'I', 'P', 'NP', 'AU', 'TR'
  )
  AND NOT EXISTS (SELECT 1 FROM paws360.enrollments e WHERE e.grade = g.letter);

COMMIT;
