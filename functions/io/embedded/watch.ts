import { spawn } from "node:child_process";
import { join } from "node:path";
import { type Account, runAs } from "./account.ts";

/** Lets the server live on without us. */
export type Dismiss = () => void;

/**
 * Waits for the end of its input, which comes when the process that holds it ends, however it ends; then stops
 * the server and removes its folder. Any input dismisses it.
 */
const WATCH = `
const { spawnSync } = require("node:child_process");
const { rmSync, rmdirSync } = require("node:fs");
const { dirname, join } = require("node:path");
const [pgCtl, folder, account] = process.argv.slice(1);
process.stdin.on("data", () => process.exit(0));
process.stdin.on("end", () => {
  spawnSync(pgCtl, ["stop", "-D", join(folder, "data"), "-m", "immediate"], { stdio: "ignore", ...JSON.parse(account) });
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  try { rmdirSync(dirname(folder)); } catch {}
});
`;

/** Ties the server in `folder` to the life of this process. */
export function watch(bin: string, folder: string, account: Account | null): Dismiss {
  const args = [join(bin, "pg_ctl"), folder, JSON.stringify(runAs(account))];
  const child = spawn(process.execPath, ["-e", WATCH, ...args], {
    detached: true, // a Ctrl-C in the terminal is for us alone
    cwd: join(folder, "..", ".."), // our own folder may be removed before it ends
    stdio: ["pipe", "ignore", "ignore"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  child.on("error", () => {});
  child.stdin.on("error", () => {});
  child.unref();
  if ("unref" in child.stdin && typeof child.stdin.unref === "function") child.stdin.unref();
  return () => {
    child.stdin.end("\n");
  };
}
