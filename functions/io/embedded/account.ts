import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, lstat, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fault, MigrationFault } from "#engine/errors.ts";

const run = promisify(execFile);

/** The ordinary user that the server runs as; PostgreSQL refuses to run as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Options for a process of `account`; a folder that it cannot enter must not be its working directory. */
export const runAs = (account: Account | null): { uid?: number; gid?: number; cwd?: string } =>
  account === null ? {} : { uid: account.uid, gid: account.gid, cwd: "/" };

/** Null unless this process is root: then the user `postgres`, created where there is none. */
export async function serverAccount(): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  const known = await postgresUser();
  if (known !== null) return known;
  try {
    await run("groupadd", ["--system", "--force", "postgres"]);
    await run("useradd", ["--system", "--gid", "postgres", "--no-create-home", "postgres"]);
  } catch (error) {
    // Two runs at once: the other one may have created it.
    const created = await postgresUser();
    if (created !== null) return created;
    throw new MigrationFault(
      fault(
        "unreachable",
        `PostgreSQL does not run as root, and the user postgres could not be created: ${error}`,
        {
          remedy: "Run as an ordinary user, or create the user postgres.",
        },
      ),
    );
  }
  return postgresUser();
}

async function postgresUser(): Promise<Account | null> {
  try {
    const [uid, gid] = await Promise.all([run("id", ["-u", "postgres"]), run("id", ["-g", "postgres"])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null;
  }
}

/** Whether the server's user can enter `folder`, which asks the same of every folder above it. */
export async function canEnter(folder: string, account: Account | null): Promise<boolean> {
  if (account === null) return true;
  return run("sh", ["-c", 'cd "$1"', "sh", folder], runAs(account)).then(
    () => true,
    () => false,
  );
}

/** A temporary folder that the server's user can enter: root's own TMPDIR may be closed to it. */
export async function openTemporaryFolder(): Promise<string> {
  const account = await serverAccount();
  for (const folder of [tmpdir(), "/tmp", "/var/tmp"]) if (await canEnter(folder, account)) return folder;
  throw new MigrationFault(
    fault("unreachable", "no temporary folder can be entered by the user postgres", {
      remedy: "Set TMPDIR to a folder that every user can enter, or run as an ordinary user.",
    }),
  );
}

/**
 * Where the server of `workingDirectory` lives: its `.paws-migrate/`, or a folder of that name and this
 * user below the temporary folder where the former cannot be made or entered. The same answer every time.
 */
export async function stateFolder(workingDirectory: string): Promise<string> {
  const account = await serverAccount();
  const beside = join(workingDirectory, ".paws-migrate");
  if (await canEnter(workingDirectory, account)) {
    try {
      await makeStateFolder(beside);
      return beside;
    } catch {
      // Read-only, or another user's: the temporary folder then.
    }
  }
  const owner = process.getuid?.() ?? "user";
  const place = createHash("sha256").update(workingDirectory).digest("hex").slice(0, 12);
  const folder = join(await openTemporaryFolder(), `paws-migrate-${owner}-${place}`);
  await makeStateFolder(folder);
  return folder;
}

/** Made for this user alone, except that root's must be passed by the server's user. Refuses another's. */
export async function makeStateFolder(folder: string): Promise<void> {
  const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
  await mkdir(folder, { recursive: true, mode });
  const found = await lstat(folder);
  // One made before, by mkdtemp for one, is closed to the server's user.
  if (found.isDirectory() && found.uid === process.getuid?.()) await chmod(folder, mode);
  if (!found.isDirectory() || (process.getuid !== undefined && found.uid !== process.getuid())) {
    throw new MigrationFault(
      fault("unreachable", `${folder} is not a folder of this user`, {
        remedy: "Remove it, and start again.",
      }),
    );
  }
}
