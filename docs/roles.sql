-- Roles for the migration job. A superuser, or who may CREATEROLE and owns the database (the master user of RDS), runs
-- this file in the database that is to be migrated; it may run again. Replace before: app_db (the database), app (its
-- schema), app_migrations (the history's schema), and the names of the roles. docs/roles.md explains each.

DO $roles$
DECLARE
  made text;
BEGIN
  FOR made IN
    SELECT format('CREATE ROLE %I %s NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', name, kind)
    FROM (VALUES
      -- Owns what the migrations make. Nobody logs in as it.
      ('app_owner', 'NOLOGIN'),
      -- The migrator, the job's login: by itself it may connect and nothing else; as the owner it works.
      ('app_job', 'LOGIN NOINHERIT'),
      -- The login of `status`, `plan`, `verify` and `runs`: it reads.
      ('app_reader', 'LOGIN'),
      -- Owns the history's tables, where docs/roles_history.sql is run too. Nobody logs in as it, and nobody is a member.
      ('app_history', 'NOLOGIN')
    ) AS wanted (name, kind)
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = name)
  LOOP
    EXECUTE made;
  END LOOP;
END
$roles$;
GRANT app_owner TO app_job;

REVOKE ALL ON DATABASE app_db FROM PUBLIC;
GRANT CONNECT ON DATABASE app_db TO app_job, app_reader;
-- Where migrations make schemas or extensions; leave it out where they do not.
GRANT CREATE, TEMPORARY ON DATABASE app_db TO app_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- Who is no superuser may only as a member do what is the owner's.
GRANT app_owner TO CURRENT_USER;
CREATE SCHEMA IF NOT EXISTS app AUTHORIZATION app_owner;
CREATE SCHEMA IF NOT EXISTS app_migrations AUTHORIZATION app_owner;

-- What the owner makes from now on, the reader may read, wherever it is made.
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner GRANT USAGE ON SCHEMAS TO app_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner GRANT SELECT ON TABLES TO app_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner GRANT SELECT ON SEQUENCES TO app_reader;
GRANT USAGE ON SCHEMA app, app_migrations TO app_reader;
REVOKE app_owner FROM CURRENT_USER;
