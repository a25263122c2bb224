/** Writes the roots that the functions trust: `npm run rds-roots -- FILE|URL`. */
import { readFile, writeFile } from "node:fs/promises";
import { rdsRoots } from "./rds_roots_from_pem.ts";

const SOURCE = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem";
const TARGET = "functions/io/credentials/rds_roots.json";

async function read(from: string): Promise<string> {
  if (!/^https:/.test(from)) return readFile(from, "utf8");
  const answer = await fetch(from, { redirect: "error" });
  if (!answer.ok) throw new Error(`${from} answered ${answer.status}`);
  return answer.text();
}

const roots = rdsRoots(await read(process.argv[2] ?? SOURCE), new Date());
await writeFile(TARGET, `${JSON.stringify(roots, null, 2)}\n`);
const keys = Object.values(roots).reduce((sum, region) => sum + Object.keys(region).length, 0);
process.stdout.write(`${TARGET}: ${keys} roots of ${Object.keys(roots).length} regions\n`);
