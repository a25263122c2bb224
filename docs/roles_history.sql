-- Takes the history's tables away from who runs the migrations, and leaves what a run needs. After docs/roles.sql and
-- the first `up`, which makes the tables; the same user runs it, with the same names replaced. It may run again.

-- Who is no superuser hands over as a member of both.
GRANT app_owner, app_history TO CURRENT_USER;
ALTER SCHEMA app_migrations OWNER TO app_history;
ALTER TABLE app_migrations.schema_migrations OWNER TO app_history;
ALTER TABLE app_migrations.schema_migration_runs OWNER TO app_history;
ALTER TABLE app_migrations.schema_migration_events OWNER TO app_history;
ALTER TABLE app_migrations.schema_migration_statements OWNER TO app_history;
ALTER TABLE app_migrations.schema_migration_repeatables OWNER TO app_history;
ALTER TABLE app_migrations.schema_migration_bundles OWNER TO app_history;
ALTER TABLE app_migrations.schema_migration_checklists OWNER TO app_history;
ALTER TABLE app_migrations.schema_migration_registry OWNER TO app_history;
ALTER VIEW app_migrations.migration_performance OWNER TO app_history;
ALTER FUNCTION app_migrations.check_migration_status() OWNER TO app_history;
ALTER FUNCTION app_migrations.verify_schema_integrity() OWNER TO app_history;

GRANT USAGE ON SCHEMA app_migrations TO app_owner, app_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA app_migrations TO app_owner, app_reader;
GRANT EXECUTE ON FUNCTION app_migrations.check_migration_status(), app_migrations.verify_schema_integrity() TO app_owner, app_reader;
-- A migration adds its row, a rollback takes it away; of a row that is there only `state` may change.
GRANT INSERT, DELETE, UPDATE (state) ON app_migrations.schema_migrations TO app_owner;
-- A run adds its row, and closes it.
GRANT INSERT, UPDATE ON app_migrations.schema_migration_runs TO app_owner;
GRANT INSERT ON app_migrations.schema_migration_events TO app_owner;
-- Scripts outside a transaction keep their place.
GRANT INSERT, UPDATE, DELETE ON app_migrations.schema_migration_statements TO app_owner;
-- Repeatable migrations, and the bundle that was read last: one row each, written over.
GRANT INSERT, UPDATE ON app_migrations.schema_migration_repeatables, app_migrations.schema_migration_bundles TO app_owner;
GRANT INSERT ON app_migrations.schema_migration_checklists TO app_owner;
REVOKE app_owner, app_history FROM CURRENT_USER;
