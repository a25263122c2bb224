-- Migration: Initial schema: people, catalogue, sections and enrollments
-- Version: 001
-- Applied: DATE
--
-- grade_scale and roles are created here because other tables refer to them; 004 fills them.
-- A student has at most one live row per section (enrolled, waiting or completed); rows of earlier tries that
-- were dropped or withdrawn stay as they are.

BEGIN;

CREATE SCHEMA paws360;

CREATE TABLE paws360.departments (
    department_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    department_code VARCHAR(10) NOT NULL CONSTRAINT departments_code_key UNIQUE,
    department_name VARCHAR(100) NOT NULL CONSTRAINT departments_name_key UNIQUE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT departments_code_check CHECK (department_code ~ '^[A-Z]{2,10}$')
);

CREATE TABLE paws360.terms (
    term_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    term_code VARCHAR(10) NOT NULL CONSTRAINT terms_code_key UNIQUE,
    term_name VARCHAR(50) NOT NULL,
    start_date DATE NOT NULL,
    end_date DATE NOT NULL,

    CONSTRAINT terms_dates_check CHECK (end_date > start_date)
);

CREATE TABLE paws360.roles (
    role_code VARCHAR(20) PRIMARY KEY,
    description TEXT NOT NULL,

    CONSTRAINT roles_code_check CHECK (role_code ~ '^[a-z_]+$')
);

CREATE TABLE paws360.grade_scale (
    letter VARCHAR(2) PRIMARY KEY,
    points NUMERIC(3,2),
    counts_in_gpa BOOLEAN NOT NULL,
    passes BOOLEAN NOT NULL,
    description TEXT NOT NULL,

    CONSTRAINT grade_scale_points_check CHECK (points BETWEEN 0 AND 4),
    CONSTRAINT grade_scale_counts_check CHECK (counts_in_gpa = (points IS NOT NULL))
);

CREATE TABLE paws360.users (
    user_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    username VARCHAR(50) NOT NULL CONSTRAINT users_username_key UNIQUE,
    email VARCHAR(255) NOT NULL,
    first_name VARCHAR(100) NOT NULL,
    last_name VARCHAR(100) NOT NULL,
    is_active BOOLEAN NOT NULL DEFAULT true,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT users_email_check CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$')
);

-- One account per address, however it is typed.
CREATE UNIQUE INDEX users_email_key ON paws360.users (lower(email));

CREATE TABLE paws360.user_roles (
    user_id UUID NOT NULL
        CONSTRAINT user_roles_user_id_fkey REFERENCES paws360.users (user_id) ON DELETE CASCADE,
    role_code VARCHAR(20) NOT NULL
        CONSTRAINT user_roles_role_code_fkey REFERENCES paws360.roles (role_code),
    granted_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,

    PRIMARY KEY (user_id, role_code)
);

CREATE TABLE paws360.students (
    student_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL
        CONSTRAINT students_user_id_key UNIQUE
        CONSTRAINT students_user_id_fkey REFERENCES paws360.users (user_id),
    student_number VARCHAR(20) NOT NULL CONSTRAINT students_number_key UNIQUE,
    department_id UUID
        CONSTRAINT students_department_id_fkey REFERENCES paws360.departments (department_id),
    academic_status VARCHAR(20) NOT NULL DEFAULT 'active',
    admission_date DATE NOT NULL DEFAULT CURRENT_DATE,
    gpa NUMERIC(3,2),
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT students_status_check
        CHECK (academic_status IN ('active', 'probation', 'suspended', 'graduated', 'inactive')),
    CONSTRAINT students_gpa_check CHECK (gpa BETWEEN 0 AND 4)
);

CREATE TABLE paws360.faculty (
    faculty_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL
        CONSTRAINT faculty_user_id_key UNIQUE
        CONSTRAINT faculty_user_id_fkey REFERENCES paws360.users (user_id),
    employee_number VARCHAR(20) NOT NULL CONSTRAINT faculty_number_key UNIQUE,
    department_id UUID NOT NULL
        CONSTRAINT faculty_department_id_fkey REFERENCES paws360.departments (department_id),
    title VARCHAR(50) NOT NULL,
    hire_date DATE NOT NULL DEFAULT CURRENT_DATE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE paws360.courses (
    course_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    department_id UUID NOT NULL
        CONSTRAINT courses_department_id_fkey REFERENCES paws360.departments (department_id),
    course_number VARCHAR(10) NOT NULL,
    title VARCHAR(200) NOT NULL,
    description TEXT,
    credit_hours NUMERIC(3,1) NOT NULL,
    max_enrollment INTEGER NOT NULL DEFAULT 30,
    is_active BOOLEAN NOT NULL DEFAULT true,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT courses_number_key UNIQUE (department_id, course_number),
    CONSTRAINT courses_credit_hours_check CHECK (credit_hours >= 0),
    CONSTRAINT courses_max_enrollment_check CHECK (max_enrollment >= 0)
);

CREATE TABLE paws360.course_sections (
    section_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    course_id UUID NOT NULL
        CONSTRAINT course_sections_course_id_fkey REFERENCES paws360.courses (course_id),
    term_id UUID NOT NULL
        CONSTRAINT course_sections_term_id_fkey REFERENCES paws360.terms (term_id),
    section_number VARCHAR(5) NOT NULL,
    instructor_id UUID
        CONSTRAINT course_sections_instructor_id_fkey REFERENCES paws360.faculty (faculty_id),
    max_enrollment INTEGER,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT course_sections_number_key UNIQUE (course_id, term_id, section_number),
    CONSTRAINT course_sections_max_enrollment_check CHECK (max_enrollment >= 0)
);

CREATE TABLE paws360.enrollments (
    enrollment_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    student_id UUID NOT NULL
        CONSTRAINT enrollments_student_id_fkey REFERENCES paws360.students (student_id),
    section_id UUID NOT NULL
        CONSTRAINT enrollments_section_id_fkey REFERENCES paws360.course_sections (section_id),
    enrollment_status VARCHAR(20) NOT NULL DEFAULT 'enrolled',
    grade VARCHAR(2)
        CONSTRAINT enrollments_grade_fkey REFERENCES paws360.grade_scale (letter),
    enrollment_date TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT enrollments_status_check
        CHECK (enrollment_status IN ('enrolled', 'completed', 'dropped', 'withdrawn'))
);

CREATE UNIQUE INDEX enrollments_live_key ON paws360.enrollments (student_id, section_id)
WHERE enrollment_status NOT IN ('dropped', 'withdrawn');

CREATE FUNCTION paws360.set_updated_at()
RETURNS TRIGGER AS $$
BEGIN
    NEW.updated_at := CURRENT_TIMESTAMP;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql
SET search_path = paws360, pg_temp;

CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON paws360.users
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION paws360.set_updated_at();
CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON paws360.students
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION paws360.set_updated_at();
CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON paws360.faculty
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION paws360.set_updated_at();
CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON paws360.courses
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION paws360.set_updated_at();
CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON paws360.course_sections
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION paws360.set_updated_at();
CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON paws360.enrollments
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION paws360.set_updated_at();

COMMENT ON SCHEMA paws360 IS 'PAWS360: students, courses and enrollments';

COMMENT ON TABLE paws360.departments IS 'Academic departments';
COMMENT ON COLUMN paws360.departments.department_code IS 'Short code in capitals, such as COMPSCI';

COMMENT ON TABLE paws360.terms IS 'Academic terms';
COMMENT ON COLUMN paws360.terms.term_code IS 'Year and season, such as 2025FA';
COMMENT ON COLUMN paws360.terms.start_date IS 'First day of the term';
COMMENT ON COLUMN paws360.terms.end_date IS 'Last day of the term';

COMMENT ON TABLE paws360.roles IS 'What a user may be; filled by reference data';

COMMENT ON TABLE paws360.grade_scale IS 'Letters a grade may be, and what each is worth';
COMMENT ON COLUMN paws360.grade_scale.points IS 'Grade points per credit hour; NULL if the letter does not count';
COMMENT ON COLUMN paws360.grade_scale.counts_in_gpa IS 'Whether the letter counts in the GPA';
COMMENT ON COLUMN paws360.grade_scale.passes IS 'Whether the letter meets a prerequisite without a minimum grade';

COMMENT ON TABLE paws360.users IS 'Accounts; sign-in is elsewhere, so no credentials are kept here';
COMMENT ON COLUMN paws360.users.email IS 'Unique without regard to case';
COMMENT ON COLUMN paws360.users.is_active IS 'False for accounts that may no longer sign in';

COMMENT ON TABLE paws360.user_roles IS 'Which user has which role';

COMMENT ON TABLE paws360.students IS 'Students, one per user';
COMMENT ON COLUMN paws360.students.student_number IS 'Number on the student card';
COMMENT ON COLUMN paws360.students.department_id IS 'Department of the major; NULL while undeclared';
COMMENT ON COLUMN paws360.students.gpa IS 'Cumulative grade point average, 0.00 to 4.00; NULL without counted grades';

COMMENT ON TABLE paws360.faculty IS 'Teaching staff, one per user';
COMMENT ON COLUMN paws360.faculty.employee_number IS 'Number in the personnel system';

COMMENT ON TABLE paws360.courses IS 'Course catalogue';
COMMENT ON COLUMN paws360.courses.course_number IS 'Number within the department, such as 101';
COMMENT ON COLUMN paws360.courses.credit_hours IS 'Weight of the course in the GPA';
COMMENT ON COLUMN paws360.courses.max_enrollment IS 'Seats of a section that names no capacity of its own';

COMMENT ON TABLE paws360.course_sections IS 'A course as taught in one term';
COMMENT ON COLUMN paws360.course_sections.instructor_id IS 'Faculty member; NULL while unassigned';
COMMENT ON COLUMN paws360.course_sections.max_enrollment IS 'Seats of this section; NULL for the course''s';

COMMENT ON TABLE paws360.enrollments IS 'Students in course sections, with their grades';
COMMENT ON COLUMN paws360.enrollments.enrollment_status IS 'enrolled, completed, dropped or withdrawn';
COMMENT ON COLUMN paws360.enrollments.grade IS 'Letter of the grade scale; NULL until graded';
COMMENT ON COLUMN paws360.enrollments.enrollment_date IS 'When the student got the seat';

COMMENT ON FUNCTION paws360.set_updated_at() IS 'Trigger function that stamps a changed row';

COMMIT;
