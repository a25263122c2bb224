import { fault } from "../errors.ts";
import { firstFile, type Layout } from "./layout.ts";
import { atLine } from "./layout_faults.ts";
import type { PileMigration, Reading } from "./pile.ts";
import type { PileFile } from "./pile_file.ts";
import { readProperties } from "./properties.ts";
import { forwardOnly, wholeFile } from "./script_parts.ts";
import { type PlannedChange, readSqitchPlan } from "./sqitch_plan.ts";

const PLAN = "sqitch.plan";

/**
 * The changes of sqitch.plan in its order, with the scripts below deploy/, revert/ and verify/. Of a change that was
 * reworked, the earlier scripts carry the name of a tag that stands between. (Sqitch, "sqitch-rework".)
 */
export const sqitch: Layout = {
  evidence: (files) => firstFile(files, "is Sqitch's", ({ base }) => base === PLAN || base === "sqitch.conf"),
  read,
};

interface Places {
  readonly plan: PileFile;
  readonly deploy: string;
  readonly revert: string;
  readonly verify: string;
  readonly ending: string;
}

function read(files: readonly PileFile[]): Reading {
  const places = findPlaces(files);
  if (places === null) {
    const path = files.find(({ base }) => base === "sqitch.conf")?.path ?? PLAN;
    const said = "There is no sqitch.plan, without which the order is not known.";
    return {
      migrations: [],
      left: [],
      untranslated: [],
      faults: [fault("layout-incomplete", said, { file: path })],
    };
  }
  const plan = readSqitchPlan(places.plan);
  const byPath = new Map(files.map((file) => [file.path, file]));
  const readings = plan.changes.map((change, at) => readChange(change, at, plan.changes, places, byPath));
  const used = new Set(readings.flatMap(({ paths }) => paths));
  return {
    migrations: readings.flatMap(({ migration }) => (migration === null ? [] : [migration])),
    left: files
      .filter(({ path, sql }) => sql && !used.has(path))
      .map(({ path }) => ({ path, why: "no change of the plan names it" })),
    untranslated: [],
    faults: [...plan.faults, ...readings.flatMap(({ faults }) => faults)],
  };
}

/** sqitch.conf may move the plan and the scripts; a plan that is alone shows where it is. */
function findPlaces(files: readonly PileFile[]): Places | null {
  const conf = files.find(({ base }) => base === "sqitch.conf");
  const said = new Map(readProperties(conf?.text ?? "").map(({ key, value }) => [key, value]));
  const root = conf?.folder ?? "";
  const top = said.get("top_dir");
  const plans = files.filter(
    ({ base, path }) => base === PLAN || path === join(root, said.get("plan_file") ?? PLAN),
  );
  const plan = plans.find(({ folder }) => folder === join(root, top ?? "")) ?? plans[0];
  if (plan === undefined) return null;
  const place = (key: string, name: string) => {
    const given = said.get(key);
    return given === undefined ? join(plan.folder, name) : join(root, given);
  };
  return {
    plan,
    deploy: place("deploy_dir", "deploy"),
    revert: place("revert_dir", "revert"),
    verify: place("verify_dir", "verify"),
    ending: said.get("extension") ?? "sql",
  };
}

const join = (folder: string, path: string): string =>
  [folder, path]
    .join("/")
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");

function readChange(
  change: PlannedChange,
  at: number,
  all: readonly PlannedChange[],
  places: Places,
  files: ReadonlyMap<string, PileFile>,
) {
  const { plan, ending } = places;
  const stems = stemsOf(change, at, all);
  const fileOf = (folder: string) =>
    stems.map((stem) => files.get(join(folder, `${stem}.${ending}`))).find((file) => file !== undefined);
  const [up, down, verify] = [places.deploy, places.revert, places.verify].map(fileOf);
  const [stem] = stems;
  if (stem === undefined || up === undefined) {
    const said =
      stem === undefined
        ? `${change.name} stands in the plan again, and no tag between the two.`
        : `The plan names ${change.name}, and ${join(places.deploy, `${stem}.${ending}`)} is not there.`;
    const faults = [atLine("layout-incomplete", plan.path, change.line, said)];
    return { migration: null, paths: [], faults };
  }
  const migration: PileMigration = {
    ...forwardOnly(up.base.includes("@") ? stemOf(up, places) : change.name, change.name, wholeFile(up)),
    down: down === undefined ? null : wholeFile(down),
    verify: verify === undefined ? null : wholeFile(verify),
    notes: notesOf(change, plan),
  };
  const paths = [up, down, verify].flatMap((file) => (file === undefined ? [] : [file.path]));
  return { migration, paths, faults: [] };
}

const stemOf = ({ path }: PileFile, { deploy, ending }: Places): string =>
  path.slice(deploy === "" ? 0 : deploy.length + 1, -ending.length - 1);

/** What the change's scripts may be called: the last one of a name has no tag. */
function stemsOf({ name }: PlannedChange, at: number, all: readonly PlannedChange[]): readonly string[] {
  const next = all.findIndex((other, i) => i > at && other.name === name);
  if (next < 0) return [name];
  return all.slice(at, next).flatMap(({ tags }) => tags.map((tag) => `${name}@${tag}`));
}

function notesOf(change: PlannedChange, plan: PileFile): readonly string[] {
  const { note, planner, planned_at, requires, conflicts, tags } = change;
  const listed = (what: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${what}: ${names.join(", ")}`];
  return [
    ...(note === "" ? [] : [`Description: ${note.replaceAll(/\\n/g, " ")}`]),
    `Author: ${planner}`,
    `Date: ${planned_at}`,
    `Planned in line ${change.line} of ${plan.path}`,
    ...(requires.length + conflicts.length > 0 ? ["NOTES"] : []),
    ...listed("Dependencies", requires),
    ...listed("Conflicts", conflicts),
    ...listed("Tags", tags),
  ];
}
