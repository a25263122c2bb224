-- Migration: Add audit triggers
-- Version: 002
-- Applied: DATE
--
-- One row in audit_log for each changed row: who, when, the row before and after. An UPDATE that changes nothing
-- is not logged. Applications that share a database user name the person with
-- SELECT set_config('paws360.app_user', 'name', true) in their transaction.
-- The log is append-only: UPDATE, DELETE and TRUNCATE are refused, whatever the session's replication role.

BEGIN;

CREATE TABLE paws360.audit_log (
    audit_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name TEXT NOT NULL,
    operation TEXT NOT NULL,
    old_row JSONB,
    new_row JSONB,
    changed_by TEXT NOT NULL,
    app_user TEXT,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT clock_timestamp(),
    transaction_id BIGINT NOT NULL,

    CONSTRAINT audit_log_operation_check CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')),
    CONSTRAINT audit_log_rows_check CHECK (
        (old_row IS NOT NULL) = (operation IN ('UPDATE', 'DELETE'))
        AND (new_row IS NOT NULL) = (operation IN ('INSERT', 'UPDATE'))
    )
);

CREATE INDEX idx_audit_log_table_time ON paws360.audit_log (table_name, changed_at);

-- SECURITY DEFINER: whoever may change a table needs no right on the log. The real user is therefore the
-- session's, or the role it has set; current_user would always be the owner.
CREATE FUNCTION paws360.record_audit()
RETURNS TRIGGER AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
        RETURN NULL;
    END IF;

    INSERT INTO paws360.audit_log (
        table_name, operation, old_row, new_row, changed_by, app_user, transaction_id
    ) VALUES (
        TG_TABLE_NAME,
        TG_OP,
        CASE WHEN TG_OP IN ('UPDATE', 'DELETE') THEN to_jsonb(OLD) END,
        CASE WHEN TG_OP IN ('INSERT', 'UPDATE') THEN to_jsonb(NEW) END,
        COALESCE(NULLIF(current_setting('role'), 'none'), session_user),
        NULLIF(current_setting('paws360.app_user', true), ''),
        pg_current_xact_id()::TEXT::BIGINT
    );

    RETURN NULL;
END;
$$ LANGUAGE plpgsql SECURITY DEFINER
SET search_path = paws360, pg_temp;

-- Asked when a trigger is made: nobody else hangs it on a table of their own, and so makes up entries.
REVOKE EXECUTE ON FUNCTION paws360.record_audit() FROM PUBLIC;

CREATE FUNCTION paws360.refuse_audit_change()
RETURNS TRIGGER AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is append-only: % refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END;
$$ LANGUAGE plpgsql
SET search_path = paws360, pg_temp;

CREATE TRIGGER trigger_audit_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON paws360.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.refuse_audit_change();
ALTER TABLE paws360.audit_log ENABLE ALWAYS TRIGGER trigger_audit_append_only;

CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON paws360.departments
    FOR EACH ROW EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON paws360.departments
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON paws360.terms
    FOR EACH ROW EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON paws360.terms
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON paws360.roles
    FOR EACH ROW EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON paws360.roles
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON paws360.grade_scale
    FOR EACH ROW EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON paws360.grade_scale
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON paws360.users
    FOR EACH ROW EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON paws360.users
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON paws360.user_roles
    FOR EACH ROW EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON paws360.user_roles
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON paws360.students
    FOR EACH ROW EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON paws360.students
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON paws360.faculty
    FOR EACH ROW EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON paws360.faculty
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON paws360.courses
    FOR EACH ROW EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON paws360.courses
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON paws360.course_sections
    FOR EACH ROW EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON paws360.course_sections
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON paws360.enrollments
    FOR EACH ROW EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON paws360.enrollments
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.record_audit();

COMMENT ON TABLE paws360.audit_log IS 'Every change of a row, append-only';
COMMENT ON COLUMN paws360.audit_log.old_row IS 'The row before; NULL for INSERT and TRUNCATE';
COMMENT ON COLUMN paws360.audit_log.new_row IS 'The row after; NULL for DELETE and TRUNCATE';
COMMENT ON COLUMN paws360.audit_log.changed_by IS 'Database role that made the change';
COMMENT ON COLUMN paws360.audit_log.app_user IS 'The setting paws360.app_user at that time, if any';
COMMENT ON COLUMN paws360.audit_log.transaction_id IS 'Changes of one transaction share it';
COMMENT ON FUNCTION paws360.record_audit() IS 'Trigger function that writes a change to the audit log';
COMMENT ON FUNCTION paws360.refuse_audit_change() IS 'Trigger function that keeps the audit log append-only';

COMMIT;
