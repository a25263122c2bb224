-- The two logins by tokens of AWS instead of passwords, on RDS and Aurora; after docs/roles.sql, by the same user, with the
-- same names replaced. A member of rds_iam logs in by a token alone. It may run again; REVOKE rds_iam brings passwords back.

GRANT rds_iam TO app_job, app_reader;
