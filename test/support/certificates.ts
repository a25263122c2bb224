import { execFile } from "node:child_process";
import { chmod, chown, copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { openTemporaryFolder, serverAccount } from "#io/embedded/account.ts";

const run = promisify(execFile);

/** A certification authority of a test's own. */
export interface Authority {
  /** PEM text of its root. */
  readonly ca: string;
  /** Makes a certificate for these names (`DNS:localhost`, `IP:127.0.0.1`); the server reads it from `files`. */
  issue(...names: readonly string[]): Promise<void>;
  /** As `issue`, valid until yesterday. */
  issueExpired(...names: readonly string[]): Promise<void>;
  /** Of the server, and of the root. */
  readonly files: { readonly certificate: string; readonly key: string; readonly root: string };
  remove(): Promise<void>;
}

/** Node makes keys, but signs no certificates. */
export async function hasOpenssl(): Promise<boolean> {
  return run("openssl", ["version"]).then(
    () => true,
    () => false,
  );
}

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

export async function makeAuthority(): Promise<Authority> {
  const folder = await mkdtemp(join(await openTemporaryFolder(), "paws-migrate-tls-"));
  await chmod(folder, 0o755);
  const at = (name: string) => join(folder, name);
  const root = ["-keyout", at("ca.key"), "-out", at("ca.crt"), "-days", "2"];
  await run("openssl", ["req", "-x509", ...KEY, ...root, "-subj", "/CN=A test's authority"]);
  const files = { certificate: at("server.crt"), key: at("server.key"), root: at("ca.crt") };
  const issue = async (names: readonly string[], days: string): Promise<void> => {
    const request = ["-keyout", at("new.key"), "-out", at("server.csr")];
    await run("openssl", ["req", ...KEY, ...request, "-subj", "/CN=a test's server"]);
    await writeFile(at("names"), `subjectAltName=${names.join(",")}\n`);
    const signer = ["-CA", at("ca.crt"), "-CAkey", at("ca.key"), "-CAcreateserial"];
    const made = ["-in", at("server.csr"), "-out", files.certificate, "-days", days];
    await run("openssl", ["x509", "-req", ...made, ...signer, "-extfile", at("names")]);
    await copyFile(at("new.key"), files.key);
    // PostgreSQL refuses a key that others may read, and must read it as its own user.
    await chmod(files.key, 0o600);
    const account = await serverAccount();
    if (account !== null) await chown(files.key, account.uid, account.gid);
  };
  return {
    ca: await readFile(at("ca.crt"), "utf8"),
    files,
    issue: (...names) => issue(names, "2"),
    issueExpired: (...names) => issue(names, "-1"),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
