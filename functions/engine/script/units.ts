import { createHash } from "node:crypto";
import type { ErrorCode } from "../error_codes.ts";
import { type FilledText, recordedText } from "../placeholders/filled.ts";
import type { Effect } from "../sql/effect.ts";
import type { Span } from "../sql/spans.ts";
import { takeOffPair } from "./pair.ts";
import { ONLY_SET_CONFIG } from "./prologue.ts";
import type { ScriptRole, Statement } from "./script.ts";
import type { ReadStatement } from "./statements.ts";

/**
 * A part of a script that runs outside of a transaction, done as a whole or looked after by itself. `position`
 * counts from 1, and `hash` (sha256, hex) is of its statements' text and of the search paths before them, with line
 * ends normalised and without secret values, which could be guessed from it: they tell in the registry which one it was.
 */
export type Unit =
  /** Its statements run in one transaction, together with the row that says it is done. */
  | (Recorded & { readonly kind: "transactional" })
  /** One statement that cannot run in a transaction; the catalog shows whether it has taken effect. */
  | (Recorded & { readonly kind: "looked"; readonly what: string; readonly effect: Effect })
  /** One whose effect nothing shows: it runs again where the run ended within it. */
  | (Recorded & { readonly kind: "blind"; readonly what: string })
  /** A SET or RESET: nothing that could be done once, so it is repeated before each unit behind it. */
  | { readonly kind: "setting"; readonly statements: readonly Statement[] };

interface Recorded {
  readonly position: number;
  readonly hash: string;
  readonly statements: readonly Statement[];
}

/** A unit with a row of its own in the registry. */
export type WorkUnit = Exclude<Unit, { kind: "setting" }>;

interface UnitRefusal {
  readonly index: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly location: number;
  readonly remedy?: string;
}

/** `statements` are what is sent, `units` what they belong to; `refusals` name the statement at `index`. */
export interface Divided {
  readonly units: readonly Unit[];
  readonly refusals: readonly UnitRefusal[];
}

/** A statement as read, and where it stands. */
type PlacedStatement = ReadStatement & { readonly span: Span; readonly rows: Span | null };

/** Divides a script that has the directive into its units. `complete`: it was read to its end. */
export function divide(
  file: FilledText,
  read: readonly PlacedStatement[],
  role: ScriptRole,
  complete: boolean,
): Divided {
  const units: Unit[] = [];
  const refusals: UnitRefusal[] = [];
  /** What decides which objects the names behind it mean. */
  const paths: PlacedStatement[] = [];
  let position = 0;
  const record = (members: readonly PlacedStatement[]): Recorded => ({
    position: ++position,
    hash: hashOf(
      [...paths, ...members].map(({ span, rows }) => recordedText(file, span.start, (rows ?? span).end)),
    ),
    statements: members.map(statementOf),
  });
  for (const slice of slices(read)) {
    const members = read.slice(slice.from, slice.to);
    const [only] = members;
    if (only === undefined) continue;
    if (slice.group) {
      if (undoesAll(members)) {
        const message = "The ROLLBACK leaves nothing of its group.";
        refusals.push({
          index: slice.to - 1,
          code: "transaction-control",
          message,
          location: 0,
          remedy: GROUPS,
        });
        continue;
      }
      const pair = takeOffPair(members, role, complete);
      refusals.push(...pair.refusals.map((found) => ofGroup(found, slice.from)));
      const inner = members.filter((_, i) => !pair.taken_off.has(i));
      refusals.push(...inner.flatMap((one, i) => refuseWithin(one, slice.from + i + 1)));
      if (inner.length > 0) units.push({ kind: "transactional", ...record(inner) });
    } else if (isSetting(only)) {
      refusals.push(...refuseAlone(only, slice.from));
      if (only.settings.some(({ name }) => NAMES.test(name))) paths.push(only);
      units.push({ kind: "setting", statements: [statementOf(only)] });
    } else {
      refusals.push(...refuseAlone(only, slice.from));
      units.push(unitOf(only, record([only])));
    }
  }
  return { units, refusals };
}

function unitOf({ alone }: ReadStatement, recorded: Recorded): Unit {
  if (alone === null) return { kind: "transactional", ...recorded };
  const { what, effect } = alone;
  return effect === null
    ? { kind: "blind", ...recorded, what }
    : { kind: "looked", ...recorded, what, effect };
}

interface Slice {
  readonly from: number;
  readonly to: number;
  readonly group: boolean;
}

/** From each BEGIN to the COMMIT or ROLLBACK that follows it, and every other statement by itself. */
function slices(read: readonly ReadStatement[]): readonly Slice[] {
  const found: Slice[] = [];
  for (let from = 0; from < read.length; ) {
    const group = isControl(read[from], BEGINS);
    let to = from + 1;
    if (group) {
      while (to < read.length && !isControl(read[to - 1], ENDS)) to++;
    }
    found.push({ from, to, group });
    from = to;
  }
  return found;
}

/** The file has no transaction of the job's around it. */
const GROUPS =
  "Put what belongs together between BEGIN and COMMIT, and nothing else that controls a transaction.";

const ofGroup = (found: UnitRefusal, from: number): UnitRefusal => ({
  ...found,
  index: from + found.index,
  ...(found.code === "transaction-control" ? { remedy: GROUPS } : {}),
});

const undoesAll = (members: readonly PlacedStatement[]): boolean =>
  isControl(members[0], BEGINS) && isControl(members.at(-1), /ROLLBACK$/);

const BEGINS = /^TRANS_STMT_(BEGIN|START)$/;
const ENDS = /^TRANS_STMT_(COMMIT|ROLLBACK|PREPARE)$/;

const isControl = (statement: ReadStatement | undefined, kind: RegExp): boolean =>
  kind.test(String(statement?.transaction?.kind ?? ""));

/** RESET ALL too. */
const NAMES = /^(search_path|\*)$/;

/** Whatever else a SELECT did would be done again with it. */
const isSetting = ({ type, settings, text }: ReadStatement): boolean =>
  type === "VariableSetStmt" ||
  (type === "SelectStmt" && settings.length === 1 && ONLY_SET_CONFIG.test(text));

function refuseWithin({ alone }: ReadStatement, index: number): readonly UnitRefusal[] {
  if (alone === null || !alone.must) return [];
  return [
    {
      index,
      code: "needs-no-transaction",
      message: `${alone.what} cannot run between BEGIN and COMMIT.`,
      location: 0,
      remedy: "Put it before the BEGIN or behind the COMMIT.",
    },
  ];
}

function refuseAlone(statement: ReadStatement, index: number): readonly UnitRefusal[] {
  const { alone, settings, type, transaction } = statement;
  const refuse = (code: ErrorCode, message: string, remedy: string): readonly UnitRefusal[] => [
    { index, code, message, location: 0, remedy },
  ];
  if (transaction !== null) {
    return refuse("transaction-control", "There is no transaction here.", GROUPS);
  }
  const role = settings.some(({ name }) => name === "role");
  if (role && isSetting(statement)) {
    const remedy = "Put SET ROLE and RESET ROLE between one BEGIN and COMMIT, or run the job with --role.";
    return refuse("session-authorization", "A role of its own outside of a transaction.", remedy);
  }
  if (isSetting(statement) && settings.some(({ local }) => local)) {
    return refuse("forbidden-statement", "SET LOCAL does nothing outside of a transaction.", "Use SET.");
  }
  if (type === "ConstraintsSetStmt") {
    return refuse("forbidden-statement", "SET CONSTRAINTS does nothing by itself.", "Put it behind a BEGIN.");
  }
  if (type === "IndexStmt" && alone?.must && alone.effect === null) {
    return refuse("unnamed-index", "CREATE INDEX CONCURRENTLY without a name.", "Give the index a name.");
  }
  if (type === "ReindexStmt" && alone?.what === "REINDEX CONCURRENTLY" && alone.effect === null) {
    const message = "Of a REINDEX CONCURRENTLY of many tables nobody can tell what a run left undone.";
    return refuse("forbidden-statement", message, "Name the tables: REINDEX TABLE CONCURRENTLY, one by one.");
  }
  return [];
}

/** Comments and blanks around statements are not part of them. */
const hashOf = (texts: readonly string[]): string =>
  createHash("sha256")
    .update(texts.map((text) => text.replaceAll(/\r\n?/g, "\n")).join(";\n"))
    .digest("hex");

const statementOf = (read: PlacedStatement): Statement => ({
  start: read.span.start,
  end: read.span.end,
  class: read.class,
  strong: read.strong,
  rows: read.rows,
  replacement: null,
});
