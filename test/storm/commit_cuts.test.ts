import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CommitAnswer,
  type CommitCut,
  type CommitRounds,
  type Cutting,
  openCommitRounds,
} from "../support/commit_cut.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { heldVersions } from "../support/effects.ts";
import { inForm } from "../support/form.ts";
import { type OwnServer, startOwnServer } from "../support/own_server.ts";
import { runSeed, seeded } from "../support/random.ts";

const ROUNDS = inForm({ short: 5, long: 100 });
const CRASHES = inForm({ short: 2, long: 100 });
/** As long as a COMMIT is under way: the first look at the history comes before it. */
const DELAY_MS = 150;
const random = seeded(runSeed("commit cuts"));

async function repeat(times: number, rounds: CommitRounds, cut: CommitCut): Promise<readonly CommitAnswer[]> {
  const answers: CommitAnswer[] = [];
  for (let n = 0; n < times; n++) answers.push(await rounds.round(cut));
  return answers;
}

/** So many rounds that prove something; `proven` counts them. The server may write its log by itself in one. */
async function prove(times: number, proven: () => number, rounds: CommitRounds, cut: CommitCut) {
  const answers: CommitAnswer[] = [];
  while (proven() < times && answers.length < 3 * times) answers.push(await rounds.round(cut));
  return answers;
}

/** Prints how often what was said and what was true; the answers that were wrong. */
function wrongOf(what: string, answers: readonly CommitAnswer[], more = ""): readonly string[] {
  const count = (key: "said" | "truth", word: string) =>
    answers.filter((answer) => answer[key] === word).length;
  const wrong = answers.filter(({ said, truth }) => said !== truth);
  process.stderr.write(
    `commit cut ${what}: ${answers.length} cuts${more}; said committed ${count("said", "committed")}, ` +
      `not committed ${count("said", "not committed")}, unknown ${count("said", "unknown")}; ` +
      `was committed ${count("truth", "committed")}; wrong ${wrong.length}\n`,
  );
  return wrong.map(({ said, truth, report }) => `said ${said}, was ${truth}: ${report.error?.message}`);
}

const saidAll = (answers: readonly CommitAnswer[], said: CommitAnswer["said"]): boolean =>
  answers.every((answer) => answer.said === said);

describe("a COMMIT", () => {
  let db: TestDatabase;
  let rounds: CommitRounds;
  beforeAll(async () => {
    db = await createDatabase("commit_cuts");
    rounds = await openCommitRounds(db.config);
  });
  afterAll(async () => {
    await rounds.close();
    await db.drop();
  });

  it("that never reaches the server was not good", async () => {
    const answers = await repeat(ROUNDS, rounds, { cut: async () => "reset" });
    expect(wrongOf("before it", answers)).toEqual([]);
    expect(saidAll(answers, "not committed")).toBe(true);
  });

  it("whose reply is lost was good", async () => {
    const answers = await repeat(ROUNDS, rounds, { cut: async () => "drop-reply" });
    expect(wrongOf("after it, its reply lost", answers)).toEqual([]);
    expect(saidAll(answers, "committed")).toBe(true);
  });

  it("that comes when its client has gone is waited for, where the old backend cannot be ended", async () => {
    let absent = 0;
    const late = arrivingLate(async ({ client, version }) => {
      const held = await heldVersions(client);
      if (!held.some((one) => one.version === String(version))) absent += 1;
    });
    const answers = await repeat(ROUNDS, rounds, { ...late, cannot_end: true });
    expect(wrongOf("under way", answers, `, row absent at the first look ${absent}`)).toEqual([]);
    // Who concludes from the row's absence would have been wrong each time.
    expect(absent).toBe(ROUNDS);
    expect(saidAll(answers, "committed")).toBe(true);
  });

  it("that comes when its client has gone, while its backend is ended, is the one or the other", async () => {
    const late = arrivingLate(
      async () => {},
      () => random() * DELAY_MS,
    );
    expect(wrongOf("under way, its backend ended", await repeat(ROUNDS, rounds, late))).toEqual([]);
  });
});

/** The client is gone at once; its COMMIT reaches the server some time after the run may connect again. */
function arrivingLate(look: (step: Cutting) => Promise<void>, delay_ms = () => DELAY_MS): CommitCut {
  let arrive = (): void => {};
  return {
    cut: async () => ({ reset_until: new Promise((resolve) => (arrive = resolve)) }),
    meanwhile: async (step) => {
      await look(step);
      setTimeout(arrive, delay_ms());
    },
  };
}

describe("a COMMIT that a crash forestalls, its transaction's number never written", () => {
  let server: OwnServer;
  let rounds: CommitRounds;
  beforeAll(async () => {
    // Nothing but a commit writes the log: what a crash finds there ends with the last one.
    server = await startOwnServer({
      wal_level: "minimal",
      max_wal_senders: "0",
      wal_writer_delay: "10s",
      bgwriter_lru_maxpages: "0",
      autovacuum: "off",
    });
    rounds = await openCommitRounds(server.connection);
  });
  afterAll(async () => {
    await rounds.close();
    await server.stop();
  });

  /** Crashes the server with the transaction open; `then` is done on the restarted one. */
  const crash = (then: (xid: string, client: pg.Client) => Promise<void>): CommitCut => {
    let xid = "";
    return {
      cut: async ({ client }) => {
        const found = await client.query(
          "SELECT backend_xid::text AS xid FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()",
        );
        xid = found.rows[0].xid;
        await server.restart("immediate");
        return "reset";
      },
      meanwhile: async () => {
        const client = new pg.Client(server.connection);
        await client.connect();
        await then(xid, client);
        await client.end();
      },
    };
  };

  it("was not good, though the server knows nothing of that number", async () => {
    let future = 0;
    const answers = await prove(
      CRASHES,
      () => future,
      rounds,
      crash(async (xid, client) => {
        const code = await client.query(`SELECT pg_xact_status('${xid}')`).then(
          () => null,
          (error: { code?: string }) => error.code,
        );
        if (code === "22023") future += 1;
      }),
    );
    expect(wrongOf("by a crash", answers, `, pg_xact_status "in the future" ${future}`)).toEqual([]);
    expect(future).toBe(CRASHES);
    expect(saidAll(answers, "not committed")).toBe(true);
  });

  it("was not good, though the server says `committed` of that number, which is another's by now", async () => {
    let lied = 0;
    const answers = await prove(
      CRASHES,
      () => lied,
      rounds,
      crash(async (xid, client) => {
        const { rows: other } = await client.query("SELECT pg_current_xact_id()::text AS xid");
        const { rows } = await client.query(`SELECT pg_xact_status('${xid}') AS status`);
        if (other[0].xid === xid && rows[0].status === "committed") lied += 1;
      }),
    );
    expect(wrongOf("by a crash, its number taken", answers, `, pg_xact_status "committed" ${lied}`)).toEqual(
      [],
    );
    expect(lied).toBe(CRASHES);
    expect(saidAll(answers, "not committed")).toBe(true);
  });
});
