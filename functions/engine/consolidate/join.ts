import type { Migration } from "../bundle/bundle.ts";
import { type Fault, fault } from "../errors.ts";
import type { Directives, ScriptFile, ScriptOptions, ScriptRole } from "../script/script.ts";
import { type Part, readPart } from "./part.ts";

/** The three scripts of the new migration; null where it has none. */
export interface Joined {
  readonly up: string;
  readonly rollback: string | null;
  readonly verify: string | null;
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
}

export interface JoinOptions {
  readonly name: string;
  readonly script: ScriptOptions;
  /** What a file sets is meant for those behind it. */
  readonly shared: boolean;
  /** Versions whose verification is not taken over. */
  readonly left_out: readonly bigint[];
}

/** One migration's text of many: forward in order, rollback in reverse order, the verifications in order. */
export function joinMigrations(migrations: readonly Migration[], options: JoinOptions): Joined {
  const faults: Fault[] = [];
  const partsOf = (role: ScriptRole, files: readonly ScriptFile[]): readonly Part[] =>
    files.flatMap((file) => {
      const read = readPart(file, role, options.script, options.shared);
      faults.push(...read.faults);
      return read.part ?? [];
    });
  const ups = partsOf(
    "up",
    migrations.map(({ up }) => up),
  );
  const downs = partsOf("rollback", migrations.flatMap(({ rollback }) => rollback ?? []).reverse());
  const verified = migrations.filter(({ version }) => !options.left_out.includes(version));
  const checks = partsOf(
    "verify",
    verified.flatMap(({ verify }) => verify ?? []),
  );
  faults.push(...limitFaults(ups), ...limitFaults(downs), ...limitFaults(checks));

  const why = irreversible(migrations, downs);
  const said = [migrations[0], migrations.at(-1)].map((one) => (one === undefined ? "" : nameOf(one)));
  const head = (what: string, directives: readonly string[]): string =>
    [
      `-- ${what}: ${options.name}`,
      `-- Description: In the place of ${migrations.length} migrations, ${said.join(" to ")}`,
      ...directives,
    ].join("\n");
  const text = (what: string, parts: readonly Part[], more: readonly string[]): string =>
    `${[head(what, [...more, ...limits(parts)]), ...parts.map(withBanner)].join("\n\n")}\n`;
  return {
    up: text("Migration", ups, why === null ? [] : [`-- migrate: irreversible ${why}`]),
    rollback: why === null ? text("Rollback", downs, []) : null,
    verify: checks.length === 0 ? null : text("Verification", checks, []),
    faults,
    warnings: why === null ? [] : [cannotBeUndone(options.name, why)],
  };
}

const LINE = `-- ${"=".repeat(44)}`;

/** In a comment: a name with blanks in it could read as the banner of a rollback. */
const told = (name: string): string => name.replaceAll(/\s/g, "_");

const nameOf = ({ label, name }: Migration): string => told(`${label}_${name}`);

const withBanner = ({ file, text }: Part): string =>
  [LINE, `-- From ${told(file.path)}`, LINE, text].join("\n").trimEnd();

function irreversible(migrations: readonly Migration[], downs: readonly Part[]): string | null {
  for (const migration of migrations) {
    const { directives, rollback } = migration;
    if (directives.irreversible !== null) return `${nameOf(migration)}: ${directives.irreversible}`;
    const part = downs.find(({ file }) => file === rollback);
    if (rollback === null || part?.statements === 0) return `${nameOf(migration)} has no rollback`;
  }
  return null;
}

const cannotBeUndone = (name: string, why: string): Fault =>
  fault("irreversible", `${name} cannot be rolled back: ${why}.`, {
    remedy: "Write that rollback script first, where this one is to have one.",
  });

const LIMITS = { lock_timeout_ms: "lock-timeout", statement_timeout_ms: "statement-timeout" } as const;
type Limit = keyof typeof LIMITS;

/** One transaction has one limit: all parts must want the same. */
function limitFaults(parts: readonly Part[]): readonly Fault[] {
  const [first, ...rest] = parts;
  if (first === undefined) return [];
  return (Object.keys(LIMITS) as Limit[]).flatMap((limit) => {
    const other = rest.find(({ directives }) => directives[limit] !== first.directives[limit]);
    if (other === undefined) return [];
    const said = [first, other].map(
      ({ file, directives }) => `${file.path} has ${durationOf(directives, limit) ?? "none"}`,
    );
    const message = `The ${LIMITS[limit]}s differ: ${said.join(", ")}.`;
    return [
      fault("cannot-consolidate", message, {
        file: other.file.path,
        remedy: "One migration has one limit: give all of them the same, or leave this one out.",
      }),
    ];
  });
}

const limits = ([first]: readonly Part[]): readonly string[] =>
  (Object.keys(LIMITS) as Limit[]).flatMap((limit) => {
    const duration = first === undefined ? null : durationOf(first.directives, limit);
    return duration === null ? [] : [`-- migrate: ${LIMITS[limit]} ${duration}`];
  });

const durationOf = (directives: Directives, limit: Limit): string | null =>
  directives[limit] === null ? null : `${directives[limit]}ms`;
