-- Migration: Reference data: grade scale, roles, departments, terms
-- Version: 004
-- Applied: DATE
--
-- Only what every installation needs; rows for development are in seed/. Rows that are already there are left
-- as they are.

BEGIN;

INSERT INTO paws360.grade_scale (letter, points, counts_in_gpa, passes, description) VALUES
    ('A+', 4.0, true, true, 'Outstanding; worth no more than an A'),
    ('A', 4.0, true, true, 'Excellent'),
    ('A-', 3.7, true, true, 'Excellent'),
    ('B+', 3.3, true, true, 'Good'),
    ('B', 3.0, true, true, 'Good'),
    ('B-', 2.7, true, true, 'Good'),
    ('C+', 2.3, true, true, 'Satisfactory'),
    ('C', 2.0, true, true, 'Satisfactory'),
    ('C-', 1.7, true, true, 'Satisfactory'),
    ('D+', 1.3, true, true, 'Poor'),
    ('D', 1.0, true, true, 'Poor'),
    ('F', 0.0, true, false, 'Failed'),
    ('W', NULL, false, false, 'Withdrawn'),
    ('I', NULL, false, false, 'Incomplete'),
    ('P', NULL, false, true, 'Passed, without a letter'),
    ('NP', NULL, false, false, 'Not passed, without a letter'),
    ('AU', NULL, false, false, 'Audited, no credit'),
    ('TR', NULL, false, true, 'Transferred credit')
ON CONFLICT (letter) DO NOTHING;

INSERT INTO paws360.roles (role_code, description) VALUES
    ('student', 'Enrolls in sections and sees own records'),
    ('instructor', 'Teaches sections and posts grades'),
    ('advisor', 'Sees the records of advised students'),
    ('registrar', 'Keeps terms, sections and enrollments'),
    ('administrator', 'Manages accounts and roles')
ON CONFLICT (role_code) DO NOTHING;

INSERT INTO paws360.departments (department_code, department_name) VALUES
    ('BIO', 'Biological Sciences'),
    ('CHEM', 'Chemistry'),
    ('COMPSCI', 'Computer Science'),
    ('ECON', 'Economics'),
    ('ENGLISH', 'English'),
    ('HIST', 'History'),
    ('MATH', 'Mathematical Sciences'),
    ('PHYSICS', 'Physics')
ON CONFLICT DO NOTHING;

INSERT INTO paws360.terms (term_code, term_name, start_date, end_date) VALUES
    ('2024FA', 'Fall 2024', DATE '2024-09-03', DATE '2024-12-21'),
    ('2025SP', 'Spring 2025', DATE '2025-01-21', DATE '2025-05-17'),
    ('2025SU', 'Summer 2025', DATE '2025-05-27', DATE '2025-08-16'),
    ('2025FA', 'Fall 2025', DATE '2025-09-02', DATE '2025-12-20'),
    ('2026SP', 'Spring 2026', DATE '2026-01-20', DATE '2026-05-16')
ON CONFLICT (term_code) DO NOTHING;

COMMIT;
