import { ERROR_CODES, type ErrorCode } from "#engine/error_codes.ts";
import { type Fault, fault } from "#engine/errors.ts";
import type { Blocker } from "#engine/seam.ts";
import type { Check } from "#engine/step/checks.ts";
import { faultLines } from "./fault.ts";
import { printable, printableLines } from "./printable.ts";
import type { Look } from "./style.ts";

type Fields = Readonly<Record<string, unknown>>;

export const fieldsOf = (value: unknown): Fields | null =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null;

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);
const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);

/** The message of an error that a record holds, its first line; null where it holds none. */
export function recordedMessage(error: unknown): string | null {
  if (error === null || error === undefined) return null;
  const message = textOf(fieldsOf(error)?.message) ?? textOf(error) ?? JSON.stringify(error);
  return printableLines(message)[0] ?? "";
}

/** A recorded error in full. Another release may have written it, so every field is looked at first. */
export function recordedFault(error: unknown, look: Look, indent: string): readonly string[] {
  const known = toFault(error);
  if (known !== null) return faultLines(known, look, { as: "error", indent });
  const message = recordedMessage(error);
  return message === null ? [] : [`${indent}${look.paint.bad("error:")} ${message}`];
}

/** null where it is none, or of a code that this release does not have. */
export function toFault(error: unknown): Fault | null {
  const fields = fieldsOf(error);
  const code = textOf(fields?.code);
  const message = textOf(fields?.message);
  if (fields === null || code === null || message === null || !isCode(code)) return null;
  return fault(code, message, {
    remedy: textOf(fields.remedy) ?? ERROR_CODES[code].remedy,
    file: textOf(fields.file),
    line: numberOf(fields.line),
    column: numberOf(fields.column),
    excerpt: textOf(fields.excerpt),
    sqlstate: textOf(fields.sqlstate),
    detail: textOf(fields.detail),
    hint: textOf(fields.hint),
    where: textOf(fields.where),
  });
}

export const isCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_CODES, code);

/** Recorded checks; what is none is left out. */
export function recordedChecks(checks: unknown): readonly Check[] {
  if (!Array.isArray(checks)) return [];
  return checks.flatMap((entry: unknown): readonly Check[] => {
    const fields = fieldsOf(entry);
    const name = textOf(fields?.name);
    const status = fields?.status;
    if (name === null || (status !== "pass" && status !== "warning" && status !== "fail")) return [];
    return [{ name, status, details: textOf(fields?.details) }];
  });
}

/** Recorded timings: of which statements, counted from 1, and how long. */
export function recordedTimings(
  timings: unknown,
): readonly { readonly statements: string; readonly ms: number; readonly reached: string }[] {
  if (!Array.isArray(timings)) return [];
  return timings.flatMap((entry: unknown) => {
    const fields = fieldsOf(entry);
    const [first, last, ms] = [numberOf(fields?.first), numberOf(fields?.last), numberOf(fields?.ms)];
    if (first === null || last === null || ms === null) return [];
    const statements = last > first ? `statements ${first} to ${last}` : `statement ${first}`;
    return [{ statements, ms, reached: reachedText(fieldsOf(fields?.progress)) }];
  });
}

/** How far a statement was that did not end well. */
function reachedText(progress: Fields | null): string {
  const phase = textOf(progress?.phase);
  const percent = numberOf(progress?.percent);
  if (phase === null) return "";
  return printable(percent === null ? phase : `${phase}, ${percent.toFixed(1)} %`);
}

/** Recorded blockers; what is none is left out. */
export function recordedBlockers(blockers: unknown): readonly Blocker[] {
  if (!Array.isArray(blockers)) return [];
  return blockers.flatMap((entry: unknown): readonly Blocker[] => {
    const fields = fieldsOf(entry);
    const pid = numberOf(fields?.pid);
    if (fields === null || pid === null) return [];
    return [
      {
        pid,
        user: textOf(fields.user),
        application: textOf(fields.application),
        client_address: textOf(fields.client_address),
        backend_type: textOf(fields.backend_type),
        state: textOf(fields.state),
        transaction_age_ms: numberOf(fields.transaction_age_ms),
        snapshot_age: numberOf(fields.snapshot_age),
        hidden: fields.hidden === true,
        to_prevent_wraparound: fields.to_prevent_wraparound === true,
      },
    ];
  });
}
