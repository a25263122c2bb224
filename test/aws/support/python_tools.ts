import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Available, available, missing } from "./available.ts";
import { runInstaller } from "./run_installer.ts";
import { installed } from "./tool_cache.ts";

const PINS = join(import.meta.dirname, "..", "tools");

/** With older ones LocalStack 4.14.0 starts, says that it is ready, and half of its services are broken. */
const PYTHON = "3.13";

/** The `python` of an environment with the emulator in it, installed on demand from its committed list. */
export async function pythonWith(
  name: "localstack" | "ministack",
  title: string,
): Promise<Available<string>> {
  const python = findPython();
  if (python === null) {
    const remedy =
      "Install it (pyenv install 3.13, or uv python install 3.13 with its folder in the PATH), " +
      "or give an endpoint: AWS_ENDPOINT_URL.";
    return missing(title, `Python ${PYTHON} is neither in the PATH nor under pyenv.`, remedy);
  }
  const list = join(PINS, `${name}.txt`);
  const pins = await readFile(list, "utf8");
  const version = new RegExp(`^${name}(?:-core)?==(.+)$`, "m").exec(pins)?.[1] ?? "";
  const install = async (folder: string): Promise<void> => {
    await runInstaller(python, ["-m", "venv", folder], { cwd: folder });
    // The list is complete, so nothing is resolved.
    const pip = [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--no-deps",
      "--disable-pip-version-check",
      "--retries=10",
    ];
    await runInstaller(join(folder, "bin", "python"), [...pip, "--requirement", list], { cwd: folder });
  };
  try {
    return available(
      join(await installed({ name, version, pins: [pins, python], install }), "bin", "python"),
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return missing(title, message, "It needs the Python package index once.");
  }
}

/** In the PATH, else the newest of pyenv's. */
function findPython(): string | null {
  const pyenv = join(process.env.PYENV_ROOT ?? join(homedir(), ".pyenv"), "versions");
  const known = existsSync(pyenv) ? readdirSync(pyenv) : [];
  const newest = known
    .filter((name) => name.startsWith(`${PYTHON}.`))
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  const candidates = [
    `python${PYTHON}`,
    ...newest.map((name) => join(pyenv, name, "bin", "python3")),
    "python3",
  ];
  return candidates.find((program) => versionOf(program) === PYTHON) ?? null;
}

function versionOf(program: string): string | null {
  const ask = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])";
  try {
    return execFileSync(program, ["-c", ask], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return null;
  }
}
