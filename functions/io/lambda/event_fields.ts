import * as v from "valibot";
import { parseVersion } from "#engine/bundle/names.ts";
import { COUNTED_TABLE, RUN_ID, RUN_ID_WANTED } from "#engine/request.ts";
import { parseWait, WAIT_WANTED } from "#engine/script/duration.ts";

/** Of a fault: `KEY is ...; wanted` and these words. */
const matching = (pattern: RegExp, wanted: string) => v.pipe(v.string(wanted), v.regex(pattern, wanted));

/** Free text goes into records and logs: no control character but tab and line feed, and no half of a character. */
const text = (most: number) => {
  const wanted = `text of at most ${most} characters, without control characters`;
  return v.pipe(
    v.string(wanted),
    v.maxLength(most, wanted),
    v.regex(/^(?:[^\p{Cc}\p{Cs}]|[\t\n])*$/u, wanted),
  );
};

const name = (most: number) =>
  matching(
    new RegExp(`^[^\\p{Cc}\\p{Cs}]{1,${most}}$`, "u"),
    `1 to ${most} characters, none of them a control character`,
  );

const SHA256 = v.pipe(
  matching(/^[0-9a-f]{64}$/i, "a sha256 as 64 digits and letters a to f"),
  v.toLowerCase(),
);

const wait = v.pipe(
  v.string(WAIT_WANTED),
  v.check((given) => parseWait(given) !== null, WAIT_WANTED),
  v.transform((given) => parseWait(given) ?? 0),
);

const VERSION_WANTED = "a version as its file spells it, as text: `5`, `005`, `20250102_120000`";
/** To a bigint; without a bundle at hand. */
export const VERSION = v.pipe(
  v.string(VERSION_WANTED),
  v.check((given) => parseVersion(given) !== null, VERSION_WANTED),
  v.transform((given) => parseVersion(given) ?? 0n),
);

const COUNT_WANTED = "a whole number from 1";
export const COUNT = v.pipe(
  v.number(COUNT_WANTED),
  v.integer(COUNT_WANTED),
  v.minValue(1, COUNT_WANTED),
  v.maxValue(999_999_999, COUNT_WANTED),
);

export const FLAG = v.optional(v.boolean("true or false"), false);
export const PLAN_DIGEST = v.optional(SHA256);

export const COUNTED = v.optional(
  v.array(matching(COUNTED_TABLE, "SCHEMA.TABLE"), "a list of tables, `SCHEMA.TABLE`"),
  [],
);

export const BUNDLE = v.object(
  {
    name: v.optional(name(100)),
    version: v.optional(name(100), "latest"),
    key: v.optional(name(1_024)),
    version_id: v.optional(name(1_024)),
    archive_sha256: v.optional(SHA256),
    digest: v.optional(SHA256),
  },
  "an object",
);

/** What every event may hold. null is no default: `to: null` in a template that was not filled in must not mean `last`. */
export const COMMON = {
  run_id: v.optional(matching(RUN_ID, RUN_ID_WANTED)),
  target: v.optional(name(200)),
  // To the library a list is an object too.
  bundle: v.optional(
    v.pipe(
      v.custom<Record<string, unknown>>((given) => !Array.isArray(given), "an object"),
      BUNDLE,
    ),
    {},
  ),
  reason: v.optional(text(1_000)),
  requested_by: v.optional(text(200)),
  lock_wait: v.optional(wait, "30s"),
  retry_for: v.optional(wait, "5m"),
  max_lock_hold: v.optional(wait, "0"),
  wait: v.optional(wait, "0"),
  strict: FLAG,
  on_incomplete: v.optional(v.picklist(["throw", "return"], "`throw` or `return`"), "throw"),
};

export type CommonEvent = v.InferOutput<v.ObjectSchema<typeof COMMON, undefined>>;
