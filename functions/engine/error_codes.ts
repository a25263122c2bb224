import type { Status } from "./status.ts";

interface CodeEntry {
  readonly status: Status;
  /** What to do, unless the place that raises it knows better. */
  readonly remedy: string;
}

const entry = (status: Status, remedy: string): CodeEntry => ({ status, remedy });

/** Every error a user may see: its stable code, the status it leads to, and what to do. The only such table. */
export const ERROR_CODES = {
  // arguments and configuration
  "bad-argument": entry("bad_input", "See `paws-migrate help`."),
  "bad-name": entry("bad_input", "Use letters, digits, spaces, `_` or `-`, at most 100 characters."),
  "file-exists": entry("bad_input", "Choose another name, or remove the file."),
  "run-id-reused": entry("bad_input", "Use a new run id, or none."),
  "no-such-folder": entry("bad_input", "Name the bundle's folder with --dir."),
  "unreadable-file": entry("bad_input", "Check that the file can be read by this user."),
  "unwritable-file": entry("bad_input", "Check that this user may write there."),
  "bad-configuration": entry(
    "bad_input",
    "Correct the function's environment; its stack's configuration makes it.",
  ),
  "bundle-options-invalid": entry("bad_input", "Correct bundle.json; docs/bundle.schema.json describes it."),
  "checklist-failed": entry("failed", "Mend what fails, and go through the list again."),
  "rows-not-counted": entry("ok", "Name tables as `schema.table`, and let the login read them."),
  "placeholder-unknown": entry(
    "bad_input",
    "Declare it under `placeholders` in bundle.json, or correct its name.",
  ),
  "placeholder-undefined": entry(
    "bad_input",
    "Give it a value: `--placeholder NAME=VALUE`, or MIGRATION_PLACEHOLDERS in the environment.",
  ),
  "placeholder-invalid": entry("bad_input", "Give it another value."),
  "placeholder-shown": entry(
    "bad_input",
    "Give it in MIGRATION_PLACEHOLDERS to a run in a terminal: others can read it where it is now.",
  ),
  "imported-invalid": entry(
    "bad_input",
    "Make it again with `paws-migrate import FOLDER --to FOLDER`, or remove it.",
  ),
  // another tool's files
  "layout-unknown": entry(
    "bad_input",
    "Name the folder that holds the migrations, or the tool: --from TOOL.",
  ),
  "layout-ambiguous": entry("bad_input", "Say which tool it is: --from TOOL."),
  "layout-duplicate": entry("bad_input", "Give one of them another version, or remove it."),
  "layout-incomplete": entry("bad_input", "Bring back the file that is missing, or remove this one."),
  "layout-bad-name": entry("bad_input", "Rename it as its tool wants it."),
  "layout-bad-marker": entry("bad_input", "Correct the line as its tool wants it."),
  "import-target-exists": entry("bad_input", "Name a folder with --to that is not there yet, or is empty."),
  "consolidated-invalid": entry(
    "bad_input",
    "Bring the folder back as it was, and consolidate again; or remove the entry once every database is recorded.",
  ),
  "cannot-consolidate": entry(
    "bad_input",
    "Choose other migrations, or change this one if nothing has it applied.",
  ),
  // an archive, before anything in it is believed
  "not-an-archive": entry("bad_input", "Name a zip file; `paws-migrate bundle --out FILE` writes one."),
  "archive-truncated": entry("bad_input", "Copy or download it again: its end is missing."),
  "archive-damaged": entry("bad_input", "Make or copy the archive again."),
  "archive-too-large": entry(
    "bad_input",
    "Leave out of the archive what is no migration, or split the bundle.",
  ),
  "archive-too-many-entries": entry("bad_input", "Leave out of the archive what is no migration."),
  "archive-inflates": entry("bad_input", "Leave out of the archive what is no migration, or split the file."),
  "archive-ratio": entry(
    "bad_input",
    "Write the archive with `paws-migrate bundle --out FILE`, which does not compress.",
  ),
  "archive-encrypted": entry("bad_input", "Make the archive without a password; the bucket encrypts."),
  "archive-compression": entry("bad_input", "Store or deflate the files; other methods are not read."),
  "archive-size-differs": entry("bad_input", "Make the archive again: it lies about a file's size."),
  "archive-crc": entry("bad_input", "Copy or make the archive again: a file's bytes have changed."),
  "archive-absolute-path": entry("bad_input", "Make the archive from inside the bundle's folder."),
  "archive-parent-path": entry("bad_input", "Make the archive from inside the bundle's folder."),
  "archive-backslash": entry(
    "bad_input",
    "Use a tool that writes `/` between folders, as the zip format wants.",
  ),
  "archive-drive-letter": entry("bad_input", "Make the archive from inside the bundle's folder."),
  "archive-control-character": entry("bad_input", "Rename the file."),
  "archive-bad-name": entry("bad_input", "Rename the file; names are UTF-8."),
  "archive-link": entry("bad_input", "Put the file itself into the archive in the place of the link."),
  "archive-duplicate-entry": entry("bad_input", "Keep one of the entries."),
  "archive-case-clash": entry("bad_input", "Rename one of the files."),
  "manifest-invalid": entry(
    "bad_input",
    "Write the archive with `paws-migrate bundle --out FILE`, or leave manifest.json out.",
  ),
  "manifest-file-missing": entry(
    "bad_input",
    "Write the archive again with `paws-migrate bundle --out FILE`.",
  ),
  "manifest-file-extra": entry("bad_input", "Write the archive again with `paws-migrate bundle --out FILE`."),
  "manifest-file-differs": entry(
    "bad_input",
    "Write the archive again with `paws-migrate bundle --out FILE`.",
  ),
  "manifest-differs": entry("bad_input", "Write the archive again with `paws-migrate bundle --out FILE`."),
  "archive-sha256-differs": entry("bad_input", "Ask for the archive that was published, or publish again."),
  "bundle-digest-differs": entry("bad_input", "Ask for the bundle that was published, or publish again."),
  "bundle-name-differs": entry("bad_input", "Ask for the bundle by its own name."),
  "bundle-absent": entry(
    "bad_input",
    "Check bucket, name and version; `paws-migrate publish --bucket NAME` puts one there.",
  ),
  "bundle-version-absent": entry("bad_input", "Check the version id, or leave it out."),
  "bundle-version-exists": entry("bad_input", "Publish under a new version: a version is written once."),
  // files of a bundle
  "empty-bundle": entry("bad_input", "Add a migration: `paws-migrate create NAME`."),
  "no-version": entry(
    "bad_input",
    "Rename it to VERSION_name.sql, or list it under `ignore` in bundle.json.",
  ),
  "version-too-long": entry("bad_input", "Use at most 18 digits."),
  "version-zero": entry("bad_input", "Begin with 1; 0 means `nothing applied`."),
  "version-ahead": entry("bad_input", "Write the files by hand, with a version above the newest."),
  "impossible-date": entry("bad_input", "Use a date and time that exist: YYYYMMDD or YYYYMMDDHHMMSS."),
  "duplicate-version": entry("bad_input", "Give one of the files another version."),
  "duplicate-script": entry("bad_input", "Keep one of the files."),
  "duplicate-repeatable": entry("bad_input", "Give one of the files another name."),
  "repeatable-directive": entry(
    "bad_input",
    "Remove the directive: a repeatable migration runs in a transaction and is never rolled back. What cannot, belongs in a versioned one.",
  ),
  "orphan-script": entry("bad_input", "Rename it after its migration, or remove it."),
  "directive-unknown": entry(
    "bad_input",
    "Known directives: no-transaction, irreversible REASON, lock-timeout TIME, statement-timeout TIME.",
  ),
  "directive-repeated": entry("bad_input", "Keep one of them."),
  "directive-late": entry("bad_input", "Move it before the first statement."),
  "directive-invalid": entry("bad_input", "Write the value as the page on the bundle format shows."),
  "nul-byte": entry("bad_input", "Remove the NUL byte; SQL files are UTF-8 text."),
  "invalid-utf8": entry("bad_input", "Save the file as UTF-8."),
  utf16: entry("bad_input", "Save the file as UTF-8."),
  "bom-inside": entry("bad_input", "Remove the byte order mark; two files were probably joined."),
  "meta-command": entry("bad_input", "Remove the psql command, or do the same in SQL."),
  "copy-from-stdin": entry(
    "bad_input",
    "Put the rows, as text or CSV, in the lines behind the COPY, and end them with a line `\\.`.",
  ),
  unterminated: entry("bad_input", "Close it."),
  "unbalanced-parenthesis": entry("bad_input", "Close or remove the parenthesis."),
  "syntax-error": entry("bad_input", "Correct the SQL at the place shown."),
  "statement-too-deep": entry("bad_input", "Split the statement; the parser's stack is exhausted."),
  "split-disagreement": entry(
    "bad_input",
    "Report this file: the splitter and the parser see different statements.",
  ),
  // events and environment of a function
  "bad-event": entry("bad_input", "Correct the event; docs/functions.md describes it."),
  "wrong-target": entry("bad_input", "Invoke the function of that database, or leave `target` out."),
  // statements that a script must not hold
  "transaction-control": entry(
    "bad_input",
    "Remove it: the job commits each migration with its verification and its history row.",
  ),
  "isolation-level": entry("bad_input", "Remove the pair's isolation level; the job runs READ COMMITTED."),
  "session-authorization": entry("bad_input", "Use SET ROLE ... RESET ROLE, or run the job with --role."),
  "advisory-lock": entry("bad_input", "Use pg_advisory_xact_lock, or nothing: the job holds a lock already."),
  "client-encoding": entry("bad_input", "Save the file as UTF-8 and remove the statement."),
  "own-tables": entry("bad_input", "Leave the history to the job."),
  "forbidden-statement": entry("bad_input", "Remove it, or run it by hand outside a migration."),
  "needs-bundle-option": entry("bad_input", "Allow it under `allow` in bundle.json."),
  "role-under-role": entry("bad_input", "Remove SET ROLE, or run the job without --role."),
  "needs-no-transaction": entry(
    "bad_input",
    "Put `-- migrate: no-transaction` before the first statement of a versioned migration, or use the form that runs in a transaction.",
  ),
  "unnamed-index": entry("bad_input", "Give the index a name: after a crash it is looked for by its name."),
  "down-uncommented": entry("bad_input", "Put it in a comment (/* ... */), or into a rollback file."),
  "verification-writes": entry("bad_input", "A verification only reads."),
  "verification-reaches-out": entry("bad_input", "A verification looks at this database alone."),
  "verification-checks-nothing": entry(
    "bad_input",
    "Return a `status` column with PASS or FAIL, or raise an exception.",
  ),
  // files against history
  "changed-migration": entry(
    "refused",
    "Restore the file as it was applied, and put the change in a new migration. Where it still does the same: `paws-migrate repair V --reason TEXT`.",
  ),
  "changed-underway": entry(
    "refused",
    "Restore what was begun or done as it was (what stands behind it may be edited), or undo it by hand and say so: `paws-migrate mark V pending --reason TEXT`.",
  ),
  "half-done": entry(
    "refused",
    "Finish what was begun, or undo it by hand and say so: `paws-migrate mark V pending --reason TEXT`.",
  ),
  "missing-migration": entry("refused", "Use a bundle that holds every applied migration."),
  "consolidation-pending": entry(
    "refused",
    "Record it, which runs no script: `paws-migrate consolidate --record`, in AWS `paws-migrate invoke apply --function NAME --record-consolidated`.",
  ),
  "partly-consolidated": entry(
    "refused",
    "Apply the rest from the bundle as it was before, then record it: `paws-migrate consolidate --record`.",
  ),
  "consolidation-differs": entry(
    "refused",
    "Consolidate only migrations that stand side by side, or leave them as they are.",
  ),
  "consolidation-unproven": entry("refused", "See the error; nothing was written."),
  "verification-outlived": entry(
    "refused",
    "Correct the verification, or leave it out: --leave-out-verification V.",
  ),
  "verification-missing": entry(
    "refused",
    "Bring the verification script back, or settle it: `paws-migrate mark V applied --reason TEXT`.",
  ),
  "out-of-order": entry(
    "refused",
    "Give it a version above the newest applied one, or pass --allow-out-of-order.",
  ),
  "unknown-version": entry("bad_input", "Name a version of the bundle: `paws-migrate status` lists them."),
  "not-applied": entry("refused", "See what is applied: `paws-migrate status`."),
  irreversible: entry("refused", "Write a rollback script, or a new migration that undoes this one."),
  "foreign-history": entry("refused", "Keep the histories apart with --history-schema."),
  "nothing-to-adopt": entry(
    "refused",
    "Check the database; name the table with --table SCHEMA.TABLE. Without any history: `paws-migrate baseline`.",
  ),
  "adopt-ambiguous": entry("refused", "Say which: --from TOOL, or --table SCHEMA.TABLE."),
  "adopt-dirty": entry(
    "refused",
    "Bring the other tool's history into order with that tool, and adopt again.",
  ),
  "adopt-unmatched": entry(
    "refused",
    "Use the bundle that was made of all that is applied: `paws-migrate import FOLDER --to FOLDER` keeps what each was called.",
  ),
  "history-not-empty": entry(
    "refused",
    "Nothing to do: `paws-migrate status` shows what is applied. `mark` and `repair` settle a single migration.",
  ),
  "other-bundle": entry("refused", "Keep the histories apart with --history-schema."),
  "history-in-use": entry(
    "refused",
    "Drop the view, rule or function that depends on the history's table, run again, and create it again.",
  ),
  "registry-too-new": entry("refused", "Use a release at least as new as the one that wrote the history."),
  "registry-damaged": entry(
    "refused",
    "Bring the history's tables back as they were, from a backup where need be.",
  ),
  "plan-changed": entry("refused", "Look at the new plan, and run it again."),
  superseded: entry("refused", "Look at the history, and ask for what is still wanted under a new run id."),
  "bundle-differs": entry(
    "refused",
    "Bring back the bundle that this run id was begun with, or use a new one.",
  ),
  // servers
  standby: entry("refused", "Connect to the primary."),
  "read-only": entry("refused", "Connect to a database that takes writes."),
  pooler: entry("refused", "Connect to the server itself, or pass --allow-session-pooler."),
  "server-too-old": entry("refused", "Use PostgreSQL 14 or newer."),
  "sql-ascii": entry("refused", "Use a database with ENCODING 'UTF8', or ASCII files only."),
  "lacking-privilege": entry("refused", "Grant it, or run as another role."),
  "row-security": entry("refused", "Disable row-level security on the history's tables."),
  "other-run": entry("busy", "Wait for the other run, or pass a longer --lock-wait."),
  "run-in-progress": entry("busy", "Ask again with the same run id when it has ended."),
  unreachable: entry("unreachable", "Check host, port and network, and that the server is running."),
  "wrong-password": entry("unreachable", "Check the user and the password."),
  "no-such-database": entry("unreachable", "Check the name, or create the database."),
  "connection-refused": entry("unreachable", "See the server's message."),
  "tls-failed": entry("unreachable", "See the message of TLS; check --sslmode and --sslrootcert."),
  "tls-untrusted": entry(
    "unreachable",
    "Name the file with the authority's root: --sslrootcert, or DB_CA_FILE of a function.",
  ),
  "tls-wrong-host": entry(
    "unreachable",
    "Use a name that the certificate is made out to: the server's own endpoint, no alias and no address.",
  ),
  "tls-expired": entry("unreachable", "Renew the server's certificate, and check both clocks."),
  "tls-not-offered": entry(
    "unreachable",
    "Switch TLS on at the server, and check that it is the server itself that answers.",
  ),
  "secret-absent": entry("unreachable", "Check the secret's ARN and its region, and that it holds a value."),
  "secret-not-permitted": entry(
    "unreachable",
    "Allow secretsmanager:GetSecretValue on it: in the role, the secret's policy and the endpoint's policy.",
  ),
  "secret-deleted": entry(
    "unreachable",
    "Restore it: `aws secretsmanager restore-secret`, or name another one.",
  ),
  "secret-key": entry("unreachable", "Enable the secret's KMS key, and allow kms:Decrypt on it to the role."),
  "secret-malformed": entry("unreachable", "Write it as JSON with `username` and `password`, both texts."),
  "secret-unreachable": entry(
    "unreachable",
    "Check the interface endpoint for Secrets Manager: its subnets, private DNS, and port 443 in both security groups.",
  ),
  "secret-throttled": entry("unreachable", "Run again; see who else reads this account's secrets so often."),
  "secret-unreadable": entry("unreachable", "See what Secrets Manager answered."),
  // S3
  "s3-unreachable": entry(
    "unreachable",
    "Check the way to S3: a gateway endpoint in the subnet's route table and egress to S3's prefix list in the security group, or an interface endpoint, or AWS_ENDPOINT_URL.",
  ),
  "s3-timeout": entry("unreachable", "Run again; if it stays so, check the network's way to S3."),
  "s3-failed": entry("unreachable", "Run again; if it stays so, see the AWS Health Dashboard."),
  "s3-checksum": entry("unreachable", "Run again; if it stays so, publish the bundle anew."),
  "s3-access-denied": entry(
    "unreachable",
    "Allow this login s3:GetObject and s3:GetObjectVersion on the bundles and s3:ListBucket on the bucket; to publish, s3:PutObject.",
  ),
  "s3-wrong-region": entry("unreachable", "Set AWS_REGION to the bucket's region."),
  "no-such-bucket": entry(
    "unreachable",
    "Check the bucket's name, and that it is in this account's partition.",
  ),
  "bucket-not-versioned": entry(
    "unreachable",
    "Enable versioning on the bucket, and publish under a new version; or pin archive_sha256.",
  ),
  "kms-key-unusable": entry(
    "unreachable",
    "Enable the bucket's KMS key, and allow kms:Decrypt on it to this login; to publish, kms:GenerateDataKey.",
  ),
  "aws-region-missing": entry("unreachable", "Set AWS_REGION, or a region in the AWS profile."),
  "aws-credentials-missing": entry(
    "unreachable",
    "Log in to AWS (`aws sso login`), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
  ),
  "aws-credentials-expired": entry("unreachable", "Log in to AWS again, and run again."),
  "aws-credentials-refused": entry(
    "unreachable",
    "Check the AWS credentials, their account, and this machine's clock.",
  ),
  // functions in AWS, from here
  "lambda-unreachable": entry("unreachable", "Check the network, AWS_REGION and AWS_ENDPOINT_URL."),
  "function-absent": entry("unreachable", "Check --function, its alias, the region and the account."),
  "invoke-denied": entry("unreachable", "Allow this identity lambda:InvokeFunction on the function's alias."),
  "invoke-throttled": entry("unreachable", "Nothing was begun; run again when fewer functions are at work."),
  "function-unavailable": entry(
    "unreachable",
    "See what Lambda says of the function, and its configuration.",
  ),
  "payload-too-large": entry("bad_input", "Leave out what is not needed; a function takes 64 KiB."),
  "run-not-seen": entry("unreachable", "See the function's log group and its dead-letter queue."),
  "run-abandoned": entry(
    "failed",
    "What its steps committed stays; run again with the same --run-id, or a new one.",
  ),
  "run-out-of-sight": entry(
    "unknown",
    "Ask for it: `paws-migrate invoke status --function NAME --run-id ID`.",
  ),
  "function-died": entry("unknown", "See the function's log group; then ask for the run by its id."),
  "answer-unreadable": entry("unknown", "Check that --function names one of ours, of this release."),
  "function-failed": entry(
    "failed",
    "See the run's record: `paws-migrate invoke status --function NAME --run-id ID`.",
  ),
  // taking over another tool's files
  "untranslated-psql": entry("failed", "Do the same in SQL; or go on with --skip, and edit the new file."),
  "untranslated-variable": entry(
    "failed",
    "Write the value itself; or go on with --skip, and edit the new file, or use this tool's placeholders.",
  ),
  "untranslated-migration": entry(
    "failed",
    "Write it in SQL; or go on with --skip: what takes its place raises until it is written.",
  ),
  "untranslated-option": entry("failed", "See whether it is still needed; then go on with --skip."),
  // a run
  "sql-error": entry("failed", "Correct the SQL at the place shown; nothing of this step was kept."),
  "lock-timeout": entry("failed", "Run again when the table is less busy, or pass a longer --retry-for."),
  "lock-held-too-long": entry(
    "failed",
    "Split the migration or make its verification quicker, or pass a longer --max-lock-hold.",
  ),
  "transaction-escaped": entry(
    "failed",
    "Remove what ends the job's transaction, and undo what the script committed before.",
  ),
  "role-left": entry("failed", "End the script with RESET ROLE."),
  "encoding-left": entry("failed", "Remove SET client_encoding."),
  "lock-lost": entry("failed", "Remove pg_advisory_unlock and pg_advisory_unlock_all."),
  "advisory-lock-left": entry("failed", "Use pg_advisory_xact_lock."),
  "own-tables-touched": entry("failed", "Leave the history to the job; nothing of this step was kept."),
  "history-moved": entry("failed", "Another run changed the history; run again."),
  "history-write-refused": entry("failed", "Remove the trigger or rule on the history's tables."),
  "commit-refused": entry("failed", "See the server's message; nothing of this step was kept."),
  "check-failed": entry("failed", "See the failed check; nothing of this step was kept."),
  "integrity-warning": entry("failed", "Mend what the checks name, or verify without --strict."),
  "verification-error": entry("failed", "Correct the verification, or the migration."),
  "verification-wrote": entry("failed", "A verification only reads."),
  "index-differs": entry("failed", "Drop or rename the index that is there, or give this one another name."),
  "old-transactions": entry(
    "failed",
    "End the transactions that are named, or run again when they have ended; --retry-for waits longer.",
  ),
  "no-effect": entry("failed", "See what undid the statement, and run again: it looks at the catalog first."),
  "connection-lost": entry("failed", "Nothing of the step in flight was kept; run again."),
  "no-progress": entry(
    "failed",
    "Give the run more time, or split the migration that does not fit; then use a new run id.",
  ),
  deadline: entry("incomplete", "Run again: the next run goes on with what is left."),
  interrupted: entry("interrupted", "Run again: the next run goes on with what is left."),
  "unknown-commit": entry(
    "unknown",
    "Run `paws-migrate status` when the database answers: what it lists as applied is applied. Then run again.",
  ),
  "unknown-code": entry(
    "failed",
    "See the run's record, or use the release that wrote it; then use a new run id.",
  ),
  internal: entry("internal", "Report this, with the message and the run id."),
  // warnings
  "another-history": entry(
    "ok",
    "Where it is still true, `paws-migrate adopt` in an empty history says of each what is applied.",
  ),
  "adopted-with-holes": entry(
    "ok",
    "Apply them with `up --allow-out-of-order`, or say that they are there: `paws-migrate mark V applied`.",
  ),
  "repeatables-left": entry("ok", "The next `up` of a bundle that holds them applies them again."),
  "empty-migration": entry("ok", "Add statements, or leave it as a marker."),
  "setting-left": entry(
    "ok",
    'Use SET LOCAL; where files behind it rely on it, put `"session": "shared"` into bundle.json.',
  ),
  "rollback-changed": entry("ok", "Check that the rollback still undoes what was applied."),
  "checksum-unknown": entry("ok", "The row was written by another tool; nothing to compare with."),
  "import-empty-down": entry(
    "ok",
    "Write the SQL that goes back, or leave it: it cannot be rolled back then.",
  ),
  "import-repeatable-down": entry("ok", "Bring back an older file in the place of going back."),
  "two-rollbacks": entry("ok", "Remove the inline block; the rollback file is used."),
  "identifier-truncated": entry("ok", "Use at most 63 bytes."),
  "prologue-adjusted": entry("ok", "Nothing to do."),
  "repeatables-wait": entry("ok", "Apply all that is pending: `paws-migrate up`."),
  "repeatables-stay": entry(
    "ok",
    "Check that they do not depend on what goes; the next `up` that leaves nothing pending applies them again.",
  ),
  "repeatable-gone": entry("ok", "Drop what it made with a versioned migration, or bring the file back."),
  "moved-behind": entry("ok", "Check that it does not depend on what comes behind it now."),
  "scratch-left": entry("ok", "Drop it: the names of scratch databases begin with `paws_scratch_`."),
  "values-not-compared": entry("ok", "Nothing to do; they differ from run to run."),
  "later-stays": entry("ok", "Check that what stays does not depend on what goes."),
  "parameter-dropped": entry("ok", "Nothing to do; a newer server knows it."),
  "password-in-argv": entry("ok", "Use DB_PASSWORD, PGPASSWORD or .pgpass."),
  "log-unwritable": entry("ok", "Check the path of --log."),
  "observer-unavailable": entry("ok", "Allow this login one more connection."),
  "state-moved-on": entry("ok", "See `paws-migrate status` for what is applied now."),
  "rollback-unverified": entry("ok", "`paws-migrate verify` looks at what is left."),
  "event-not-sent": entry("ok", "Check the event bus, its policy, and the way to it."),
  "helper-kept": entry("ok", "Drop or rename it to have the job's own, which the next run makes."),
  "integrity-unchecked": entry(
    "ok",
    "See docs/history-tables.md: the next run that changes the database makes the function where none of that name stands.",
  ),
  "not-recorded": entry("ok", "Grant INSERT on schema_migration_runs to this role."),
} as const satisfies Record<string, CodeEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;
