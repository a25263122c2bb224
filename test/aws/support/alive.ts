import { readdirSync, readFileSync } from "node:fs";

/**
 * Whether a process runs. One that has ended and that nobody has asked for its status yet does not; one that was killed
 * does until the last of its threads has ended.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  const threads = `/proc/${pid}/task`;
  try {
    return readdirSync(threads).some((thread) => runs(`${threads}/${thread}/stat`));
  } catch {
    // No such folder: a system without one, or the process went meanwhile, which the next look sees.
    return true;
  }
}

/** The state comes after the thread's name, which may hold anything. */
const runs = (stat: string): boolean => !/^\d+ \(.*\) [ZX] /s.test(readFileSync(stat, "utf8"));
