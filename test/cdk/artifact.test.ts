import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bundling } from "../../cdk/constructs/artifact.ts";
import { ROOT } from "../support/examples.ts";

it.skipIf(process.platform === "win32")(
  "puts files beside the code as they are named, whatever a shell makes of such names",
  () => {
    const root = mkdtempSync(join(tmpdir(), "paws it's $HOME `id` "));
    const out = join(root, "out");
    for (const folder of ["out", "cdk", "functions/io/credentials"])
      mkdirSync(join(root, folder), { recursive: true });
    copyFileSync(join(ROOT, "cdk/finish_artifact.mjs"), join(root, "cdk/finish_artifact.mjs"));
    writeFileSync(join(root, "functions/io/credentials/rds_roots.json"), "{}");
    writeFileSync(join(out, "index.mjs.map"), '{"sources":[]}');
    writeFileSync(join(root, "ca $(touch run).pem"), "authority");
    const { commandHooks } = bundling({ root, beside: { "ca.pem": "ca $(touch run).pem" } });
    for (const line of commandHooks?.afterBundling(root, out) ?? [])
      execFileSync("sh", ["-c", line], { cwd: root });
    expect(readFileSync(join(out, "ca.pem"), "utf8")).toBe("authority");
    rmSync(root, { recursive: true });
  },
);
