-- Roles for the migration job. A superuser, or who may CREATEROLE and owns the database, runs this file once, in the
-- database that is to be migrated. Replace before: app_db (the database), app (its schema), app_migrations (the
-- history's schema), and the names of the roles. docs/roles.md explains each.

-- Owns what the migrations make. Nobody logs in as it.
CREATE ROLE app_owner NOLOGIN;
-- The job's login: by itself it may connect and nothing else; `--role app_owner` makes it the owner.
CREATE ROLE app_job LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
-- The login of `status`, `plan`, `verify` and `runs`: it reads.
CREATE ROLE app_reader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
-- Owns the history's tables, where docs/roles_history.sql is run too. Nobody logs in as it, and nobody is a member.
CREATE ROLE app_history NOLOGIN;
GRANT app_owner TO app_job;

REVOKE ALL ON DATABASE app_db FROM PUBLIC;
GRANT CONNECT ON DATABASE app_db TO app_job, app_reader;
-- Where migrations make schemas or extensions; leave it out where they do not.
GRANT CREATE, TEMPORARY ON DATABASE app_db TO app_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

CREATE SCHEMA app AUTHORIZATION app_owner;
CREATE SCHEMA app_migrations AUTHORIZATION app_owner;

-- What the owner makes from now on, the reader may read, wherever it is made.
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner GRANT USAGE ON SCHEMAS TO app_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner GRANT SELECT ON TABLES TO app_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE app_owner GRANT SELECT ON SEQUENCES TO app_reader;
GRANT USAGE ON SCHEMA app, app_migrations TO app_reader;
