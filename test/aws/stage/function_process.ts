import { readdir, readFile, readlink } from "node:fs/promises";
import type { Backend } from "./gate.ts";

/** Whether a function's process can be found by its connection: by Linux's /proc. */
export const findsProcesses = process.platform === "linux";

/** The process at the other end of a connection to the server on `port` of this machine. */
export async function processOf({ client_port }: Backend, port: number): Promise<number> {
  const inode = await socketOf(client_port, port);
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const file of files) {
      const leads = await readlink(`/proc/${pid}/fd/${file}`).catch(() => "");
      if (leads === `socket:[${inode}]`) return Number(pid);
    }
  }
  throw new Error(`no process has the connection from port ${client_port}`);
}

/** The kernel's number of the socket between the two ports, on the side of `local`. */
async function socketOf(local: number, remote: number): Promise<string> {
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => readFile(`/proc/net/${name}`, "utf8").catch(() => "")),
  );
  for (const line of tables.join("\n").split("\n")) {
    const [, from = "", to = "", , , , , , , inode = ""] = line.trim().split(/\s+/);
    if (portOf(from) === local && portOf(to) === remote) return inode;
  }
  throw new Error(`there is no connection from port ${local} to port ${remote}`);
}

const portOf = (address: string): number => Number.parseInt(address.split(":")[1] ?? "", 16);
