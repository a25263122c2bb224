import { describe, expect, test } from "vitest";
import { FINDINGS, finding } from "#engine/audit/findings.ts";
import { ERROR_CODES } from "#engine/error_codes.ts";
import type { Report } from "#engine/report.ts";
import { EXIT_STATUS } from "#engine/status.ts";
import { generatedSchema } from "../support/generated_docs.ts";
import {
  expectValidReport,
  type ReportSchema,
  reportErrors,
  reportSchema,
} from "../support/report_schema.ts";
import {
  SAMPLE_ATTEMPT,
  sampleBlocker,
  sampleEvent,
  sampleFault,
  sampleHead,
  sampleMigration,
  sampleRepeat,
  sampleRun,
  sampleStep,
  stepNotRun,
} from "../support/sample_reports.ts";

const sql = sampleFault("sql-error", "relation does not exist", {
  file: "003_x.sql",
  line: 40,
  column: 19,
  sqlstate: "42P01",
});
const results = [{ columns: ["n"], rows: [["1"], [null]], row_count: 2 }];
const steps = [
  sampleStep("001", "initial_schema", { checks: [{ name: "a", status: "pass", details: null }], results }),
  sampleStep("003", "indexes", { status: "failed", error: sql, lock_held_ms: null }),
  sampleStep("004", "locked", { blockers: [sampleBlocker(), sampleBlocker({ pid: 0, hidden: true })] }),
  stepNotRun("004", "seed_data"),
];
const PARTIAL = { version: "4", label: "004", name: "z", direction: "up", done: 1, started: 1 } as const;
const OF_FILES = { name: "x", label: null, checksum: "0f", checksum_raw: null, rollback_checksum: null };
const lists = {
  changed: [],
  missing: [],
  unverified: [sampleMigration("003", "y")],
  partial: [PARTIAL],
  repeatables: [
    { name: "x", state: "pending", applied_at: null },
    { name: "y", state: "missing", applied_at: "2025-07-13T12:00:00.123Z" },
  ],
  running: null,
  failed_runs: [],
};
const files = [
  { path: "migrations/1_x.sql", role: "up", statements: null },
  { path: "R__x.sql", role: "repeatable", statements: 1 },
] as const;
const timings = [
  { first: 1, last: 4, ms: 12.25, progress: null },
  { first: 5, last: 5, ms: 3_140, progress: { phase: "building index", percent: null } },
];
const events = [
  sampleEvent({ version: null, label: "", action: "repeat" }),
  sampleEvent({
    blockers: [sampleBlocker()],
    timings,
    error: sql,
    checks: [{ name: "a", status: "fail", details: "b" }],
  }),
];

/** One of each kind, and of those that differ in form; tsc holds them to be reports. */
const SAMPLES: Readonly<Record<string, Report>> = {
  "an up that was done": {
    command: "up",
    ...SAMPLE_ATTEMPT,
    ...sampleHead({ current_version: "7", steps: steps.slice(0, 1) }),
  },
  "an up that failed": {
    command: "up",
    ...SAMPLE_ATTEMPT,
    ...sampleHead({ status: "failed", steps, error: sql, warnings: [sql] }),
  },
  "a rollback that was refused": {
    command: "rollback",
    replayed: true,
    recovered: false,
    attempt: null,
    ...sampleHead({
      status: "refused",
      refusals: [sampleFault("irreversible", "no")],
      error: sampleFault("irreversible", "no"),
    }),
  },
  "an invocation that never began": {
    command: "invoke",
    ...sampleHead({
      run_id: null,
      status: "bad_input",
      bundle: null,
      target: null,
      error: sampleFault("bad-argument", "no"),
    }),
  },
  "a bad argument": {
    command: "up",
    ...sampleHead({
      run_id: null,
      status: "bad_input",
      bundle: null,
      target: null,
      error: sampleFault("bad-argument", "no"),
    }),
  },
  "a verification": {
    command: "verify",
    recorded: false,
    pending: 2,
    stuck_runs: ["release-41"],
    integrity: [{ name: "invalid indexes", status: "warning", details: "a.b" }],
    ...SAMPLE_ATTEMPT,
    ...sampleHead({ steps: [sampleStep("001", "x", { direction: "verify" })] }),
  },
  "a plan": {
    command: "plan",
    of: "up",
    plan_digest: "0f".repeat(32),
    details: [],
    ...sampleHead({ run_id: null, steps: [stepNotRun("004", "x"), sampleRepeat("y")] }),
  },
  "a plan of which nothing is known": {
    command: "plan",
    of: "rollback",
    plan_digest: "",
    details: [],
    ...sampleHead({ status: "unreachable", error: sampleFault("unreachable", "no") }),
  },
  "a status": {
    command: "status",
    applied: [sampleMigration("001", "initial_schema", "2025-07-13T12:00:00.000Z", 41.3)],
    pending: [sampleMigration("002", "x")],
    ...lists,
    running: sampleRun({ status: "running", finished_at: null, duration_ms: null, alive: true }),
    failed_runs: [sampleRun({ status: "abandoned", error: sql })],
    ...sampleHead({ current_version: "1" }),
  },
  "a mark": { command: "mark", version: "4", to: "applied", marked: true, ...sampleHead() },
  "a change that counted rows": {
    command: "rollback",
    row_counts: [{ relation: "app.a", before: 3, after: null }],
    ...SAMPLE_ATTEMPT,
    ...sampleHead(),
  },
  "a checklist": {
    command: "checklist",
    phase: "pre",
    run: null,
    items: [
      { code: "locks", asks: "Nobody waits for a lock", status: "pass", details: null },
      { code: "backup", asks: "There is a backup", status: "ask", details: "who knows" },
    ],
    recorded: false,
    ...sampleHead({ run_id: null }),
  },
  "an adoption": {
    command: "adopt",
    from: "flyway",
    table: "public.flyway_schema_history",
    renamed_to: null,
    adopted: [
      {
        version: "1",
        label: "001",
        name: "x",
        id: "1",
        applied_at: "2024-01-01T10:00:00.000000Z",
        applied_by: null,
      },
    ],
    repeatables: ["R__views.sql"],
    written: true,
    ...sampleHead(),
  },
  "a baseline": {
    command: "baseline",
    version: "4",
    baselined: [{ version: "4", label: "004", name: "x" }],
    written: false,
    ...sampleHead(),
  },
  "a repair": {
    command: "repair",
    repaired: [{ version: "4", label: "004", name: "x", before: OF_FILES, after: OF_FILES }],
    written: true,
    ...sampleHead(),
  },
  "a consolidation": {
    command: "consolidate",
    consolidated: [
      {
        version: "5",
        label: "005",
        name: "all",
        replaces: [{ version: "4", label: "004", name: "x" }],
      },
    ],
    done: true,
    files_written: ["005_all.sql"],
    files_moved: [{ from: "004_x.sql", to: ".replaced/005_all/004_x.sql" }],
    objects_compared: 12,
    ...sampleHead({ run_id: null, target: null }),
  },
  "a recorded consolidation": {
    command: "consolidate",
    consolidated: [],
    done: false,
    files_written: [],
    files_moved: [],
    objects_compared: null,
    ...sampleHead(),
  },
  "all runs": {
    command: "runs",
    runs: [sampleRun({ bundle_version: null })],
    ...sampleHead({ bundle: null }),
  },
  "one run": {
    command: "runs",
    runs: [{ ...sampleRun(), report: null, progress: { done: 1, planned: 2 }, events }],
    ...sampleHead({ bundle: null }),
  },
  "created files": { command: "create", files, ...sampleHead({ run_id: null, bundle: null, target: null }) },
  "checked files": { command: "check", files, ...sampleHead({ run_id: null, target: null }) },
  "an import": {
    command: "import",
    tool: "flyway",
    from: "sql",
    to: "migrations",
    files: [
      { path: "1_a.sql", role: "up", from: "V1__a.sql" },
      { path: "imported.json", role: "map", from: null },
    ],
    map: [
      { version: "1", name: "a", id: "1", path: "V1__a.sql" },
      { version: null, name: "v", id: "v", path: "R__v.sql" },
    ],
    left: [{ path: "B1__b.sql", why: "a baseline" }],
    written: true,
    ...sampleHead({ run_id: null, bundle: null, target: null }),
  },
  "an import that ended early": {
    command: "import",
    ...sampleHead({ status: "bad_input", error: sampleFault("layout-unknown", "no") }),
  },
  "an audit": {
    command: "audit",
    folder: "sql",
    tool: "flyway",
    files: [
      {
        path: "V1__x.sql",
        role: "migration",
        migrations: ["1"],
        proposed_name: null,
        size: 12,
        date: "2025-07-13T12:00:00.000Z",
        date_from: "file",
        statements: null,
        objects: [{ kind: "index", change: "makes", name: "", on: "x" }],
        rollback: null,
        verification: "V1__x.sql",
      },
    ],
    findings: [
      finding("unparsable", "no", { file: "V1__x.sql", line: 1, column: 2, excerpt: "x\n^", related: ["y"] }),
    ],
    summary: [{ code: "unparsable", weight: "error", what: "statements", count: 1, remedy: "Correct it." }],
    ...sampleHead({ run_id: null, bundle: null, target: null }),
  },
  "an archive": {
    command: "bundle",
    file: "x.zip",
    size: 22,
    archive_sha256: "0f".repeat(32),
    written: false,
    ...sampleHead({ run_id: null, target: null }),
  },
  "a publication": {
    command: "publish",
    bucket: "bundles-here",
    published: {
      name: "paws360",
      version: "1.0.0",
      key: "bundles/paws360/1.0.0.zip",
      version_id: "v1",
      archive_sha256: "0f".repeat(32),
      digest: "0f".repeat(32),
    },
    written: true,
    ...sampleHead({ run_id: null, target: null }),
  },
  "a publication that ended early": {
    command: "publish",
    ...sampleHead({ status: "unreachable", error: sampleFault("s3-unreachable", "no") }),
  },
  "a demo": { command: "demo", ...sampleHead() },
  "a command line without a verb": { command: "help", ...sampleHead({ run_id: null, status: "bad_input" }) },
  "a status that ended early": {
    command: "status",
    ...sampleHead({ status: "bad_input", error: sampleFault("empty-bundle", "no") }),
  },
};

describe("accepts", () => {
  test.each(Object.entries(SAMPLES))("%s", (_, report) => {
    expectValidReport(JSON.parse(JSON.stringify(report)));
  });
});

const done = SAMPLES["an up that was done"];
const [step] = steps;
const BROKEN: Readonly<Record<string, unknown>> = {
  "no object": null,
  "an unknown command": { ...done, command: "upp" },
  "an unknown status": { ...done, status: "fine" },
  "a key too many": { ...done, extra: 1 },
  "a key too few": { ...done, refusals: undefined },
  "another command's field": { ...done, recorded: true },
  "a change that does not say whether it is replayed": { ...done, replayed: undefined },
  "a status that is ok, but lists nothing": { command: "status", ...sampleHead() },
  "a verification that does not say whether it is recorded": { command: "verify", ...sampleHead() },
  "a version as a number": { ...done, current_version: 7 },
  "a time without a zone": { ...done, started_at: "2025-07-13T12:00:00.000" },
  "an unknown error code": { ...done, warnings: [{ ...sql, code: "sql_error" }] },
  "an error without its remedy": { ...done, error: { ...sql, remedy: undefined } },
  "line 0": { ...done, error: { ...sql, line: 0 } },
  "an unknown status of a step": { ...done, steps: [{ ...step, status: "ok" }] },
  "a key too many in a step": { ...done, steps: [{ ...step, up: true }] },
  "an unknown status of a check": {
    ...done,
    steps: [{ ...step, checks: [{ name: "a", status: "PASS", details: null }] }],
  },
  "a run without its status": { command: "runs", runs: [{ ...sampleRun(), status: "" }], ...sampleHead() },
};

describe("refuses", () => {
  test.each(Object.entries(BROKEN))("%s", (_, report) => {
    const json: unknown = JSON.parse(JSON.stringify(report));
    expect(reportErrors(json)).not.toEqual([]);
  });

  test("with the errors of that command's form alone", () => {
    expect(reportErrors({ ...SAMPLES["a demo"], extra: 1 })).toEqual([
      'bare: / must NOT have unevaluated properties {"unevaluatedProperty":"extra"}',
    ]);
  });
});

describe("the schema and the code", () => {
  test("have the same statuses and error codes (UPDATE_DOCS=1 writes them anew)", () => {
    const { found, wanted } = generatedSchema();
    expect(found).toBe(wanted);
    const { status, error_code } = (JSON.parse(found) as ReportSchema).$defs;
    expect(status?.enum).toEqual(Object.keys(EXIT_STATUS));
    expect(error_code?.enum).toEqual(Object.keys(ERROR_CODES));
  });

  test("have the same kinds of findings", () => {
    const { finding: one, finding_summary: line } = reportSchema.$defs;
    for (const form of [one, line]) expect(form?.properties?.code?.enum).toEqual(Object.keys(FINDINGS));
  });

  test("agree on which commands there are", () => {
    const commands = Object.values(reportSchema.$defs).flatMap(({ properties }) => {
      const command = properties?.command;
      return command?.enum ?? (command?.const === undefined ? [] : [command.const]);
    });
    const sampled = Object.values(SAMPLES).map(({ command }) => command);
    expect(new Set(commands)).toEqual(new Set(sampled));
  });
});

test("every object is closed, and every property is required, named and described", () => {
  const wrong: string[] = [];
  const look = (node: unknown, path: string): void => {
    if (Array.isArray(node)) for (const [i, inner] of node.entries()) look(inner, `${path}/${i}`);
    if (typeof node !== "object" || node === null || Array.isArray(node)) return;
    const { properties, required, ...keywords } = node as Record<string, unknown>;
    if (properties !== undefined && path !== "/$defs/head") {
      const closed = keywords.additionalProperties === false || keywords.unevaluatedProperties === false;
      if (!closed) wrong.push(`${path} is open`);
    }
    for (const [name, property] of Object.entries(properties ?? {})) {
      const { title, description } = property as Record<string, unknown>;
      if (!title || !description) wrong.push(`${path}/${name} has no title or no description`);
      // Of one run alone; and of a report that was too big.
      const optional =
        (path === "/$defs/run_with_events" && ["events", "report", "progress"].includes(name)) ||
        path + name === "/$defs/headcut" ||
        // Where rows were to be counted.
        path + name === "/$defs/changerow_counts";
      if (!(required as string[]).includes(name) && !optional) wrong.push(`${path}/${name} is optional`);
      look(property, `${path}/${name}`);
    }
    for (const [name, inner] of Object.entries(keywords)) look(inner, `${path}/${name}`);
  };
  look(reportSchema, "");
  expect(wrong).toEqual([]);
});
