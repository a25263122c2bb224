-- Lets the reader record its `verify`: one row of a run and its events, nothing of what is applied. After docs/roles.sql and
-- the first `up`, which makes the tables, by the same user, with the same names replaced. It may run again.

GRANT app_owner TO CURRENT_USER;
GRANT INSERT ON app_migrations.schema_migration_runs, app_migrations.schema_migration_events TO app_reader;
REVOKE app_owner FROM CURRENT_USER;
